package report

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cenet/experiments/spectest"
	"cenet/results"
)

// A page says what was fixed before the run, and which version of the program began its first trial. A file that extends another does
// not repeat what was fixed for that one. Neither does a run that the command line changes.
func TestFixed(t *testing.T) {
	dir := t.TempDir()
	base := strings.Replace(spectest.Tiny, "seeds =", "fixed = \"two seeds\"\nseeds =", 1)
	s := file(t, filepath.Join(dir, "base.toml"), base)
	at := func(minute int, version string) results.Record {
		return results.Record{Kind: results.KindTrial, Provenance: results.Provenance{Started: time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC),
			Version: version}}
	}
	records := []results.Record{{Kind: results.KindNetwork}, at(5, "later"), at(4, "earlier")}
	const want = "Fixed before the run, whose first trial began 2026-01-02 03:04 UTC by cenet earlier: two seeds"
	if got := strings.Join(About(s, records), "\n"); !strings.Contains(got, want) {
		t.Errorf("%q, want %q in it", got, want)
	}
	if got := strings.Join(About(s, nil), "\n"); !strings.Contains(got, "Fixed before the run: two seeds") {
		t.Errorf("%q without records", got)
	}
	child := file(t, filepath.Join(dir, "child.toml"), "extends = \"base.toml\"\nseeds = [4]\n")
	if child.Fixed != "" {
		t.Errorf("a file that extends another has its %q", child.Fixed)
	}
	if err := s.Change("seeds", []int{4}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(About(s, records), "\n"); strings.Contains(got, "Fixed before") {
		t.Errorf("of other seeds: %q", got)
	}
}

// Accuracies on held-out images are not those of the test images. One seed without claims compares no blocks.
func TestHeldOut(t *testing.T) {
	const swept = "seeds = [1, 2]\n[sweep]\nmodel.block = [\"none\", \"se\"]\n"
	for extra, want := range map[string]struct {
		heldOut  bool
		compared int
	}{
		swept: {false, 1}, swept + "data.held_out = [10]\n": {true, 1}, strings.Replace(swept, ", 2", "", 1): {false, 1},
		strings.Replace(swept, ", 2", "", 1) + "[topic]\nclaims = \"none\"\n": {false, 0},
	} {
		text := "extends = \"base.toml\"\n" + extra
		dir := spectest.Files(t, map[string]string{"base.toml": spectest.Tiny})
		l := Layout(file(t, filepath.Join(dir, "mine.toml"), text), false, nil)
		if l.HeldOut != want.heldOut || len(l.Compare) != want.compared {
			t.Errorf("%s: held out %v, %d comparisons, want %+v", extra, l.HeldOut, len(l.Compare), want)
		}
	}
}
