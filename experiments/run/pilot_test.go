package run

import (
	"errors"
	"strings"
	"testing"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/results"
)

// A pilot is every finished trial of the experiment's cases, whatever its seed, and none of other settings or of quick runs.
func TestPilot(t *testing.T) {
	o := Options{State: t.TempDir()}
	if records, err := Pilot(spectest.Load(t, spectest.Names(), nil), o); err != nil || len(records) != 0 {
		t.Fatalf("before a run: %d records, %v", len(records), err)
	}
	finished := func(o Options, changes map[string]any) {
		t.Helper()
		for _, trial := range spectest.Load(t, spectest.Names(), changes).Trials() {
			print, err := o.Opener(nil).Fingerprint(trial.Data)
			if err != nil {
				t.Fatal(err)
			}
			identity := trial.Identity(print, o.Version())
			r := results.Record{Kind: results.KindTrial, Name: "of another experiment", Identity: identity, Settings: trial.Settings(),
				Result: &results.Result{Weights: identity}}
			if err := o.dir().Keep(r); err != nil {
				t.Fatal(err)
			}
		}
	}
	quick := o
	quick.Quick = true
	finished(quick, map[string]any{"seeds": []int{3}})
	finished(o, map[string]any{"seeds": []int{4}, "train.lr": 0.07})
	finished(o, map[string]any{"seeds": []int{5}, "data.train": 60})
	finished(o, map[string]any{"seeds": []int{12, 2}, "model.block": "ce"})
	finished(o, map[string]any{"seeds": []int{2}, "model.block": "none"})
	records, err := Pilot(spectest.Load(t, spectest.Names(), nil), o) // of seed 1
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range records {
		names = append(names, r.Name)
	}
	if got := strings.Join(names, ", "); got != "none seed 2, ce seed 2, ce seed 12" {
		t.Errorf("found %s", got)
	}
	var input *mistake.Error
	known := spectest.Names()
	known.AddCheck("nash", nil)
	check, err := spec.Load("c.toml", []byte("check = \"nash\"\ntitle = \"t\"\nseeds = [1]\n"), known)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Pilot(check, o); !errors.As(err, &input) {
		t.Errorf("a check: %v", err)
	}
}
