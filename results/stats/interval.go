// Package stats holds the statistics over seeds: means with intervals, paired differences, the power of a test, verdicts, and claims as
// data.
//
// Intervals are Student's t at 95 %. Differences of accuracies are in percentage points (pp), paired by seed.
package stats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the level of every interval of this package.
const Confidence = 0.95

// minBounded is the number of values from which on an interval is shown and judged. Two say too little of their spread: Student's
// factor is 12.7 then, and an interval of the width of the axis says less than the two values.
const minBounded = 3

// Interval is a mean over seeds with its 95 % confidence interval, Mean ± Half, by Student's t with N−1 degrees of
// freedom, in the unit of the values. One value bounds nothing: SD is NaN and Half is +Inf.
type Interval struct {
	N        int     // values
	Mean     float64 //
	SD       float64 // sample standard deviation, divided by N−1; 0 where the values are equal but for rounding
	Half     float64 // half the width of the interval
	Min, Max float64 // of the values
}

// Lo is the lower end of the interval, −Inf where it is not bounded.
func (i Interval) Lo() float64 {
	if !i.Bounded() {
		return math.Inf(-1)
	}
	return i.Mean - i.Half
}

// Hi is the upper end of the interval, +Inf where it is not bounded.
func (i Interval) Hi() float64 {
	if !i.Bounded() {
		return math.Inf(1)
	}
	return i.Mean + i.Half
}

// Bounded reports whether there is an interval to show and to judge: whether it comes from three values or more.
func (i Interval) Bounded() bool { return i.N >= minBounded }

// Spreads reports whether the values say something of their spread: whether there are several, and not all equal.
func (i Interval) Spreads() bool { return i.N >= 2 && i.SD > 0 }

// Scaled is the interval in another unit, of which the given number make one of this.
func (i Interval) Scaled(factor float64) Interval {
	return Interval{i.N, factor * i.Mean, factor * i.SD, factor * i.Half, factor * i.Min, factor * i.Max}
}

// Finite reports whether a number is neither NaN nor infinite.
func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// Mean returns the mean of the values with its interval. It refuses an empty list and values that are not finite.
//
// gonum/plot's plotutil.MeanAndConf95 divides by n and takes 1.96, which is too narrow for three to five seeds.
func Mean(values []float64) (Interval, error) {
	if len(values) == 0 {
		return Interval{}, errors.New("stats: mean of no values")
	}
	for _, v := range values {
		if !Finite(v) {
			return Interval{}, errors.New("stats: mean of a value that is not finite")
		}
	}
	n := len(values)
	if n == 1 {
		return Interval{1, values[0], math.NaN(), math.Inf(1), values[0], values[0]}, nil
	}
	least, most := slices.Min(values), slices.Max(values)
	const rounding = 1e-9 // of differences of equal accuracies
	if most-least <= rounding*max(math.Abs(least), math.Abs(most), 1) {
		return Interval{n, values[0], 0, 0, least, most}, nil
	}
	mean, sd := stat.MeanStdDev(values, nil)
	if !Finite(mean) || !Finite(sd) {
		return Interval{}, errors.New("stats: mean overflows")
	}
	return Interval{n, mean, sd, halfWidth(sd, n), least, most}, nil
}

// halfWidth is t₀.₉₇₅(n−1)·s/√n.
func halfWidth(sd float64, n int) float64 {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}
	return t.Quantile(1-(1-Confidence)/2) * sd / math.Sqrt(float64(n))
}

// Paired returns the mean of a[s] − b[s] over the seeds s that both have, with its interval: the paired t test. Equal
// seeds share initial values and data order, so that the difference has less spread than either of them. It refuses
// maps without a common seed and values that are not finite.
func Paired(a, b map[string]float64) (Interval, error) {
	var seeds []string
	for s := range a {
		if _, ok := b[s]; ok {
			seeds = append(seeds, s)
		}
	}
	if len(seeds) == 0 {
		return Interval{}, errors.New("stats: no seed in common")
	}
	sort.Strings(seeds) // the order of a map must not reach the last bit of a sum
	differences := make([]float64, len(seeds))
	for i, s := range seeds {
		differences[i] = a[s] - b[s]
	}
	return Mean(differences)
}

// Between is a figure that is not over seeds, between two bounds.
func Between(x, low, high float64) *Interval { return &Interval{Mean: x, Min: low, Max: high} }

// intervalJSON is an Interval without what JSON cannot say.
type intervalJSON struct {
	N    int      `json:"n,omitempty"`
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"` // of two values or more
	Min  float64  `json:"min"`
	Max  float64  `json:"max"`
}

// MarshalJSON writes an interval; its width follows from the standard deviation.
func (i Interval) MarshalJSON() ([]byte, error) {
	j := intervalJSON{N: i.N, Mean: i.Mean, Min: i.Min, Max: i.Max}
	if i.N >= 2 {
		j.SD = &i.SD
	}
	return json.Marshal(j)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses unknown fields.
func (i *Interval) UnmarshalJSON(b []byte) error {
	var j intervalJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return err
	}
	*i = Interval{N: j.N, Mean: j.Mean, Min: j.Min, Max: j.Max}
	switch {
	case j.N >= 2 && j.SD != nil && *j.SD >= 0:
		i.SD, i.Half = *j.SD, halfWidth(*j.SD, j.N)
	case j.N >= 2 || j.SD != nil:
		return fmt.Errorf("an interval of %d values: a standard deviation is expected of two or more", j.N)
	case j.N == 1:
		i.SD, i.Half = math.NaN(), math.Inf(1)
	}
	return nil
}
