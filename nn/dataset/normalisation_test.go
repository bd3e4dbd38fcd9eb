package dataset

import (
	"math"
	"testing"
)

// By the definition, in two passes over all pixels.
func TestNormalisation(t *testing.T) {
	s := madeSet(5, 4, 3, 3, 2)
	norm := s.Normalisation()
	for c := range s.Channels {
		var n, sum, squares float64
		for i := c; i < len(s.Pixels); i += s.Channels {
			n++
			sum += float64(s.Pixels[i]) / 255
		}
		for i := c; i < len(s.Pixels); i += s.Channels {
			squares += math.Pow(float64(s.Pixels[i])/255-sum/n, 2)
		}
		if d := math.Abs(norm.Mean[c] - sum/n); d > 1e-14 {
			t.Errorf("channel %d: mean differs by %g", c, d)
		}
		if d := math.Abs(norm.Std[c] - math.Sqrt(squares/n)); d > 1e-14 {
			t.Errorf("channel %d: deviation differs by %g", c, d)
		}
	}
}

func TestNormalisationConstantChannel(t *testing.T) {
	s := madeSet(2, 2, 2, 1, 1)
	for i := range s.Pixels {
		s.Pixels[i] = 51
	}
	if norm := s.Normalisation(); norm.Mean[0] != 0.2 || norm.Std[0] != 1 {
		t.Errorf("got %v, want mean 0.2 and deviation 1", norm)
	}
	mustPanic(t, "empty set", func() { madeSet(0, 2, 2, 1, 1).Normalisation() })
}
