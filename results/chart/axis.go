package chart

import (
	"math"
	"slices"
	"strconv"
)

// An Axis is a range with ticks. Coordinates on a logarithmic axis are exponents of 10.
type Axis struct {
	Min, Max float64
	Ticks    []Tick
	Log      bool
	Zero     *float64 // the place of 0 on a logarithmic axis; nil: it has none
}

// A Tick is a marked place of an axis.
type Tick struct {
	At    float64
	Label string
}

// Place is the coordinate of a value.
func (a *Axis) Place(v float64) float64 {
	if a.Zero != nil && v == 0 {
		return *a.Zero
	}
	return scaled(v, a.Log)
}

func scaled(v float64, logarithmic bool) float64 {
	if logarithmic {
		return math.Log10(v)
	}
	return v
}

// Round is an axis from lo to hi, widened to round numbers within [least, most], the values that the quantity can have.
func Round(lo, hi, least, most float64) *Axis {
	from, to, step := roundRange(lo, hi, least, most)
	return Exact(from, to, step)
}

// Exact is an axis from lo to hi with ticks at the multiples of a step.
func Exact(lo, hi, step float64) *Axis {
	return &Axis{Min: lo, Max: hi, Ticks: multiples(step, lo, hi)}
}

// Counted is an axis of whole numbers from 1, with a tick at 1 and at the multiples of a step.
func Counted(lo, hi, step float64) *Axis {
	a := Exact(lo, hi, step)
	if step > 2 {
		a.Ticks = append([]Tick{{1, "1"}}, a.Ticks...)
	}
	return a
}

// Names is an axis with names at the places 0, 1, 2 …, and room before and after them.
func Names(names []string, room float64) *Axis {
	a := &Axis{Min: -room, Max: float64(len(names)) - (1 - room)}
	for i, s := range names {
		a.Ticks = append(a.Ticks, Tick{float64(i), s})
	}
	return a
}

// Rates is the kind of axis for some values in ascending order: logarithmic if the positive ones span more than two decades and none is
// negative, with 0 a decade below the others.
func Rates(values []float64) Axis {
	const even = 100 // times the smallest
	positive := slices.DeleteFunc(slices.Clone(values), func(x float64) bool { return x == 0 })
	if len(positive) == 0 || positive[0] < 0 || positive[len(positive)-1] <= even*positive[0] {
		return Axis{}
	}
	a := Axis{Log: true}
	if len(positive) < len(values) {
		zero := math.Floor(math.Log10(positive[0])+1e-9) - 1
		a.Zero = &zero
	}
	return a
}

// Over is the axis from lo to hi, which are coordinates.
func (a Axis) Over(lo, hi float64) *Axis {
	a.Min, a.Max = lo, hi
	switch {
	case !a.Log:
		a.Ticks = multiples(NiceStep((hi-lo)/6), lo, hi)
	case a.Zero != nil:
		a.Ticks = append([]Tick{{*a.Zero, "0"}}, powers(*a.Zero+0.5, hi)...)
	default:
		a.Ticks = powers(lo, hi)
	}
	return &a
}

// roundRange widens [lo, hi] to round numbers and returns the step between ticks: 1, 2 or 5 times a power of ten, about
// five of them. The range stays within [least, most].
func roundRange(lo, hi, least, most float64) (from, to, step float64) {
	// A spread below a fiftieth of the values does not fill the axis: noise would look like an effect.
	span := 0.02 * math.Max(math.Abs(lo), math.Abs(hi))
	if span == 0 {
		span = 1
	}
	if room := (span - (hi - lo)) / 2; room > 0 {
		lo, hi = lo-room, hi+room
	}
	lo, hi = math.Max(lo, least), math.Min(hi, most)
	step = NiceStep((hi - lo) / 5)
	from = math.Max(math.Floor(lo/step+1e-9)*step, least)
	to = math.Min(math.Ceil(hi/step-1e-9)*step, most)
	return from, to, step
}

// NiceStep is the smallest of 1, 2, 5 × 10ᵏ that is not below x.
func NiceStep(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= x*(1-1e-9) {
			return m * unit
		}
	}
	return 10 * unit
}

// decades widens a range of exponents to whole ones.
func decades(lo, hi float64) (from, to float64) {
	from, to = math.Floor(lo+1e-9), math.Ceil(hi-1e-9)
	if from == to {
		from, to = from-1, to+1
	}
	return from, to
}

// multiples marks the multiples of a step.
func multiples(step, lo, hi float64) []Tick {
	decimals := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []Tick
	for k := math.Ceil(lo/step - 1e-9); k*step <= hi+1e-9*step; k++ {
		v := k*step + 0 // never −0
		ticks = append(ticks, Tick{v, strconv.FormatFloat(v, 'f', decimals, 64)})
	}
	return ticks
}

// powers marks powers of ten, up to about eight of them.
func powers(lo, hi float64) []Tick {
	step := max(1, math.Ceil((hi-lo)/8))
	var ticks []Tick
	for k := math.Ceil(lo/step-1e-9) * step; k <= hi+1e-9; k += step {
		label := "1e" + strconv.FormatFloat(k+0, 'f', 0, 64)
		if k >= -2 && k <= 3 {
			label = strconv.FormatFloat(math.Pow(10, k), 'g', -1, 64)
		}
		ticks = append(ticks, Tick{k, label})
	}
	return ticks
}

// Grid is n points from a to b.
func Grid(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a + (b-a)*float64(i)/float64(n-1)
	}
	return x
}
