package chart

import (
	"math"
	"slices"
	"testing"
)

func TestAxisRange(t *testing.T) {
	inf := math.Inf(1)
	for _, test := range []struct {
		lo, hi, most   float64
		from, to, step float64
	}{
		{12, 88, 100, 0, 100, 20},
		{86.2, 89.7, 100, 86, 90, 1},
		{97.31, 99.98, 100, 97, 100, 1},
		{0.31, 2.2, inf, 0, 2.5, 0.5},
		{10, 10, 100, 9.9, 10.1, 0.05},
		{0, 0, 100, 0, 0.5, 0.1},
		{100, 100, 100, 99, 100, 0.2},
		{2, 2 + 1e-12, inf, 1.98, 2.02, 0.01},
		{59.60, 59.64, 100, 59, 60.5, 0.5},
	} {
		from, to, step := roundRange(test.lo, test.hi, 0, test.most)
		if !near(from, test.from, 1e-9) || !near(to, test.to, 1e-9) || !near(step, test.step, 1e-9) {
			t.Errorf("roundRange(%v, %v) = %v, %v, step %v; want %v, %v, %v", test.lo, test.hi, from, to, step, test.from, test.to, test.step)
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(step, lo, hi float64) []string {
		var s []string
		for _, tick := range multiples(step, lo, hi) {
			s = append(s, tick.Label)
		}
		return s
	}
	for _, test := range []struct {
		step, lo, hi float64
		want         []string
	}{
		{20, 0, 100, []string{"0", "20", "40", "60", "80", "100"}},
		{0.5, -0.5, 1, []string{"-0.5", "0.0", "0.5", "1.0"}},
		{0.1, 0.1, 0.3, []string{"0.1", "0.2", "0.3"}},
	} {
		if got := labels(test.step, test.lo, test.hi); !slices.Equal(got, test.want) {
			t.Errorf("ticks %v, want %v", got, test.want)
		}
	}
	if ticks := Counted(1, 90, 20).Ticks; ticks[0].Label != "1" || ticks[1].Label != "20" {
		t.Errorf("epochs begin with %v", ticks[:2])
	}
}

// madeUpStyles are those of five blocks.
var madeUpStyles = Styles{
	"none": {1, "dark grey", "disc", "dashed"},
	"se":   {2, "orange", "square", "dash-dot"},
	"ce":   {3, "blue", "triangle", "solid"},
	"bd":   {4, "green", "diamond", "long dashes"},
	"ir":   {5, "vermillion", "inverted triangle", "dotted"},
}

// Blocks differ in colour and, for print in grey, in marker or dashes; a block looks the same whatever is next to it.
func TestBlockStyles(t *testing.T) {
	for block, x := range madeUpStyles {
		for other, y := range madeUpStyles {
			if block != other && x.Colour == y.Colour {
				t.Errorf("%s and %s have one colour", block, other)
			}
			if block != other && x.Marker == y.Marker && x.Dashes == y.Dashes {
				t.Errorf("%s and %s look the same in grey", block, other)
			}
		}
	}
	if err := (Styles{"a": {1, "pink", "disc", "solid"}}).Validate(); err == nil || madeUpStyles.Validate() != nil {
		t.Errorf("a colour that there is not: %v", err)
	}
	for _, block := range []string{"none", "se", "ce"} {
		if c := madeUpStyles.Look("another").Color; c == madeUpStyles.Look(block).Color {
			t.Errorf("a block of one's own looks like %s", block)
		}
	}
	for n := 1; n <= 8; n++ {
		for i := range n {
			for j := range i {
				if Ramp(i, n).Color == Ramp(j, n).Color {
					t.Errorf("cases %d and %d of %d have one colour", i, j, n)
				}
			}
		}
	}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// A line without points and figures that are not finite are refused; only the interval of a single value is without bounds.
func TestResolveRefuses(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, test := range []struct {
		line Line
		ok   bool
	}{
		{Line{X: []float64{1}, Y: []float64{2}, Lo: []float64{-inf}, Hi: []float64{inf}}, true},
		{Line{}, false},
		{Line{X: []float64{1, 2}, Y: []float64{2}}, false},
		{Line{X: []float64{1, nan}, Y: []float64{2, 2}}, false},
		{Line{X: []float64{1}, Y: []float64{nan}}, false},
		{Line{X: []float64{1}, Y: []float64{inf}}, false},
		{Line{X: []float64{1}, Y: []float64{2}, Lo: []float64{nan}, Hi: []float64{3}}, false},
		{Line{X: []float64{1}, Y: []float64{2}, Lo: []float64{1}, Hi: []float64{nan}}, false},
	} {
		if _, err := (Chart{Panels: []Panel{{Lines: []Line{test.line}}}}).Resolve(nil); (err == nil) != test.ok {
			t.Errorf("%+v: %v", test.line, err)
		}
	}
	if _, err := (Chart{}).Resolve(nil); err == nil {
		t.Error("a chart without panels is complete")
	}
}
