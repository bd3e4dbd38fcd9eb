package results

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// Scales that were recorded are drawn, and read back as they were; s only where a block has one.
func TestProbe(t *testing.T) {
	l, records := madeUpGrid()
	for _, r := range records {
		for i := range r.Result.Epochs {
			p := &Probe{Gamma: 1 / float64(i+1), GammaMost: 2}
			if r.Settings[BlockKey] == "ce" {
				p.Scale, p.ScaleLeast = Ptr(0.5), Ptr(0.25)
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
	e := Epoch{Epoch: 1, TestLoss: math.Inf(1), Probe: &Probe{Gamma: 0.1, GammaMost: 0.3, Scale: Ptr(1)}}
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back Epoch
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, e) {
		t.Errorf("%+v reads back as %+v: %v", e, back, err)
	}
	if v := (Epoch{}).probed(func(p *Probe) *float64 { return p.Scale }); !math.IsNaN(v) {
		t.Errorf("scales that were not recorded are %v", v)
	}
}
