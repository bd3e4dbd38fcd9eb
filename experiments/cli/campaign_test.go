package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cenet/results"
)

// sweep is the experiment of the tests of interruption. It is long enough to be killed at many points, and has a checkpoint at each.
const sweep = `title = "sweep"
seeds = [1, 2]
[data]
source = "fashion-mnist"
train = 320
test = 100
pad = 2
crop = 2
flip = true
[model]
backbone = "resnet20"
width = 0.25
[train]
epochs = 3
batch = 32
lr = 0.05
schedule = "cosine"
[sweep]
model.block = ["none", "se", "ce"]
`

// A campaign is a sweep that runs as a process and is interrupted.
type campaign struct {
	*testing.T
	root, file string
	more       []string // further arguments
}

// newCampaign makes a campaign of the sweep. Pairs of words replace the first by the second in its file.
func newCampaign(t *testing.T, pairs ...string) *campaign {
	c := &campaign{T: t, root: t.TempDir()}
	c.file = filepath.Join(c.root, "sweep.toml")
	if epochs := os.Getenv("CENET_KILL_EPOCHS"); epochs != "" {
		pairs = append(pairs, "epochs = 3", "epochs = "+epochs)
	}
	if err := os.WriteFile(c.file, []byte(strings.NewReplacer(pairs...).Replace(sweep)), 0o644); err != nil {
		t.Fatal(err)
	}
	return c
}

// command is the command of the sweep, not started yet.
func (c *campaign) command() (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(os.Args[0], append([]string{c.file, "--workers", "2", "--save", "1ms"}, c.more...)...)
	cmd.Env = append(os.Environ(), asCommand+"=1", "CENET_ROOT="+c.root)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	return cmd, &errs
}

// finish runs the sweep to its end and returns what it prints.
func (c *campaign) finish() string {
	c.Helper()
	cmd, errs := c.command()
	if err := cmd.Run(); err != nil {
		c.Fatalf("%v: %s", err, errs)
	}
	return errs.String()
}

// signalled runs the sweep and sends it a signal after a time; false if it had ended by then.
func (c *campaign) signalled(s syscall.Signal, after time.Duration) (*exec.Cmd, string, bool) {
	c.Helper()
	cmd, errs := c.command()
	if err := cmd.Start(); err != nil {
		c.Fatal(err)
	}
	timer := time.AfterFunc(after, func() { cmd.Process.Signal(s) })
	err := cmd.Wait()
	timer.Stop()
	return cmd, errs.String(), err != nil
}

// results returns the results of the trials by identity.
func (c *campaign) results() map[string]*results.Result {
	c.Helper()
	records, err := results.ReadRecords(filepath.Join(c.root, "results", "sweep", "records.jsonl"))
	if err != nil {
		c.Fatal(err)
	}
	all := map[string]*results.Result{}
	for _, r := range records {
		all[r.Identity] = r.Result
	}
	return all
}

// mustBe fails unless the results are the expected ones, bit for bit.
func (c *campaign) mustBe(want map[string]*results.Result, what string) {
	c.Helper()
	got := c.results()
	if len(got) != len(want) {
		c.Errorf("%s: %d trials, want %d", what, len(got), len(want))
	}
	for identity, r := range want {
		if got[identity] == nil {
			c.Errorf("%s: trial %.12s is missing", what, identity)
		} else if d := r.Diff(got[identity]); d != "" {
			c.Errorf("%s: trial %.12s: %s", what, identity, d)
		}
	}
}

// unfinished returns the checkpoints of the trials that have no record.
func (c *campaign) unfinished() []string {
	c.Helper()
	all, err := filepath.Glob(filepath.Join(c.root, ".cache", "state", "checkpoints", "*.safetensors"))
	if err != nil {
		c.Fatal(err)
	}
	return slices.DeleteFunc(all, func(path string) bool {
		identity := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		_, err := os.Stat(filepath.Join(c.root, ".cache", "state", "records", identity+".json"))
		return err == nil
	})
}

// uninterrupted has the results of the sweep and its time.
var uninterrupted struct {
	results map[string]*results.Result
	took    time.Duration
}

// undisturbed runs the sweep without interruption, once for all tests.
func undisturbed(t *testing.T) (map[string]*results.Result, time.Duration) {
	t.Helper()
	if testing.Short() {
		t.Skip("some seconds of training")
	}
	if u := &uninterrupted; u.results == nil {
		c := newCampaign(t)
		began := time.Now()
		c.finish()
		u.took, u.results = time.Since(began), c.results()
		if len(u.results) != 6 {
			t.Fatalf("%d trials", len(u.results))
		}
	}
	return uninterrupted.results, uninterrupted.took
}

// midway returns a sweep that got a signal while a trial with a checkpoint was running, its process, and the lines it printed. It tries
// several times, because the machine may be faster or slower than before.
func midway(t *testing.T, s syscall.Signal) (*campaign, *exec.Cmd, string) {
	t.Helper()
	_, took := undisturbed(t)
	after := took / 3
	for range 20 {
		c := newCampaign(t)
		switch cmd, printed, alive := c.signalled(s, after); {
		case !alive:
			after /= 2
		case len(c.unfinished()) == 0:
			after += took / 10
		default:
			return c, cmd, printed
		}
	}
	t.Fatalf("%v: never while a trial was running", s)
	return nil, nil, ""
}
