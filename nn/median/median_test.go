package median

import (
	"slices"
	"testing"
)

func TestOf(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{4, 1}, 1}, {[]float64{5, -1, 2}, 2}, {[]float64{4, 3, 2, 1}, 2}, {[]float64{7, 7, 1, 9, 8}, 7}} {
		before := slices.Clone(c.x)
		if got := Of(c.x); got != c.want {
			t.Errorf("of %v it is %g, want %g", c.x, got, c.want)
		}
		if !slices.Equal(c.x, before) {
			t.Errorf("%v is now %v", before, c.x)
		}
	}
}

// The ranks are those of the table of binomial quantiles for the sign test.
//
// References:
//
//	Conover: Practical nonparametric statistics (1999), table A3.
func TestInterval(t *testing.T) {
	for n, k := range map[int]int{1: 0, 5: 0, 6: 0, 8: 0, 9: 1, 12: 2, 15: 3, 20: 5, 25: 7} {
		var x []float64
		for i := range n {
			x = append(x, float64((i*7)%n)) // each of 0 to n−1 once, where 7 does not divide n
		}
		if low, high := Interval(x); low != float64(k) || high != float64(n-1-k) {
			t.Errorf("of %d: entries %g to %g, want %d to %d", n, low, high, k, n-1-k)
		}
	}
	if low, high := Interval(nil); low != 0 || high != 0 {
		t.Errorf("of none: %g to %g", low, high)
	}
}
