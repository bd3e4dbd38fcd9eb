package layout_test

import (
	"cenet/results"
	"cenet/results/layout"
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// Scales that were recorded are drawn, and read back as they were; s only where a block has one.
func TestProbe(t *testing.T) {
	l, records := layout.MadeUpGrid()
	for _, r := range records {
		for i := range r.Result.Epochs {
			p := &results.Probe{Gamma: 1 / float64(i+1), GammaMost: 2}
			if r.Settings[results.BlockKey] == "ce" {
				p.Scale, p.ScaleLeast = layout.Ptr(0.5), layout.Ptr(0.25)
			}
			r.Result.Epochs[i].Probe = p
		}
	}
	drawn := sheet(t, l, records)
	for _, name := range []string{"curves-gamma.svg", "curves-gamma-most.svg", "curves-scale.svg"} {
		if drawn[name] == "" {
			t.Errorf("%s is not drawn", name)
		}
	}
	e := results.Epoch{Epoch: 1, TestLoss: results.Loss(math.Inf(1)), Probe: &results.Probe{Gamma: 0.1, GammaMost: 0.3, Scale: layout.Ptr(1)}}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back results.Epoch
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, e) {
		t.Errorf("%+v reads back as %+v: %v", e, back, err)
	}
	for _, c := range resolved(t, l, records).Sections[0].Charts {
		if c.Name == "curves-scale" && len(c.Panels[0].Lines) != 1 {
			t.Errorf("%d blocks have scales, want CE alone", len(c.Panels[0].Lines))
		}
	}
}
