package results

import (
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
func madeUpPair(test int, none, ce []float64) (Layout, []Record) {
	l := madeUpBlocks(Layout{Title: "Two blocks", Kind: LayoutSweep, Axes: []string{BlockKey, SeedKey}})
	var records []Record
	for block, accuracies := range map[string][]float64{"none": none, "ce": ce} {
		for i, a := range accuracies {
			r := madeUpTrial(map[string]any{BlockKey: block, SeedKey: i + 1}, 0.5, 2)
			r.Result.Top1 = a
			r.Images = &Images{Name: "made up", Train: 100, Test: test, Classes: 10, Size: "8×8×1"}
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
		if test.want == "" && verdict != stats.Reproduced.String() || test.want != "" && (!strings.HasPrefix(verdict, "undecided (") || !strings.Contains(verdict, test.want)) {
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
		l := Layout{Title: "Rates", Kind: LayoutSweep, Axes: []string{"train.lr", SeedKey}}
		var records []Record
		for i, rate := range test.rates {
			for seed := 1; seed <= 2; seed++ {
				records = append(records, madeUpTrial(map[string]any{"train.lr": rate, SeedKey: seed}, 0.5+0.01*float64(i), 2))
			}
		}
		d, err := NewDocument(l, records)
		if err != nil {
			t.Fatal(err)
		}
		f := d.Sections[0].figure("along-train.lr")
		if f == nil || len(f.Panels) != 1 || f.Panels[0].LogX != test.logarithmic {
			t.Fatalf("%v: %+v", test.rates, f)
		}
		a := f.Panels[0]
		for i, p := range a.Traces[0].Points {
			if math.Abs(p.X-test.places[i]) > 1e-9 {
				t.Errorf("%v: %v lies at %v, want %v", test.rates, test.rates[i], p.X, test.places[i])
			}
			if p.Bounded() {
				t.Errorf("two seeds have a band: %+v", p)
			}
		}
		var labels []string
		for _, k := range a.XTicks {
			labels = append(labels, k.Label)
		}
		if test.labels != nil && fmt.Sprint(labels) != fmt.Sprint(test.labels) {
			t.Errorf("%v: ticks %q, want %q", test.rates, labels, test.labels)
		}
		if hasZero := slices.Contains(test.rates, 0); hasZero != (a.ZeroX != nil) {
			t.Errorf("%v: the place of 0 is %v", test.rates, a.ZeroX)
		}
	}
}

// figure is the one of that name.
func (p Part) figure(name string) *Drawing {
	for _, b := range p.Blocks {
		if b.Figure != nil && b.Figure.Name == name {
			return b.Figure
		}
	}
	return nil
}
