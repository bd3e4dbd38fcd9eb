package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/report"
	"cenet/results"
)

// copied copies files of the project's results into a root for the test.
func copied(t *testing.T, root string, files ...string) {
	t.Helper()
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join("..", "..", "results", name))
		if err == nil {
			path := filepath.Join(root, "results", name)
			if err = os.MkdirAll(filepath.Dir(path), 0o755); err == nil {
				err = os.WriteFile(path, text, 0o644)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// written returns the contents of all files below a folder.
func written(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(path + "\n" + string(text))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// On a fresh checkout no command removes results: it is refused, or says that it leaves them as they are.
func TestFreshCheckoutKeepsResults(t *testing.T) {
	root := t.TempDir()
	t.Setenv("CENET_ROOT", root)
	copied(t, root, "table1/records.jsonl", "table1/layout.json", "prop1/page.json", "faults.md", "bench.md", "bench.jsonl", "soak/table.md")
	before := written(t, filepath.Join(root, "results"))
	mustBeRefused(t, "collect", []string{"table1", "--collect"}, "results/table1 is not changed: it has the records of 45 finished "+
		"trials, this would leave 0", "--replace")
	mustBeRefused(t, "fewer kills", []string{"test", "--faults", "3"}, "faults.md is not changed: it comes from --faults 1000, this "+
		"would be from 3", "--replace")
	mustBeRefused(t, "less soaking", []string{"test", "--soak", "3"}, "it comes from --soak 8, this would be from 3")
	mustBeRefused(t, "a part of the benchmark", []string{"bench", "--write", "--only", "resnet20/none"}, "bench.md is not changed",
		"--replace")
	if !testing.Short() {
		var out, errs bytes.Buffer
		if status := Run([]string{"prop1"}, &out, &errs); status != 0 {
			t.Errorf("prop1: exit status %d: %s", status, errs.String())
		}
		if want := "results/prop1 is not changed: its page is about 3 trained networks of table1, but this run has 0 of " +
			"them"; !strings.Contains(errs.String(), want) {
			t.Errorf("prop1 does not say that its page stays: %s", errs.String())
		}
		if !strings.Contains(out.String(), "scale-1") {
			t.Errorf("prop1 does not print what it found: %s", out.String())
		}
	}
	if after := written(t, filepath.Join(root, "results")); after != before {
		t.Error("files of the results have changed")
	}
}

// recorded writes records of all trials of an experiment, as a run does.
func recorded(t *testing.T, path, out string) {
	t.Helper()
	s, err := load(path, false)
	if err == nil {
		_, err = report.Begin(s, out, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	var records []results.Record
	for i, trial := range s.Trials() {
		hash := fmt.Sprintf("%064x", i)
		records = append(records, results.Record{Kind: results.KindTrial, Name: trial.String(), Identity: hash, Settings: trial.Settings(),
			Result: &results.Result{Top1: 0.5, Weights: hash, Epochs: []results.Epoch{{Epoch: 1}}}})
	}
	if _, err := report.Write(s, out, false, false, records, func(string, ...any) {}); err != nil {
		t.Fatal(err)
	}
}

// status and list show recorded trials, trials finished here, and the user's own experiments.
func TestStatusAndList(t *testing.T) {
	root := t.TempDir()
	t.Setenv("CENET_ROOT", root)
	copied(t, root, "prop1/page.json")
	mine, gone := filepath.Join(root, "mine.toml"), filepath.Join(root, "gone.toml")
	for _, path := range []string{mine, gone} {
		if err := os.WriteFile(path, []byte(good), 0o644); err != nil {
			t.Fatal(err)
		}
		recorded(t, path, filepath.Join(root, "results"))
	}
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	two := "2 of 2 recorded in " + filepath.Join("results", "mine")
	for command, want := range map[string][]string{
		"list": {two + "; " + mine, "page in " + filepath.Join("results", "prop1") + ", on 3 trained networks",
			"nothing recorded in " + filepath.Join("results", "table2-imagenet"), "gone.toml: no such file"},
		"status " + mine: {"none seed 1", "to train; recorded: top-1 50.00 %", "mine: 0 of 2 trials finished here, 2 to train; " + two},
		"status prop1":   {"a check, which runs each time; page in " + filepath.Join("results", "prop1")},
	} {
		var out, errs bytes.Buffer
		if status := Run(strings.Fields(command), &out, &errs); status != 0 {
			t.Errorf("%s: exit status %d: %s", command, status, errs.String())
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("%s does not say %q:\n%s", command, w, out.String())
			}
		}
	}
	mustBeRefused(t, "collect of none", []string{mine, "--collect"}, "results/mine is not changed: it has the records of 2 finished "+
		"trials, this would leave 0")
}

// --help of an experiment shows its purpose, cost and output before its flags.
func TestHelpOfExperiment(t *testing.T) {
	t.Setenv("CENET_ROOT", t.TempDir())
	for name, want := range map[string]string{"table1": "It writes: records, tables and plots to results/table1", "prop1": "It takes: check",
		"table1-imagenet": "27 trials"} {
		var out, errs bytes.Buffer
		status := Run([]string{name, "--help"}, &out, &errs)
		text := out.String()
		if status != 0 || !strings.HasPrefix(text, name+": ") || !strings.Contains(text, want) ||
			strings.Index(text, want) > strings.Index(text, "--replace") {
			t.Errorf("%s: exit status %d: %s%s", name, status, text, errs.String())
		}
	}
	mustBeRefused(t, "help of nothing", []string{"tabel1", "--help"}, "unknown experiment")
}

// All built-in experiments are valid without images.
func TestValidateEmbedded(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := Run(append([]string{"validate"}, files...), &out, &errs); status != 0 ||
		!strings.Contains(out.String(), "table1-imagenet.toml: 27 trials, on images from --data DIR") {
		t.Errorf("exit status %d: %s%s", status, out.String(), errs.String())
	}
}
