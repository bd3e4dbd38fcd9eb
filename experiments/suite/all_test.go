package suite

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/theory"
	"cenet/experiments/trained"
	"cenet/nash"
)

// All runs no experiment that needs the user's images, and runs training before checks. Each of its experiments is in the overview,
// except for those that only train networks for a check.
func TestEverything(t *testing.T) {
	list, err := All()
	if err != nil {
		t.Fatal(err)
	}
	var names, seen []string
	checks := false
	for _, s := range list {
		names = append(names, s.Name)
		if checks && s.Checks == "" {
			t.Errorf("%s trains, but comes after a check", s.Name)
		}
		if checks = checks || s.Checks != ""; s.OnNetworks() {
			seen = append(seen, spec.Of[spec.Networks](s).Experiments...)
		}
	}
	for _, want := range []string{"table1", "table2", "corrupt", "ablation", "gamma", "prop1", "remark1", "nash", "decompose", "integration",
		"newton"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not run", want)
		}
	}
	listed, err := topics()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		shown := slices.Contains(seen, name)
		for _, topic := range listed {
			shown = shown || topic.plain().Name == name
		}
		if !shown {
			t.Errorf("%s is run, but not in the overview", name)
		}
		if strings.Contains(name, "cifar") || strings.Contains(name, "imagenet") {
			t.Errorf("%s reads images that do not come with the program", name)
		}
	}
}

// Experiments run one after the other and train shared trials once. A second run does nothing. If one experiment fails, the others
// still run.
func TestRunAll(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	dir := t.TempDir()
	var out bytes.Buffer
	o := run.Options{Workers: 2, Out: filepath.Join(dir, "out"), State: filepath.Join(dir, "state"), Log: &out}
	load := func(name, src string) *spec.Spec {
		s, err := spec.Load(name+".toml", []byte(src), Names())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := load("first", spectest.Tiny)
	second := load("second", strings.Replace(spectest.Tiny, `["none", "se", "ce"]`, `["none", "ce", "bd"]`, 1))
	diverging := load("diverging", strings.Replace(spectest.Tiny, `["none", "se", "ce"]`, `["none"]`, 1))
	for key, v := range map[string]any{"train.epochs": 3, "model.width": 0.25, "train.weight_decay": 0.9, "train.lr": 900.0} {
		if err := diverging.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	check := tinyCheck(t, nash.NameRemark1, "")
	check.Name = nash.NameRemark1
	run := func(list ...*spec.Spec) (string, error) {
		out.Reset()
		_, err := runAll(context.Background(), list, o)
		return out.String(), err
	}
	text, err := run(first, second, check)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first          3 trials, 3 to train", "second         3 trials, 1 to train", "3 experiments: about ",
		"second: 3 trials, 2 finished, 1 to train"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	page, err := os.ReadFile(filepath.Join(o.Out, overviewFile))
	if err != nil || !strings.Contains(string(page), theory.Statements[nash.NameRemark1][0].Text) ||
		!strings.Contains(string(page), "Not run: `./reproduce.sh table1`.") {
		t.Fatalf("%v\n%s", err, page)
	}
	folder := filepath.Join(o.Out, nash.NameRemark1, "table.md")
	before, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = run(first, second, check); err != nil || !strings.Contains(text, "3 experiments: nothing to train") ||
		!strings.Contains(text, "check, done") {
		t.Errorf("second run: %v\n%s", err, text)
	}
	if after, err := os.Stat(folder); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a finished check ran again: %v", err)
	}
	if text, err = run(diverging, second); err == nil || !strings.Contains(text, "second: 3 trials, 3 finished") ||
		!strings.Contains(text, "wrote "+filepath.Join(o.Out, overviewFile)) {
		t.Errorf("with a failing experiment: %v\n%s", err, text)
	}
	// A missing page is made again, and so is one with other settings.
	if !checkDone(o, check) {
		t.Error("the check is not done")
	}
	other := *check
	if err := other.Set("remark1.points", 34); err != nil {
		t.Fatal(err)
	}
	if checkDone(o, &other) {
		t.Error("a check with other settings counts as done")
	}
	if err := os.Remove(filepath.Join(o.Out, nash.NameRemark1, "page.json")); err != nil {
		t.Fatal(err)
	}
	if checkDone(o, check) {
		t.Error("a check without a page counts as done")
	}
}

// The state of a check depends on the networks that its file names, not on others with the same names. The page of claims says if the
// records are of other networks.
func TestCheckStateOfOtherNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	dir := t.TempDir()
	o := run.Options{Workers: 2, Out: filepath.Join(dir, "out"), State: filepath.Join(dir, "state")}
	file := filepath.Join(dir, "small.toml")
	if err := os.WriteFile(file, []byte(spectest.Tiny), 0o644); err != nil {
		t.Fatal(err)
	}
	check, err := spec.Load("g.toml", []byte("check = \"gamma\"\ntitle = \"t\"\nseeds = [1]\n[networks]\nexperiment = "+
		"\""+filepath.ToSlash(file)+"\"\n"), Names())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runOne(t.Context(), check, o); err != nil {
		t.Fatal(err)
	}
	before, err := checkState(o, check)
	if err != nil {
		t.Fatal(err)
	}
	other, err := spec.Load("small.toml", []byte(spectest.Tiny), Names())
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range map[string]any{"train.lr": 0.07, "costs": false} {
		if err := other.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := runOne(t.Context(), other, o); err != nil {
		t.Fatal(err)
	}
	if after, err := checkState(o, check); err != nil || after != before {
		t.Errorf("trials of another learning rate change the state of the check: %v", err)
	}
	if of, err := topicOf(check, o); err != nil || !strings.Contains(of.Absent, "Not run on the networks in the records of ") {
		t.Errorf("records of other networks are not reported: %q, %v", of.Absent, err)
	}
	networks, err := trained.Experiments(check)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runOne(t.Context(), networks[0], o); err != nil {
		t.Fatal(err)
	}
	if of, err := topicOf(check, o); err != nil || of.Absent != "" {
		t.Errorf("with the networks of the page: %q, %v", of.Absent, err)
	}
}
