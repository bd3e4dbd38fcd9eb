package run

import (
	"context"
	"testing"

	"cenet/experiments/spectest"
)

// A trial that is to record scales records γ of the last BatchNorms, near where they begin, and s where a block has one; nothing else of
// its result changes.
func TestProbe(t *testing.T) {
	for _, begin := range []float64{1, 0.5, 0} {
		changes := map[string]any{"model.last_gamma": begin}
		s := spectest.Load(t, spectest.Names(), changes)
		dir := t.TempDir()
		plain, err := trainSpec(context.Background(), s, Options{Out: dir, State: dir})
		if err != nil {
			t.Fatal(err)
		}
		changes["train.probe"] = true
		probed, err := trainSpec(context.Background(), spectest.Load(t, spectest.Names(), changes), Options{Out: dir, State: dir})
		if err != nil || len(probed) != len(plain) {
			t.Fatalf("%d of %d records: %v", len(probed), len(plain), err)
		}
		weights := map[any]string{}
		for _, r := range plain {
			weights[r.Settings["model.block"]] = r.Result.Weights
			if r.Result.Epochs[0].Probe != nil {
				t.Errorf("%s: scales without probe", r.Name)
			}
		}
		for _, r := range probed {
			p := r.Result.Epochs[0].Probe
			hasScale := r.Settings["model.block"] == "ce"
			far := begin == 0 && hasScale // which runs off at once
			if p == nil || p.Gamma < begin-0.3 || p.Gamma > begin+0.3 && !far || p.GammaMost < p.Gamma {
				t.Errorf("%s: γ from %v: %+v", r.Name, begin, p)
				continue
			}
			if (p.Scale != nil) != hasScale || hasScale && !(0 < *p.ScaleLeast && *p.ScaleLeast <= *p.Scale) {
				t.Errorf("%s: s of %+v", r.Name, p)
			}
			if w := weights[r.Settings["model.block"]]; w != r.Result.Weights {
				t.Errorf("%s: recording changed the network", r.Name)
			}
		}
	}
}
