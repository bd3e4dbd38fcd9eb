package results

import (
	"math"
	"strconv"
)

// FigureText writes a figure of a case.
func FigureText(v float64) string {
	switch {
	case math.Abs(v) == math.MaxFloat64:
		return "not finite"
	case v != 1 && math.Abs(v-1) < 1e-3:
		if v < 1 {
			return "1 − " + strconv.FormatFloat(1-v, 'g', 2, 64)
		}
		return "1 + " + strconv.FormatFloat(v-1, 'g', 2, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// PercentText writes a share in percent, with two decimals.
func PercentText(share float64) string { return strconv.FormatFloat(100*share, 'f', 2, 64) }

// Bound is the end of an axis.
func Bound(v float64) *float64 { return &v }

// Grid is n points from a to b.
func Grid(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a + (b-a)*float64(i)/float64(n-1)
	}
	return x
}

// MeanPercentText writes the mean of shares in percent with its interval, "–" for none; NaN are left out.
func MeanPercentText(values []float64) string {
	scaled := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			scaled = append(scaled, 100*v)
		}
	}
	return MeanText(scaled, 1)
}
