package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/mistake"
	"cenet/experiments/spectest"
	"cenet/results"
)

// An estimate has a case for each combination, and twice the epochs take about twice as long.
func TestCost(t *testing.T) {
	o := Options{Workers: 2, State: t.TempDir()}
	e, err := Cost(context.Background(), spectest.Load(t, spectest.Names(), map[string]any{"seeds": []int{1, 2}}), o)
	if err != nil {
		t.Fatal(err)
	}
	if e.Trials != 6 || len(e.Cases) != 3 || e.AtOnce != 2 || !(e.Seconds > 0) {
		t.Fatalf("%+v", e)
	}
	for _, c := range e.Cases {
		if c.Trials != 2 || !(c.Step > 0) || !(c.Seconds > 5*c.Step) || c.Memory < 1<<18 {
			t.Errorf("%+v", c)
		}
	}
	if e.Cases[1].Name != "se" || e.Cases[2].Memory <= e.Cases[0].Memory {
		t.Errorf("%+v", e.Cases)
	}
	if e.Memory < e.Cases[1].Memory+e.Cases[2].Memory+120*28*28 {
		t.Errorf("%d bytes", e.Memory)
	}
}

// As many trials run at once as fit into memory. If none fits, the estimate says so.
func TestCostMemory(t *testing.T) {
	s := spectest.Load(t, spectest.Names(), nil)
	one, err := Cost(context.Background(), s, Options{Workers: 2, State: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	largest := one.Cases[2].Memory
	e, err := Cost(context.Background(), s, Options{Workers: 2, State: t.TempDir(), Memory: largest + 1000})
	if err != nil || e.AtOnce != 1 {
		t.Errorf("%+v, %v", e, err)
	}
	dir := t.TempDir()
	_, err = trainSpec(context.Background(), s, Options{Workers: 2, State: dir, Out: dir, Memory: largest - 1})
	var input *mistake.Error
	if !errors.As(err, &input) || !strings.HasPrefix(err.Error(), "train.batch: a trial of ce takes") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
	if e, err := Cost(context.Background(), s, Options{Workers: 2, State: t.TempDir(), Memory: largest - 1}); err != nil || e.Err == nil ||
		!(e.Seconds > 0) {
		t.Errorf("%+v, %v", e, err)
	}
	if logs, _ := filepath.Glob(filepath.Join(dir, "logs", "tiny-*.log")); len(logs) != 1 {
		t.Errorf("log files %q", logs)
	} else if text, err := os.ReadFile(logs[0]); err != nil || !strings.Contains(string(text), "ended: train.batch") {
		t.Errorf("%v: %s", err, text)
	}
	s = spectest.Load(t, spectest.Names(), map[string]any{"data.train": 0, "train.batch": 10001})
	if _, err := Cost(context.Background(), s, Options{State: t.TempDir()}); !errors.As(err, &input) ||
		!strings.Contains(err.Error(), "10000 training images") {
		t.Errorf("%v", err)
	}
}

// The state of an experiment is what its run has left, and a damaged record is named and made again, to the same result.
func TestStatus(t *testing.T) {
	dir := t.TempDir()
	var printed strings.Builder
	o := Options{Workers: 2, Out: dir, State: filepath.Join(dir, "state"), Log: &printed}
	s := spectest.Load(t, spectest.Names(), map[string]any{"model.width": 0.25})
	if state, err := CachedStatus(s, o); err != nil || state != nil {
		t.Errorf("before a run: %v, %v", state, err)
	}
	before, err := trainSpec(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	state, err := Status(s, o)
	if err != nil || state.Finished != 3 || state.String() != "3 of 3 trials finished here" {
		t.Errorf("%v, %v", state, err)
	}
	more := spectest.Load(t, spectest.Names(), map[string]any{"model.width": 0.25, "seeds": []int{1, 2}})
	state, err = CachedStatus(more, o)
	if err != nil || state == nil || state.Finished != 3 || state.Missing != 3 || !(state.Seconds > 0) {
		t.Errorf("%+v, %v", state, err)
	}

	path := o.dir().Record(before[1].Identity)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 4
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if state, err := Status(s, o); err != nil || state.Finished != 2 || state.Begun != 1 {
		t.Errorf("%+v, %v", state, err)
	}
	printed.Reset()
	after, err := trainSpec(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(printed.String(), filepath.Base(path)+":1: ") || !strings.Contains(printed.String(), "done again") {
		t.Errorf("printed %q", printed.String())
	}
	same(t, before, after)
}

// same fails where two runs have other trials, or other results.
func same(t *testing.T, a, b []results.Record) {
	t.Helper()
	byIdentity := map[string]results.Record{}
	for _, r := range b {
		byIdentity[r.Identity] = r
	}
	if len(a) != len(byIdentity) {
		t.Errorf("%d trials, and %d", len(a), len(byIdentity))
	}
	for _, r := range a {
		other, ok := byIdentity[r.Identity]
		if !ok {
			t.Errorf("%s is missing", r.Name)
		} else if d := r.Result.Diff(other.Result); d != "" {
			t.Errorf("%s: %s", r.Name, d)
		}
	}
}

// writerFunc is called with what is written.
type writerFunc func(text string)

func (f writerFunc) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

// Of a trial that was interrupted the status tells how many of its epochs are done.
func TestStatusOfTheInterrupted(t *testing.T) {
	dir := t.TempDir()
	s := spectest.Load(t, spectest.Names(), map[string]any{"model.width": 0.25, "train.epochs": 3})
	s.Sweep = nil
	ctx, cancel := context.WithCancel(context.Background())
	o := Options{Workers: 1, Out: dir, State: filepath.Join(dir, "state"), Log: writerFunc(func(text string) {
		if strings.Contains(text, "epoch 2/3") {
			cancel()
		}
	})}
	if _, err := trainSpec(ctx, s, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	state, err := Status(s, o)
	if err != nil || state.Begun != 1 || len(state.Trials) != 1 || state.Trials[0].State != "begun, 2 of 3 epochs" {
		t.Errorf("%+v, %v", state, err)
	}
}
