package suite

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/page"
	"cenet/results/terminal"
)

// A run writes tables, and returns the page that is in the folder then. Collecting draws the same page again, and says what is missing.
func TestTrainAndCollect(t *testing.T) {
	dir := t.TempDir()
	s := spectest.Load(t, Names(), map[string]any{"model.width": 0.25})
	o := run.Options{Workers: 2, Out: filepath.Join(dir, "results"), State: filepath.Join(dir, "state")}
	trained, records, err := Train(t.Context(), s, o)
	if err != nil || len(records) != 3 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	there := s.Folder(o.Out, false)
	for _, f := range []string{"table.md", "table.csv", "records.jsonl"} {
		if _, err := os.Stat(filepath.Join(there, f)); err != nil {
			t.Error(err)
		}
	}
	text := func(p page.Page, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		text, err := terminal.Summary(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	want := text(trained, nil)
	if got := text(folder.Read(there)); got != want {
		t.Errorf("in the folder is the page %s, want %s", got, want)
	}
	o.Collect = true
	again, _, err := Train(t.Context(), s, o)
	if got := text(again, err); got != want {
		t.Errorf("collected %s, want %s", got, want)
	}
	if err := os.Remove(filepath.Join(o.State, "records", records[0].Identity+".json")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Train(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), "it has the records of 3 finished trials, this would "+
		"leave 2") {
		t.Errorf("fewer trials: %v", err)
	}
	o.Replace = true
	if _, records, err := Train(t.Context(), s, o); len(records) != 2 || err == nil || err.Error() != "tiny: 1 of 3 trials are missing" {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// Tables of trials that started from a file of weights are not replaced once the file has changed.
func TestChangedWeights(t *testing.T) {
	dir := t.TempDir()
	s := spectest.Load(t, Names(), map[string]any{"model.width": 0.25, "model.block": "none"})
	o := run.Options{Workers: 2, Out: filepath.Join(dir, "results"), State: filepath.Join(dir, "state")}
	if _, _, err := Train(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	files, err := run.Export(s, o, dir)
	if err != nil {
		t.Fatal(err)
	}
	s = spectest.Load(t, Names(), map[string]any{"model.width": 0.25, "model.block": "none", spec.WeightsKey: files[0]})
	o.Replace = true
	if _, _, err := Train(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-8] ^= 1 // of the last element
	if err := os.WriteFile(files[0], text, 0o666); err != nil {
		t.Fatal(err)
	}
	o.Replace = false
	if _, _, err := Train(t.Context(), s, o); err == nil || !strings.Contains(err.Error(), " has changed since the results in ") ||
		strings.Contains(err.Error(), "\n") {
		t.Errorf("a changed file: %v", err)
	}
}

// A trial that diverges says where; the others go on, and the table shows the failure.
func TestDiverges(t *testing.T) {
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), Names())
	if err != nil {
		t.Fatal(err)
	}
	s.Sweep = []spec.Axis{{Key: "train.lr", Values: []any{0.05, 900.0}}}
	for key, v := range map[string]any{"train.epochs": 3, "model.width": 0.25, "train.weight_decay": 0.9} {
		if err := s.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	o := run.Options{Workers: 2, Out: dir, State: filepath.Join(dir, "state")}
	_, records, err := Train(context.Background(), s, o)
	if err == nil || !strings.Contains(err.Error(), "1 of 2 trials failed") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	failures := 0
	for _, r := range records {
		if failure := r.Result.Failure; failure != "" {
			failures++
			if !regexp.MustCompile(`^the loss is (NaN|\+Inf) at epoch \d+, step \d+; the first layer whose output is not finite: (stem|stage\d/unit\d)/`).MatchString(failure) {
				t.Errorf("failure %q", failure)
			}
		}
	}
	if len(records) != 2 || failures != 1 {
		t.Fatalf("%d records, %d failures", len(records), failures)
	}
	table, err := os.ReadFile(filepath.Join(dir, s.Name, "table.md"))
	if err != nil || !strings.Contains(string(table), "failed: ") {
		t.Errorf("table: %v\n%s", err, table)
	}
}

// On another machine, with the results and no state, a run begins from nothing; with Adopt it trains only what the results do not have.
func TestAdopt(t *testing.T) {
	dir := t.TempDir()
	s := spectest.Load(t, Names(), map[string]any{"model.width": 0.25})
	o := run.Options{Workers: 2, Out: filepath.Join(dir, "results"), State: filepath.Join(dir, "state"), Replace: true}
	_, records, err := Train(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Folder(o.Out, false), results.RecordsFile)
	if err := results.WriteRecords(path, records[1:]); err != nil { // the first is still to be trained
		t.Fatal(err)
	}
	o.State = filepath.Join(dir, "other")
	missing := func() int {
		t.Helper()
		r, err := run.Missing(context.Background(), s, o)
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
	_, again, err := Train(context.Background(), s, o)
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
	if _, _, err := Train(context.Background(), s, o); err == nil || !strings.Contains(err.Error(), "--adopt") {
		t.Errorf("without records: %v", err)
	}
}
