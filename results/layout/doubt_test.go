package layout

import (
	"cenet/results"
	"cenet/results/chart"
	"cenet/results/stats"
	"cenet/results/words"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// madeUpPair has two blocks, a seed a pair of accuracies, on the given number of test images of ten classes.
func madeUpPair(test int, none, ce []float64) (Layout, []results.Record) {
	l := MadeUpBlocks(Layout{Title: "Two blocks", Kind: Sweep, Axes: []string{results.BlockKey, results.SeedKey}})
	var records []results.Record
	for block, accuracies := range map[string][]float64{"none": none, "ce": ce} {
		for i, a := range accuracies {
			r := MadeUpTrial(map[string]any{results.BlockKey: block, results.SeedKey: i + 1}, 0.5, 2)
			r.Result.Top1 = a
			r.Images = &results.Images{Name: "made up", Train: 100, Test: test, Classes: 10, Size: "8×8×1"}
			records = append(records, r)
		}
	}
	return l, records
}

// A sample that cannot bear a verdict decides nothing, in either direction, and plans nothing.
func TestDoubts(t *testing.T) {
	for _, test := range []struct {
		images   int
		none, ce []float64
		want     string
		plan     error
	}{
		{10, []float64{0.4, 0.5}, []float64{0.5, 0.6}, "two seeds", ErrNoSpread},
		{10, []float64{0.4, 0.5, 0.3}, []float64{0.5, 0.6, 0.4}, "no spread", ErrNoSpread},
		{10, []float64{0.5, 0.6, 0.4}, []float64{0.4, 0.5, 0.3}, "no spread", ErrNoSpread},
		{100, []float64{0.5, 0.5, 0.5}, []float64{0.5, 0.5, 0.5}, "no spread", ErrNoSpread},
		{1000, []float64{0.1, 0.1, 0.1}, []float64{0.11, 0.112, 0.111}, "at chance", ErrNoSpread},
		{100, []float64{0.5, 0.51, 0.5, 0.52}, []float64{0.506, 0.517, 0.508, 0.527}, "less than one test image", nil},
		{1000, []float64{0.5, 0.51, 0.5, 0.52}, []float64{0.506, 0.517, 0.508, 0.527}, "", nil},
		{1000, []float64{0.1, 0.1, 0.1}, []float64{0.21, 0.212, 0.211}, "", nil},
	} {
		l, records := madeUpPair(test.images, test.none, test.ce)
		v, err := newView(l, records)
		if err != nil || len(v.tests) != 1 {
			t.Fatal(err, v)
		}
		c := v.claimOf(v.tests[0])
		verdict := words.Verdict(&c)
		if test.want == "" && verdict != stats.Reproduced.String() || test.want != "" &&
			(!strings.HasPrefix(verdict, "undecided (") || !strings.Contains(verdict, test.want)) {
			t.Errorf("%v against %v on %d images: %s, want %q", test.ce, test.none, test.images, verdict, test.want)
		}
		if _, err := PlanSeeds(l, records, 1); !errors.Is(err, test.plan) {
			t.Errorf("%v against %v: the plan: %v, want %v", test.ce, test.none, err, test.plan)
		}
	}
}

// Rates over more than two decades have a logarithmic axis, on which 0 has a place of its own.
func TestRatesAxis(t *testing.T) {
	for _, test := range []struct {
		rates       []float64
		logarithmic bool
		places      []float64
		labels      []string
	}{
		{[]float64{1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1}, true, []float64{-5, -4, -3, -2, -1, 0}, []string{"1e-5", "1e-4", "1e-3", "0.01", "0.1", "1"}},
		{[]float64{0, 0.001, 0.01, 1}, true, []float64{-4, -3, -2, 0}, []string{"0", "1e-3", "0.01", "0.1", "1"}},
		{[]float64{0.01, 0.1, 1}, false, []float64{0.01, 0.1, 1}, nil},
		{[]float64{-1, 0.001, 1}, false, []float64{-1, 0.001, 1}, nil},
	} {
		l := Layout{Title: "Rates", Kind: Sweep, Axes: []string{"train.lr", results.SeedKey}}
		var records []results.Record
		for i, rate := range test.rates {
			for seed := 1; seed <= 2; seed++ {
				records = append(records, MadeUpTrial(map[string]any{"train.lr": rate, results.SeedKey: seed}, 0.5+0.01*float64(i), 2))
			}
		}
		p, err := Page(l, records)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.Sections[0].Charts, func(c chart.Chart) bool { return c.Name == "along-train.lr" })
		if i < 0 || len(p.Sections[0].Charts[i].Panels) != 1 {
			t.Fatalf("%v: chart %d", test.rates, i)
		}
		panel := p.Sections[0].Charts[i].Panels[0]
		axis := panel.XAxis
		if axis.Log != test.logarithmic {
			t.Errorf("%v: %+v", test.rates, axis)
		}
		for i, x := range panel.Lines[0].X {
			if at := axis.Place(x); math.Abs(at-test.places[i]) > 1e-9 {
				t.Errorf("%v: %v is at %v, want %v", test.rates, test.rates[i], at, test.places[i])
			}
			if panel.Lines[0].Bounded(i) {
				t.Errorf("two seeds have a band: %+v", panel.Lines[0])
			}
		}
		var labels []string
		for _, k := range axis.Ticks {
			labels = append(labels, k.Label)
		}
		if test.labels != nil && fmt.Sprint(labels) != fmt.Sprint(test.labels) {
			t.Errorf("%v: ticks %q, want %q", test.rates, labels, test.labels)
		}
		if hasZero := slices.Contains(test.rates, 0); hasZero != (axis.Zero != nil) {
			t.Errorf("%v: the place of 0 is %v", test.rates, axis.Zero)
		}
	}
}
