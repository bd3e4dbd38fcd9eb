package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Twelve trials on two nodes of a cluster, of which one is lost in the middle of a trial, come to the results of one process; the table
// is drawn after them. The cluster is made for the test, of slurmctld, slurmd and munged, where they are installed.
func TestSlurm(t *testing.T) {
	if testing.Short() {
		t.Skip("some minutes")
	}
	for _, program := range []string{"slurmctld", "slurmd", "munged", "sbatch"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("no Slurm here: %v", err)
		}
	}
	longer := []string{"seeds = [1, 2]", "seeds = [1, 2, 3, 4]", "epochs = 3", "epochs = 6"}
	alone := newCampaign(t, longer...)
	alone.finish()
	want := alone.results()
	if len(want) != 12 {
		t.Fatalf("%d trials", len(want))
	}

	dir, err := os.MkdirTemp("", "slurm") // its sockets want a short path
	if err != nil {
		t.Fatal(err)
	}
	cluster := func(command string, args ...string) string {
		t.Helper()
		cmd := exec.Command("../slurm/testdata/cluster.sh", append([]string{command, dir}, args...)...)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("cluster %s: %v: %s", command, err, errs.String())
		}
		return strings.TrimSpace(string(out))
	}
	t.Cleanup(func() { cluster("stop"); os.RemoveAll(dir) })
	t.Setenv("SLURM_CONF", cluster("start"))
	until := func(what string, limit time.Duration, done func() bool) {
		t.Helper()
		for end := time.Now().Add(limit); !done(); time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				queue, _ := exec.Command("squeue").CombinedOutput()
				outputs, _ := exec.Command("sh", "-c", "tail -n 3 $(find "+t.TempDir()+"/.. -name '*.out')").CombinedOutput()
				t.Fatalf("%s: not after %v\n%s\n%s", what, limit, queue, outputs)
			}
		}
	}
	running := func(node string) bool {
		out, err := exec.Command("squeue", "-h", "-t", "R", "-w", node).Output()
		return err == nil && len(out) > 0
	}

	c := newCampaign(t, longer...)
	c.more = []string{"--on", "slurm"}
	t.Setenv("CENET_ROOT", c.root)
	c.finish()
	until("a trial begun on n1", time.Minute, func() bool { return running("n1") && len(c.unfinished()) > 0 })
	cluster("kill", "n1")
	until("the table", 8*time.Minute, func() bool {
		_, err := os.Stat(filepath.Join(c.root, "results", "sweep", "table.md"))
		return err == nil
	})
	c.mustBe(want, "on a cluster")

	cmd, errs := c.command() // nothing is missing now
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "nothing to submit") {
		t.Errorf("%s%s, %v", out, errs, err)
	}
}
