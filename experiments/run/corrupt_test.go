package run

import (
	"context"
	"slices"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
)

// A trial on wrong labels records how many are wrong, the same for every block, and its accuracy on them.
func TestCorrupted(t *testing.T) {
	s, err := spec.Load("tiny.toml", []byte(spectest.Tiny), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range map[string]any{"corrupt.rate": 0.5, "train.score": true, "seeds": []any{int64(1)}} {
		if err := s.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	sources := Options{}.Opener(nil)
	data, err := sources.Open(s.Trials()[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	before, test := slices.Clone(data.Train.Labels), slices.Clone(data.Test.Labels)
	var labels []int
	for _, trial := range s.Trials() {
		task := NewTask(trial, data, Options{})
		d, wrong := task.corrupted()
		if wrong == nil || wrong.Nominal != 0.5 || wrong.Effective == 0 || wrong.Kind != "symmetric" {
			t.Fatalf("%s: %+v", trial.String(), wrong)
		}
		if labels != nil && !slices.Equal(labels, d.Train.Labels) {
			t.Errorf("%s: other labels than another block has", trial.String())
		}
		labels = d.Train.Labels
		if !slices.Equal(d.Test.Labels, test) || !slices.Equal(data.Train.Labels, before) {
			t.Errorf("%s: test labels, or those of the source, were changed", trial.String())
		}
	}
	dir := t.TempDir()
	records, err := trainSpec(context.Background(), s, Options{Out: dir, State: dir})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if r.Images.Corruption == nil || r.Settings["corrupt.rate"] != 0.5 || r.Cost == nil || r.Cost.MACs <= 0 ||
			r.Cost.PaperMACs <= r.Cost.MACs {
			t.Errorf("%s: %+v", r.Name, r)
		}
		for _, e := range r.Result.Epochs {
			if e.FitTop1 == nil || *e.FitTop1 <= 0 || *e.FitTop1 > 1 {
				t.Errorf("%s, epoch %d: accuracy on the training labels %v", r.Name, e.Epoch, e.FitTop1)
			}
		}
	}
}
