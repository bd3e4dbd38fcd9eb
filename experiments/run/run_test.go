package run

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/results"
)

func runTiny(t *testing.T, o Options) ([]results.Record, *spec.Spec) {
	t.Helper()
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	records, err := Run(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return records, s
}

// A sweep trains, writes its table, gives the same bits with one worker and with two, and is not trained twice.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	one := Options{Workers: 1, Out: filepath.Join(dir, "out1"), State: filepath.Join(dir, "state1")}
	two := Options{Workers: 2, Out: filepath.Join(dir, "out2"), State: filepath.Join(dir, "state2")}
	a, s := runTiny(t, one)
	b, _ := runTiny(t, two)
	if len(a) != 3 || len(b) != 3 {
		t.Fatalf("%d and %d records, want 3", len(a), len(b))
	}
	byIdentity := map[string]results.Record{}
	for _, r := range b {
		byIdentity[r.Identity] = r
	}
	for _, r := range a {
		if d := r.Result.Diff(byIdentity[r.Identity].Result); d != "" {
			t.Errorf("%s: one worker and two differ: %s", r.Name, d)
		}
	}
	for _, f := range []string{"table.md", "table.csv", "records.jsonl"} {
		if _, err := os.Stat(filepath.Join(one.Out, s.Name, f)); err != nil {
			t.Error(err)
		}
	}
	again, _ := runTiny(t, one)
	for _, r := range again {
		for _, q := range a {
			if q.Identity == r.Identity && !q.Provenance.Started.Equal(r.Provenance.Started) {
				t.Errorf("%s was trained again", r.Name)
			}
		}
	}
}

// A trial that diverges says where; the others go on, and the table shows the failure.
func TestDiverges(t *testing.T) {
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
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
	o := Options{Workers: 2, Out: dir, State: filepath.Join(dir, "state")}
	records, err := Run(context.Background(), s, o)
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

// One worker to eight inside one network give the same bits.
func TestSameBits(t *testing.T) {
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	s.Sweep = nil
	if err := s.Set("model.block", "ce"); err != nil {
		t.Fatal(err)
	}
	var want string
	for workers := 1; workers <= 8; workers++ {
		dir := t.TempDir()
		records, err := Run(context.Background(), s, Options{Workers: workers, Out: dir, State: dir})
		if err != nil {
			t.Fatal(err)
		}
		if got := records[0].Result.Weights; want == "" {
			want = got
		} else if got != want {
			t.Errorf("%d workers: the weights differ from those of one", workers)
		}
	}
}
