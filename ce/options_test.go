package ce

import (
	"math"
	"strings"
	"testing"
)

func TestPresets(t *testing.T) {
	for name, preset := range Presets {
		if err := preset().Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for name, spoil := range map[string]func(o *Options){
		"branch":     func(o *Options) { o.Branch = "both" },
		"group":      func(o *Options) { o.Group = -1 },
		"stem_group": func(o *Options) { o.StemGroup = -16 },
		"epsilon":    func(o *Options) { o.Epsilon = 0 },
		"steps":      func(o *Options) { o.Steps = -1 },
		"average":    func(o *Options) { o.Average = "" },
		"variance":   func(o *Options) { o.Variance = "sample" },
		"reduction":  func(o *Options) { o.Reduction = 0 },
		"momentum":   func(o *Options) { o.Momentum = math.NaN() },
		"lambda":     func(o *Options) { o.Lambda = 1 },
	} {
		o := Official()
		spoil(&o)
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), "ce: "+name+" is ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := Official()
	o.LearnLambda, o.Lambda = false, 1
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	for _, epsilon := range []float64{math.NaN(), math.Inf(1), -1e-5} {
		o := Official()
		o.Epsilon = epsilon
		if o.Validate() == nil {
			t.Errorf("epsilon %g passes", epsilon)
		}
	}
}

func TestGroupSize(t *testing.T) {
	for _, test := range []struct {
		options  Options
		channels int
		stem     bool
		want     int
	}{
		{Official(), 256, false, 16},
		{Official(), 64, true, 64},
		{Official(), 16, true, 16},
		{Official(), 24, false, 8},
		{Official(), 58, false, 2},
		{Official(), 7, false, 1},
		{Options{Group: 6}, 9, false, 3},
		{Paper(), 256, false, 256},
		{Options{Group: 512}, 512, false, 512},
	} {
		if got, err := test.options.GroupSize(test.channels, test.stem); got != test.want || err != nil {
			t.Errorf("%d channels, stem %t: %d, %v; want %d", test.channels, test.stem, got, err, test.want)
		}
	}
	if _, err := Paper().GroupSize(257, false); err == nil {
		t.Error("a group of 257 channels that no option asks for passes")
	}
	if h := Official().Hidden(3); h != 1 {
		t.Errorf("%d hidden units of 3 channels", h)
	}
}
