package faults

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"cenet/results"
)

var (
	kills  = flag.Int("kills", 8, "processes to kill")
	folder = flag.String("folder", "", "folder of the campaign, from which a later run resumes; none: a temporary one")
	report = flag.String("report", "", "file to write the figures to")
	seed   = flag.Uint64("seed", 1, "of the campaign")
)

const sweep = `title = "sweep"
seeds = [1, 2, 3, 4]
[data]
source = "fashion-mnist"
train = 256
test = 64
pad = 2
crop = 2
flip = true
[model]
backbone = "resnet20"
width = 0.25
[train]
epochs = 2
batch = 32
lr = 0.05
schedule = "cosine"
[sweep]
model.block = ["none", "se", "ce"]
`

// Figures counts what a campaign did.
type Figures struct {
	Seed    uint64
	Rounds  int            // processes begun
	Done    map[string]int // by fault
	Sweeps  int            // finished, 12 trials each
	Damages int            // damaged files, each reported
	Seconds float64
	Wrong   []string // errors
}

// A campaign has a folder with the program, the results of an undisturbed sweep, and the folder of the current sweep.
type campaign struct {
	t       *testing.T
	dir     string
	program string
	took    time.Duration // by the undisturbed sweep
	want    map[string]*results.Result
	random  *rand.Rand
	now     Figures
	spoiled map[string]bool // base names of damaged files of the current sweep, and whether a run has reported them
	mutated string          // the bug built into the program; "": none, and every problem is an error
}

func (c *campaign) at(parts ...string) string {
	return filepath.Join(append([]string{c.dir}, parts...)...)
}

// wrong records an error.
func (c *campaign) wrong(format string, args ...any) {
	c.t.Helper()
	text := fmt.Sprintf(format, args...)
	c.now.Wrong = append(c.now.Wrong, text)
	if c.mutated == "" {
		c.t.Error(text)
	}
}

// command runs the sweep in a folder.
func (c *campaign) command(root string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	cmd := exec.Command(c.program, c.at("sweep.toml"), "--workers", "2", "--save", "1ms")
	cmd.Env = append(append(os.Environ(), "CENET_ROOT="+root, "CENET_MUTATION="+c.mutated), env...)
	var printed bytes.Buffer
	cmd.Stderr = &printed
	return cmd, &printed
}

// of returns the results of a sweep by identity; nil if it has not finished.
func (c *campaign) of(root string) map[string]*results.Result {
	records, err := results.ReadRecords(filepath.Join(root, "results", "sweep", "records.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		c.wrong("%v", err)
	}
	all := map[string]*results.Result{}
	for _, r := range records {
		all[r.Identity] = r.Result
	}
	return all
}

// read checks the output of a run: it must report all damaged files, and no others. A run that was killed may not have reached them.
func (c *campaign) read(printed string, ended bool) {
	for line := range strings.Lines(printed) {
		if !strings.Contains(line, "damaged checkpoint") && !strings.Contains(line, "is done again") {
			continue
		}
		damaged := false
		for name := range c.spoiled {
			if strings.Contains(line, name) { // possibly twice: a run that is killed leaves a damaged record as it is
				damaged = true
				if !c.spoiled[name] {
					c.spoiled[name] = true
					c.now.Damages++
				}
			}
		}
		if !damaged {
			c.wrong("reported damage of an intact file: %s", strings.TrimSpace(line))
		}
	}
	if strings.Contains(printed, "panic:") {
		c.wrong("a panic: %s", printed)
	}
	if missing := c.unreported(); !ended && missing != nil {
		c.wrong("not reported: %v", missing)
	}
}

// unreported returns the damaged files that no run has reported.
func (c *campaign) unreported() (names []string) {
	for name, reported := range c.spoiled {
		if !reported {
			names = append(names, name)
		}
	}
	return names
}

// killed runs the current sweep and sends it a signal at a random moment; false if it had ended by then.
func (c *campaign) killed(s syscall.Signal, env ...string) bool {
	cmd, printed := c.command(c.at("sweep"), env...)
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	// In the first third of the time, so that a sweep is killed several times.
	timer := time.AfterFunc(time.Duration(c.random.Float64()*float64(c.took)/3), func() { cmd.Process.Signal(s) })
	err := cmd.Wait()
	timer.Stop()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		if code := failed.ExitCode(); s != syscall.SIGKILL && code != 128+int(s) && failed.ProcessState.Sys().(syscall.WaitStatus).Signal() != s {
			c.wrong("%v: exit status %d: %s", s, code, printed)
		}
	}
	c.read(printed.String(), err != nil)
	return err != nil
}

// spoil truncates a file of the current sweep, flips a bit in it or removes it; false if there is no file. It leaves checkpoints of
// finished trials alone, because no run reads them again.
func (c *campaign) spoil(kind string) bool {
	var files []string
	for _, pattern := range []string{"records/*.json", "checkpoints/*.safetensors"} {
		list, err := filepath.Glob(c.at("sweep", ".cache", "state", pattern))
		if err != nil {
			c.t.Fatal(err)
		}
		files = append(files, list...)
	}
	files = slices.DeleteFunc(files, func(path string) bool {
		identity, ok := strings.CutSuffix(filepath.Base(path), ".safetensors")
		_, err := os.Stat(c.at("sweep", ".cache", "state", "records", identity+".json"))
		return ok && err == nil || slices.Contains(c.unreported(), filepath.Base(path))
	})
	if len(files) == 0 {
		return false
	}
	path := files[c.random.IntN(len(files))]
	text, err := os.ReadFile(path)
	if err != nil || len(text) == 0 {
		c.t.Fatal(path, err)
	}
	switch kind {
	case "removed":
		err = os.Remove(path)
	case "cut short":
		err = os.WriteFile(path, text[:c.random.IntN(len(text))], 0o644)
	case "bit flipped":
		bit := c.random.IntN(8 * len(text))
		text[bit/8] ^= 1 << (bit % 8)
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if kind != "removed" {
		c.spoiled[filepath.Base(path)] = false
	}
	return true
}

// together runs two processes on the folder at once and kills one of them.
func (c *campaign) together() {
	first, printed := c.command(c.at("sweep"))
	second, printed2 := c.command(c.at("sweep"))
	if err := errors.Join(first.Start(), second.Start()); err != nil {
		c.t.Fatal(err)
	}
	timer := time.AfterFunc(time.Duration(c.random.Float64()*float64(c.took)/3), func() { first.Process.Kill() })
	defer timer.Stop()
	err := first.Wait()
	if err := second.Wait(); err != nil {
		c.wrong("with another process: %v: %s", err, printed2)
	}
	c.read(printed.String()+printed2.String(), err != nil)
}

// failing runs the sweep while a random share of file operations fails.
func (c *campaign) failing(most float64) {
	cmd, printed := c.command(c.at("sweep"), fmt.Sprintf("CENET_FAULTS=%v %d", most*c.random.Float64(), c.random.Uint64()))
	if err := cmd.Run(); err != nil && !strings.Contains(printed.String(), syscall.EIO.Error()) {
		c.wrong("failing files: %v: %s", err, printed)
	} else {
		c.read(printed.String(), err != nil)
	}
}

// full runs the sweep on a disk that is too small for its checkpoints, then enlarges the disk.
func (c *campaign) full() bool {
	c.anew()
	state := c.at("sweep", ".cache")
	if err := os.MkdirAll(state, 0o755); err != nil {
		c.t.Fatal(err)
	}
	if exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk", 200+c.random.IntN(1200)), "none", state).Run() != nil {
		return false // mounting needs privileges
	}
	defer func() {
		if err := exec.Command("umount", state).Run(); err != nil {
			c.t.Fatal(err)
		}
		c.anew()
	}()
	cmd, printed := c.command(c.at("sweep"))
	if err := cmd.Run(); err == nil {
		c.read(printed.String(), false)
		c.compare()
		return true
	}
	if text := printed.String(); !strings.Contains(text, syscall.ENOSPC.Error()) && !strings.Contains(text, "of the disk") {
		c.wrong("a full disk: %s", text)
	}
	if err := exec.Command("mount", "-o", "remount,size=64m", state).Run(); err != nil {
		c.t.Fatal(err)
	}
	c.finish()
	return true
}

// finish runs the current sweep to its end and compares it with the undisturbed one.
func (c *campaign) finish() {
	cmd, printed := c.command(c.at("sweep"))
	if err := cmd.Run(); err != nil {
		c.wrong("%v: %s", err, printed)
	}
	c.read(printed.String(), false)
	c.compare()
}

// compare compares a finished sweep with the undisturbed one.
func (c *campaign) compare() {
	got := c.of(c.at("sweep"))
	if len(got) != len(c.want) {
		c.wrong("%d trials, want %d", len(got), len(c.want))
	}
	for identity, r := range c.want {
		if got[identity] == nil {
			c.wrong("trial %.12s is missing", identity)
		} else if d := r.Diff(got[identity]); d != "" {
			c.wrong("trial %.12s: %s", identity, d)
		}
	}
	c.now.Sweeps++
}

// anew begins the next sweep.
func (c *campaign) anew() {
	clear(c.spoiled)
	if err := os.RemoveAll(c.at("sweep")); err != nil {
		c.t.Fatal(err)
	}
}

// begin builds the program with fault injection, and runs the undisturbed sweep.
func begin(t *testing.T, dir string) *campaign {
	c := &campaign{t: t, dir: dir, program: filepath.Join(dir, "cenet"), spoiled: map[string]bool{},
		now: Figures{Seed: *seed, Done: map[string]int{}}}
	if text, err := os.ReadFile(c.at("figures.json")); err == nil {
		if err := json.Unmarshal(text, &c.now); err != nil {
			t.Fatal(err)
		}
	}
	c.random = rand.New(rand.NewPCG(c.now.Seed, uint64(c.now.Rounds)))
	if out, err := exec.Command("go", "build", "-tags", "faults", "-o", c.program, "cenet").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(c.at("sweep.toml"), []byte(sweep), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(c.at("alone")), os.RemoveAll(c.at("sweep"))); err != nil {
		t.Fatal(err)
	}
	cmd, printed := c.command(c.at("alone"))
	began := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	c.took, c.want = time.Since(began), c.of(c.at("alone"))
	if len(c.want) != 12 {
		t.Fatalf("%d trials", len(c.want))
	}
	return c
}

// count is the number of killed processes.
func (f *Figures) count() int {
	return f.Done["SIGKILL"] + f.Done["SIGTERM"] + f.Done["SIGINT"] + f.Done["SIGHUP"] + f.Done["one of two killed"]
}

// save writes the figures for a later run.
func (c *campaign) save() {
	text, err := json.MarshalIndent(c.now, "", " ")
	if err == nil {
		err = os.WriteFile(c.at("figures.json"), text, 0o644)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// round injects one fault into the current sweep.
func (c *campaign) round() {
	began := time.Now()
	c.now.Rounds++
	what := "SIGKILL"
	signals := map[string]syscall.Signal{"SIGKILL": syscall.SIGKILL, "SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT,
		"SIGHUP": syscall.SIGHUP}
	switch n := c.random.IntN(100); {
	case n < 50:
	case n < 60:
		what = "SIGTERM"
	case n < 65:
		what = "SIGINT"
	case n < 70:
		what = "SIGHUP"
	case n < 74:
		what = "cut short"
	case n < 78:
		what = "bit flipped"
	case n < 81:
		what = "removed"
	case n < 91:
		what = "one of two killed"
	case n < 98:
		what = "failing files"
	default:
		what = "disk full"
	}
	done := true
	switch s, ok := signals[what]; {
	case ok:
		done = c.killed(s)
	case what == "one of two killed":
		c.together()
	case what == "failing files":
		c.failing(0.003)
	case what == "disk full":
		done = c.full()
	default:
		done = c.spoil(what)
	}
	if done {
		c.now.Done[what]++
	}
	if c.of(c.at("sweep")) != nil {
		c.compare()
		c.anew()
	}
	c.now.Seconds += time.Since(began).Seconds()
}

// A sweep ends with the results of an undisturbed one, whatever the faults.
func TestCampaign(t *testing.T) {
	if testing.Short() {
		t.Skip("some minutes of training")
	}
	dir := *folder
	if dir == "" {
		dir = t.TempDir()
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP) // so that the processes do not inherit nohup's deafness
	defer signal.Stop(heard)
	c := begin(t, dir)
	for c.now.count() < *kills && !t.Failed() {
		c.round()
		c.save()
	}
	began := time.Now()
	c.finish()
	c.now.Seconds += time.Since(began).Seconds()
	c.save()
	t.Logf("%+v", c.now)
	if *report != "" {
		if err := os.WriteFile(*report, []byte(c.now.markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The campaign detects bugs: writing files in place, resuming from a checkpoint without the optimizer's velocities, and doing a step
// twice.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("some minutes of training")
	}
	c := begin(t, t.TempDir())
	for _, c.mutated = range []string{"in-place", "velocity", "step"} {
		c.now.Wrong = nil
		for sweeps := 0; sweeps < 20 && c.now.Wrong == nil; sweeps++ {
			for range 3 {
				if c.mutated == "in-place" {
					c.failing(0.05)
				} else {
					c.killed(syscall.SIGKILL)
				}
			}
			c.finish()
			c.anew()
		}
		if c.now.Wrong == nil {
			t.Errorf("%s: not detected", c.mutated)
		} else {
			t.Logf("%s: %s", c.mutated, c.now.Wrong[0])
		}
	}
}

func (f *Figures) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Faults\n\nA campaign injected random faults into sweeps of 12 small trials, each a process with two workers: "+
		"`./reproduce.sh test --faults %d`, seed %d.\n\n", f.count(), f.Seed)
	fmt.Fprintf(&b, "| done | times |\n|:--|--:|\n")
	var names []string
	for name := range f.Done {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %d |\n", name, f.Done[name])
	}
	fmt.Fprintf(&b, "\n%d processes killed; %d sweeps finished, each compared bit for bit with an undisturbed one; %d damaged files, all "+
		"reported; %.0f minutes. ",
		f.count(), f.Sweeps, f.Damages, f.Seconds/60)
	if len(f.Wrong) == 0 {
		b.WriteString("Nothing was lost, and nothing differed.\n")
	} else {
		b.WriteString("What went wrong:\n\n")
		for _, w := range f.Wrong {
			fmt.Fprintf(&b, "- %s\n", strings.ReplaceAll(w, "\n", " "))
		}
	}
	return b.String()
}
