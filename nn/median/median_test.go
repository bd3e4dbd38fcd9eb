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
