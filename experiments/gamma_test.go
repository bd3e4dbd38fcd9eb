package experiments

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Shares by hand.
func TestNormShares(t *testing.T) {
	n := &norms{
		layers: []string{"a", "b"}, before: []bool{false, true},
		gamma: [][]float32{{0.05, -0.5}, {0.2, 0.1, -0.05, 1}},
		beta:  [][]float32{{0, 1}, {-1, 0.1, 0, 2}},
	}
	if got, want := n.share(func(int) bool { return true }), (normShare{3.0 / 6, 2.0 / 6, 3.0 / 6}); got != want {
		t.Errorf("all: %v, want %v", got, want)
	}
	if got, want := n.share(func(i int) bool { return n.before[i] }), (normShare{0.25, 0.25, 0.5}); got != want {
		t.Errorf("before a block: %v, want %v", got, want)
	}
}

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
