package ablation

import (
	"math"
	"slices"
)

// Area is the area under a curve of accuracies at ascending shares from 0 to 1, by trapezoids, over the accuracy at 0: 1 for a network
// that loses nothing. It is NaN where the accuracy at 0 is 0.
func Area(shares, accuracies []float64) float64 {
	var sum float64
	for i := 1; i < len(shares); i++ {
		sum += float64((shares[i] - shares[i-1]) * (accuracies[i] + accuracies[i-1]) / 2)
	}
	if accuracies[0] == 0 {
		return math.NaN()
	}
	return sum / accuracies[0]
}

// At is the accuracy at a share from 0 to 1, between two points of the curve by a straight line.
func At(shares, accuracies []float64, share float64) float64 {
	i, found := slices.BinarySearch(shares, share)
	switch {
	case found:
		return accuracies[i]
	case i == 0:
		return accuracies[0]
	case i == len(shares):
		return accuracies[i-1]
	}
	t := (share - shares[i-1]) / (shares[i] - shares[i-1])
	return accuracies[i-1] + float64(t*(accuracies[i]-accuracies[i-1]))
}

// Gini is the Gini coefficient of importances, those below 0 taken for 0: 0 where all channels contribute alike, (n−1)/n where one
// does alone, and NaN where none does.
//
// References:
//
//	Gini: Variabilità e mutabilità (1912).
func Gini(importances []float64) float64 {
	x := slices.Clone(importances)
	var sum, weighted float64
	for i, v := range x {
		x[i] = max(0, v)
	}
	slices.Sort(x)
	n := float64(len(x))
	for i, v := range x {
		sum += v
		weighted += float64((2*float64(i+1) - n - 1) * v)
	}
	if sum == 0 {
		return math.NaN()
	}
	return weighted / (n * sum)
}
