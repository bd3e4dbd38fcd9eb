package study_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/state"
	"cenet/experiments/suite"
)

// The study trains missing networks and shows their BatchNorms.
func TestGammaTrainsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "small.toml")
	if err := os.WriteFile(file, []byte(spectest.Tiny), 0o644); err != nil {
		t.Fatal(err)
	}
	text := "check = \"gamma\"\ntitle = \"t\"\nseeds = [1]\n[networks]\nexperiment = \"" + filepath.ToSlash(file) + "\"\n"
	s, err := spec.Load("g.toml", []byte(text), suite.Names())
	if err != nil {
		t.Fatal(err)
	}
	states := filepath.Join(dir, "state")
	for try := range 3 { // the second time nothing is missing, the third time the network of a finished trial is missing
		if try == 2 {
			saved, err := filepath.Glob(state.Dir(states).Checkpoint("*"))
			if err != nil || len(saved) == 0 {
				t.Fatal(saved, err)
			}
			if err := os.Remove(saved[0]); err != nil {
				t.Fatal(err)
			}
		}
		page, err := suite.RunCheck(context.Background(), s, run.Options{Workers: 2, Out: dir, State: states})
		if err != nil {
			t.Fatal(err)
		}
		rows := page.Sections[0].Table.Rows
		if len(rows) < 2 || !slices.ContainsFunc(rows, func(r []string) bool { return strings.Contains(r[0], "baseline") }) {
			t.Errorf("rows %v", rows)
		}
	}
}
