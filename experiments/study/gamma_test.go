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
	"cenet/experiments/suite"
)

// The check trains the networks that are missing, and looks at the BatchNorms that the paper's blocks stand behind.
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
	for range 2 { // the second time nothing is missing
		page, err := suite.RunCheck(context.Background(), s, run.Options{Workers: 2, Out: dir, State: filepath.Join(dir, "state")})
		if err != nil {
			t.Fatal(err)
		}
		rows := page.Sections[0].Table.Rows
		if len(rows) < 2 || !slices.ContainsFunc(rows, func(r []string) bool { return strings.Contains(r[0], "baseline") }) {
			t.Errorf("rows %v", rows)
		}
	}
}
