package results

import (
	"errors"
	"math"
	"sort"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is the level of every interval of this package.
const Confidence = 0.95

// Interval is a mean over seeds with its 95 % confidence interval, Mean ± Half, by Student's t with N−1 degrees of
// freedom, in the unit of the values. One value bounds nothing: SD is NaN and Half is +Inf.
type Interval struct {
	N    int     // values
	Mean float64 //
	SD   float64 // sample standard deviation, divided by N−1
	Half float64 // half the width of the interval
}

// Lo is the lower end of the interval.
func (i Interval) Lo() float64 { return i.Mean - i.Half }

// Hi is the upper end of the interval.
func (i Interval) Hi() float64 { return i.Mean + i.Half }

// Bounded reports whether there is an interval at all: whether it comes from two values or more.
func (i Interval) Bounded() bool { return i.N >= 2 }

// Mean returns the mean of the values with its interval. It refuses an empty list and values that are not finite.
//
// gonum/plot's plotutil.MeanAndConf95 divides by n and takes 1.96, which is too narrow for three to five seeds.
func Mean(values []float64) (Interval, error) {
	if len(values) == 0 {
		return Interval{}, errors.New("results: mean of no values")
	}
	for _, v := range values {
		if !finite(v) {
			return Interval{}, errors.New("results: mean of a value that is not finite")
		}
	}
	n := len(values)
	if n == 1 {
		return Interval{1, values[0], math.NaN(), math.Inf(1)}, nil
	}
	mean, sd := stat.MeanStdDev(values, nil)
	if !finite(mean) || !finite(sd) {
		return Interval{}, errors.New("results: mean overflows")
	}
	return Interval{n, mean, sd, halfWidth(sd, n)}, nil
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
		return Interval{}, errors.New("results: no seed in common")
	}
	sort.Strings(seeds) // the order of a map must not reach the last bit of a sum
	differences := make([]float64, len(seeds))
	for i, s := range seeds {
		differences[i] = a[s] - b[s]
	}
	return Mean(differences)
}
