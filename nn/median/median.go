// Package median has one definition of it for all that is measured: kernels from below, games and pages from above.
package median

import (
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Of returns the median of x in any order: the least of its entries that half of them do not exceed, so of an even number the lower of the two
// in the middle. It is 0 where x is empty.
func Of(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return stat.Quantile(0.5, stat.Empirical, slices.Sorted(slices.Values(x)), nil)
}
