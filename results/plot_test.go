package results

import (
	"math"
	"slices"
	"strings"
	"testing"

	stdfont "golang.org/x/image/font"
)

func TestNewSeriesRefuses(t *testing.T) {
	at := func(x, y, lo, hi, least, most float64) point {
		return point{x: x, y: y, lo: lo, hi: hi, min: least, max: most}
	}
	good := at(1, 2, math.Inf(-1), math.Inf(1), 2, 2)
	if _, err := newSeries("", ramp(0, 1), []point{good}); err != nil {
		t.Error(err)
	}
	nan, inf := math.NaN(), math.Inf(1)
	for _, bad := range [][]point{
		nil,
		{good, at(nan, 2, 1, 3, 1, 3)}, {at(1, nan, 1, 3, 1, 3)}, {at(1, inf, 1, 3, 1, 3)},
		{at(1, 2, nan, 3, 1, 3)}, {at(1, 2, 1, nan, 1, 3)}, {at(1, 2, 1, 3, -inf, 3)}, {at(1, 2, 1, 3, 1, nan)},
	} {
		if _, err := newSeries("", ramp(0, 1), bad); err == nil {
			t.Errorf("%v is accepted", bad)
		}
	}
}

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
		from, to, step := axisRange(test.lo, test.hi, 0, test.most)
		if !Near(from, test.from, 1e-9) || !Near(to, test.to, 1e-9) || !Near(step, test.step, 1e-9) {
			t.Errorf("axisRange(%v, %v) = %v, %v, step %v; want %v, %v, %v", test.lo, test.hi, from, to, step, test.from, test.to, test.step)
		}
	}
}

func TestTicks(t *testing.T) {
	labels := func(step, lo, hi float64) []string {
		var s []string
		for _, tick := range (roundTicks{step}).Ticks(lo, hi) {
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
	if ticks := (epochTicks{20}).Ticks(1, 90); ticks[0].Label != "1" || ticks[1].Label != "20" {
		t.Errorf("epochs begin with %v", ticks[:2])
	}
}

// Blocks differ in colour and, for print in grey, in marker or dashes; a block looks the same whatever stands beside it.
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
	if err := (Styles{"a": {1, "pink", "disc", "solid"}}).validate(); err == nil || madeUpStyles.validate() != nil {
		t.Errorf("a colour that there is not: %v", err)
	}
	for _, block := range []string{"none", "se", "ce"} {
		if c := madeUpStyles.of("another").color; c == madeUpStyles.of(block).color {
			t.Errorf("a block of one's own looks like %s", block)
		}
	}
	for n := 1; n <= mostLines; n++ {
		for i := range n {
			for j := range i {
				if ramp(i, n).color == ramp(j, n).color {
					t.Errorf("cases %d and %d of %d have one colour", i, j, n)
				}
			}
		}
	}
}

func TestFileName(t *testing.T) {
	if got := fileName("a/b c×1.0"); got != "a-b-c-1.0" {
		t.Error(got)
	}
}

// Names of any length leave room for the axes.
func TestLongNamesLeaveRoom(t *testing.T) {
	for _, name := range []string{"short", strings.Repeat("W", 300), strings.Repeat("é i", 300)} {
		label := nameTicks{name}.Ticks(0, 1)[0].Label
		if w := textStyle(tickSize, stdfont.WeightNormal).Width(label); w > 0.6*pageWidth || len(name) < 10 && label != name || len(name) > 10 && !strings.HasSuffix(label, "…") {
			t.Errorf("%.10q: %q is %v wide", name, label, w)
		}
	}
}
