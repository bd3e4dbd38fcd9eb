package experiments

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The check trains the networks that are missing, and looks at the BatchNorms that the paper's blocks stand behind.
func TestGammaTrainsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "small.toml")
	if err := os.WriteFile(file, []byte(tiny), 0o644); err != nil {
		t.Fatal(err)
	}
	text := "check = \"gamma\"\ntitle = \"t\"\nseeds = [1]\n[networks]\nexperiment = \"" + filepath.ToSlash(file) + "\"\n"
	s, err := Load("g.toml", []byte(text), Registered())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing is missing
		page, err := RunCheck(context.Background(), s, Options{Workers: 2, Out: dir, State: filepath.Join(dir, "state")})
		if err != nil {
			t.Fatal(err)
		}
		rows := page.Sections[0].Table.Rows
		if len(rows) < 2 || !slices.ContainsFunc(rows, func(r []string) bool { return strings.Contains(r[0], "baseline") }) {
			t.Errorf("rows %v", rows)
		}
	}
}
