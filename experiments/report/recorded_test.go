package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/results"
)

// recordsOf returns a record for each trial, and one for the costs of a network.
func recordsOf(s *spec.Spec) (trials []spec.Trial, records []results.Record) {
	trials = s.Trials()
	for i, trial := range trials {
		records = append(records, results.Record{Kind: results.KindTrial, Name: trial.String(), Identity: fmt.Sprintf("%064x", i),
			Settings: trial.Settings(),
			Result:   &results.Result{Top1: 0.5, Weights: fmt.Sprintf("%064x", i), Epochs: []results.Epoch{{Epoch: 1}}}})
	}
	return trials, append(records, results.Record{Kind: results.KindNetwork, Name: "resnet20 none", Identity: strings.Repeat("f", 64),
		Settings: map[string]any{results.ModelKey: "resnet20", results.BlockKey: "none"},
		Network: &results.Network{Model: "resnet20", Block: "none", Params: 10, MACs: 1e6, CPUSeconds: 1, CPURuns: 3, Batch: 1, GPU: "a GPU",
			GPUSeconds: 0.5}})
}

// A run with fewer finished trials or costs does not replace records and tables, unless --replace is given.
func TestLosses(t *testing.T) {
	dir := t.TempDir()
	s := file(t, filepath.Join(dir, "my.toml"), strings.Replace(spectest.Tiny, "seeds = [1]", "seeds = [1, 2]", 1))
	_, records := recordsOf(s)
	out := filepath.Join(dir, "results")
	path := filepath.Join(s.Folder(out, false), results.RecordsFile)
	write := func(replace, quick bool, records []results.Record) error {
		_, err := Write(s, out, quick, replace, records, func(string, ...any) {})
		return err
	}
	if err := write(false, false, records); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	failed := append([]results.Record(nil), records...)
	failed[0].Result = &results.Result{Failure: "the loss is NaN", Weights: strings.Repeat("0", 64)}
	for name, c := range map[string]struct {
		records []results.Record
		want    string
	}{
		"fewer trials": {records[2:], "it has the records of 6 finished trials, this would leave 4"},
		"a failure":    {failed, "6 finished trials, this would leave 5"},
		"no costs":     {records[:6], "it has the costs of 1 networks, this would leave 0"},
	} {
		err := write(false, false, c.records)
		var loss *LossError
		if !errors.As(err, &loss) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), Replace) {
			t.Errorf("%s: %v", name, err)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s: the records have changed", name)
		}
	}
	if err := write(false, true, records[5:6]); err != nil {
		t.Errorf("a quick run has its own folder: %v", err)
	}
	if err := write(true, false, records[5:]); err != nil {
		t.Errorf("with --replace: %v", err)
	}
	if there, err := results.ReadRecords(path); err != nil || len(there) != 2 {
		t.Errorf("%d records after they are replaced, %v", len(there), err)
	}
}

// GPU times stay if a later run has none, but not those of another network.
func TestTimesOfGPUStay(t *testing.T) {
	dir := t.TempDir()
	s := file(t, filepath.Join(dir, "my.toml"), spectest.Tiny)
	_, records := recordsOf(s)
	for _, macs := range []float64{1e6, 2e6} {
		if _, err := Write(s, dir, false, true, records, func(string, ...any) {}); err != nil {
			t.Fatal(err)
		}
		later := append([]results.Record(nil), records...)
		n := *records[3].Network
		n.GPU, n.GPUSeconds, n.CPUSeconds, n.MACs = "", 0, 7, macs
		later[3].Network = &n
		if _, err := Write(s, dir, false, false, later, func(string, ...any) {}); err != nil {
			t.Fatal(err)
		}
		there, err := results.ReadRecords(filepath.Join(s.Folder(dir, false), results.RecordsFile))
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if macs == 1e6 {
			want = "a GPU"
		}
		if got := there[0].Network; got.GPU != want || got.CPUSeconds != 7 {
			t.Errorf("%v operations: %+v", macs, got)
		}
	}
}

// Rendering does not drop records of other settings, unless --replace is given. A renamed setting still matches.
func TestRenderOfOtherSettings(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "my.toml")
	s := file(t, path, spectest.Tiny+"model.last_gamma = [1, 0]\n")
	trials, records := recordsOf(s)
	for i := range trials {
		r := &records[i]
		r.Settings["model.zero_last_gamma"] = r.Settings["model.last_gamma"] == 0.0
		delete(r.Settings, "model.last_gamma")
		r.Name = "of an earlier version " + r.Name
	}
	folder := s.Folder(dir, false)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := results.WriteRecords(filepath.Join(folder, results.RecordsFile), records); err != nil {
		t.Fatal(err)
	}
	if _, err := Render(s, dir, false, false); err != nil {
		t.Fatalf("settings of earlier names: %v", err)
	}
	there, err := results.ReadRecords(filepath.Join(folder, results.RecordsFile))
	if err != nil || len(there) != len(records) || there[1].Name != trials[0].String() || there[1].Settings["model.last_gamma"] == nil {
		t.Errorf("after rendering %d records, %+v, %v", len(there), there[1], err)
	}
	one := file(t, path, spectest.Tiny+"model.last_gamma = [1]\n")
	if _, err := Render(one, dir, false, false); err == nil || !strings.Contains(err.Error(), "3 of its 7 records have other settings") {
		t.Errorf("a sweep that became shorter: %v", err)
	}
	if _, err := Render(one, dir, false, true); err != nil {
		t.Errorf("with --replace: %v", err)
	}
	recorded, err := Read(one, dir, false)
	if err != nil || len(recorded.Trials) != 3 || recorded.Others != 3 {
		t.Errorf("%d trials and %d others are recorded, %v", len(recorded.Trials), recorded.Others, err)
	}
}

// BenchmarkInOrder sorts the records of 9,600 trials.
func BenchmarkInOrder(b *testing.B) {
	s, err := spec.Load("many.toml", []byte(spectest.Tiny), names())
	if err != nil {
		b.Fatal(err)
	}
	seeds := make([]int, 3200)
	for i := range seeds {
		seeds[i] = i
	}
	if err := s.Set("seeds", seeds); err != nil {
		b.Fatal(err)
	}
	trials, records := recordsOf(s)
	for b.Loop() {
		if list := inOrder(records, trials); len(list) != len(records) {
			b.Fatalf("%d of %d records", len(list), len(records))
		}
	}
}
