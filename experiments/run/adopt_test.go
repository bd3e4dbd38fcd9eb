package run

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/report"
	"cenet/experiments/spectest"
	"cenet/results"
)

// On another machine, with the results and no state, a run begins from nothing; with Adopt it trains only what the results do not have.
func TestAdopt(t *testing.T) {
	dir := t.TempDir()
	s := spectest.Load(t, spectest.Names(), map[string]any{"model.width": 0.25})
	o := Options{Workers: 2, Out: filepath.Join(dir, "results"), State: filepath.Join(dir, "state"), Replace: true}
	records, err := Run(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Folder(o.Out, false), report.RecordsFile)
	if err := results.WriteRecords(path, records[1:]); err != nil { // the first is still to be trained
		t.Fatal(err)
	}
	o.State = filepath.Join(dir, "other")
	missing := func() int {
		t.Helper()
		r, err := Missing(context.Background(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		return len(r.Identities)
	}
	if n := missing(); n != len(records) {
		t.Errorf("without the option %d trials are missing, want %d", n, len(records))
	}
	o.Adopt = true
	if n := missing(); n != 1 {
		t.Errorf("%d trials are missing, want 1", n)
	}
	again, err := Run(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range again {
		was := records[slices.IndexFunc(records, func(old results.Record) bool { return old.Identity == r.Identity })]
		if r.Result.Weights != was.Result.Weights {
			t.Errorf("%s: another network", r.Name)
		}
		if kept, want := r.Provenance.Seconds == was.Provenance.Seconds, r.Identity != records[0].Identity; kept != want {
			t.Errorf("%s: adopted %v, want %v", r.Name, kept, want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), s, o); err == nil || !strings.Contains(err.Error(), "--adopt") {
		t.Errorf("without records: %v", err)
	}
}
