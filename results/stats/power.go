package stats

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// PairedPower is the probability that the paired t test over n seeds, two-sided at 1 − Confidence, finds a true mean difference when single
// differences spread around it by the standard deviation sd: that the interval of Paired lies on the difference's side of 0. Both are in
// one unit.
//
// The statistic is noncentral t; its tail is taken as the mean of a normal tail over the quantiles of the χ² that estimates the variance.
//
// References:
//
//	Cohen: Statistical power analysis for the behavioral sciences (1988), chapter 2.
func PairedPower(n int, difference, sd float64) float64 {
	if n < 2 {
		return 0
	}
	if sd == 0 {
		if difference == 0 {
			return 0
		}
		return 1
	}
	shift := math.Abs(difference) / sd * math.Sqrt(float64(n))
	return meanOverSpread(n, func(critical float64) float64 { return distuv.UnitNormal.Survival(critical - shift) })
}

// EquivalencePower is the probability that the interval of Paired over n seeds lies within ± a bound, as JudgeWithin asks, where there is
// no difference and single ones spread around 0 by the standard deviation sd. Both are in one unit.
//
// Given the estimate of the variance, the interval lies within where the normal mean is so far inside.
func EquivalencePower(n int, bound, sd float64) float64 {
	if n < minBounded || sd == 0 {
		return 0
	}
	room := bound / sd * math.Sqrt(float64(n))
	return meanOverSpread(n, func(critical float64) float64 {
		return max(0, 2*distuv.UnitNormal.CDF(room-critical)-1)
	})
}

// meanOverSpread is the mean of a probability over the standard deviations that n seeds may show. The argument is the critical value of
// the two-sided t test, in true standard errors.
func meanOverSpread(n int, probability func(critical float64) float64) float64 {
	nu := float64(n - 1)
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}.Quantile(1 - (1-Confidence)/2)
	chi := distuv.ChiSquared{K: nu}
	const points = 2000
	var sum float64
	for i := range points {
		v := chi.Quantile((float64(i) + 0.5) / points)
		sum += probability(float64(t * math.Sqrt(v/nu)))
	}
	return sum / points
}

// SeedsFor is the least number of seeds with which the paired test finds a difference with the given power, or most where that does not do.
// sd is the standard deviation of the paired differences.
func SeedsFor(difference, sd, power float64, most int) int {
	return leastSeeds(func(n int) float64 { return PairedPower(n, difference, sd) }, power, most)
}

// SeedsForEquivalence is SeedsFor for a bound and EquivalencePower.
func SeedsForEquivalence(bound, sd, power float64, most int) int {
	return leastSeeds(func(n int) float64 { return EquivalencePower(n, bound, sd) }, power, most)
}

// leastSeeds is the least number of seeds that reaches a power, which rises with them, or most: by doubling and bisection.
func leastSeeds(of func(n int) float64, power float64, most int) int {
	if most <= 2 {
		return 2
	}
	low, high := 2, 2
	for high < most && of(high) < power {
		low, high = high+1, min(2*high, most)
	}
	return low + sort.Search(high-low, func(i int) bool { return of(low+i) >= power })
}

// SmallestFound is the smallest difference that the paired test over n seeds finds with the given power, in the unit of sd, the standard
// deviation of the paired differences: +Inf where n seeds find none.
func SmallestFound(n int, sd, power float64) float64 {
	if n < 2 {
		return math.Inf(1)
	}
	// The power rises with the difference.
	const precision = 1e-6
	low, high := 0.0, 1.0 // in standard deviations
	for PairedPower(n, high, 1) < power {
		low, high = high, 2*high
	}
	for high-low > precision*high {
		if middle := (low + high) / 2; PairedPower(n, middle, 1) < power {
			low = middle
		} else {
			high = middle
		}
	}
	return high * sd
}

// pValue is that of Student's t test of the mean of an interval against a value, one-sided: that a mean so far above it, or farther, comes
// by chance.
func (i Interval) pValue(above float64) float64 {
	distance := i.Mean - above
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(i.N - 1)}.Survival(distance / i.SD * math.Sqrt(float64(i.N)))
}

// twoSided is the p-value of the test that the mean is 0; 1 where the values cannot bear a test.
func (i Interval) twoSided() float64 {
	if !i.Bounded() || !i.Spreads() {
		return 1
	}
	return min(1, 2*min(i.pValue(0), 1-i.pValue(0)))
}

// Holm corrects p-values for their number: a claim whose corrected value is below 1 − Confidence is significant, and the probability that
// any of these is a chance hit is below that, too. The order is that of the argument.
//
// References:
//
//	Holm: A simple sequentially rejective multiple test procedure (1979).
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	corrected := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = min(1, max(least, float64(len(p)-rank)*p[i]))
		corrected[i] = least
	}
	return corrected
}
