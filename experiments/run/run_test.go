package run

import (
	"context"
	"path/filepath"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/results"
)

// trainSpec plans the trials of an experiment and trains those that are missing.
func trainSpec(ctx context.Context, s *spec.Spec, o Options) (records []results.Record, err error) {
	log, err := NewProgress(s.Name, o)
	if err != nil {
		return nil, err
	}
	defer func() { log.Close(err) }()
	p, err := NewPlan(s, &o, log.Printf)
	if err != nil {
		return nil, err
	}
	return p.Train(ctx, log)
}

func runTiny(t *testing.T, o Options) []results.Record {
	t.Helper()
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	records, err := trainSpec(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// A sweep trains, gives the same bits with one worker and with two, and is not trained twice.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	one := Options{Workers: 1, Out: filepath.Join(dir, "out1"), State: filepath.Join(dir, "state1")}
	two := Options{Workers: 2, Out: filepath.Join(dir, "out2"), State: filepath.Join(dir, "state2")}
	a, b := runTiny(t, one), runTiny(t, two)
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
	for _, r := range runTiny(t, one) {
		for _, q := range a {
			if q.Identity == r.Identity && !q.Provenance.Started.Equal(r.Provenance.Started) {
				t.Errorf("%s was trained again", r.Name)
			}
		}
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
		records, err := trainSpec(context.Background(), s, Options{Workers: workers, Out: dir, State: dir})
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
