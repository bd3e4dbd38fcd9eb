// Package median has one definition of it for all that is measured: kernels from below, games and pages from above.
package median

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Of returns the median of x in any order: the least of its entries that half of them do not exceed, so of an even number the lower of the
// two in the middle. It is 0 where x is empty.
func Of(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return stat.Quantile(0.5, stat.Empirical, slices.Sorted(slices.Values(x)), nil)
}

// Interval returns the ends of a 95 % confidence interval of the median of what x is a sample of, whatever its distribution: the narrowest
// pair of entries at equal distance from both ends of the sorted sample that holds it at least that often. Of fewer than six entries no
// pair does, and the ends are the smallest and the largest. They are 0 where x is empty.
//
// References:
//
//	Conover: Practical nonparametric statistics (1999), section 3.2.
func Interval(x []float64) (low, high float64) {
	if len(x) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(x))
	n := len(sorted)
	below := 0.0 // probability that fewer than k+1 entries lie below the median
	k := 0
	for term := math.Pow(0.5, float64(n)); 2*(below+term) <= 0.05 && 2*(k+1) < n; k++ {
		below += term
		term *= float64(n-k) / float64(k+1)
	}
	k = max(0, k-1)
	return sorted[k], sorted[n-1-k]
}
