package study

import (
	"testing"
)

// Shares by hand.
func TestNormShares(t *testing.T) {
	n := &batchNorms{
		layers: []string{"a", "b"}, before: []bool{false, true},
		gamma: [][]float32{{0.05, -0.5}, {0.2, 0.1, -0.05, 1}},
		beta:  [][]float32{{0, 1}, {-1, 0.1, 0, 2}},
	}
	if got, want := n.share(n.all), (normShare{3.0 / 6, 2.0 / 6, 3.0 / 6}); got != want {
		t.Errorf("all: %v, want %v", got, want)
	}
	if got, want := n.share(n.behind), (normShare{0.25, 0.25, 0.5}); got != want {
		t.Errorf("before a block: %v, want %v", got, want)
	}
}
