package graph_test

import (
	"testing"

	"cenet/nn/graph"
)

// The chunks of a cut are all rows, in order, and none of them runs over the end of an image where images are cut by themselves.
func TestCut(t *testing.T) {
	s := graph.Shape{N: 3, H: 5, W: 2, C: 1}
	for _, c := range []graph.Cut{{Rows: 4}, {Rows: 4, PerImage: true}, {Rows: 10, PerImage: true}, {Rows: 100}, {Rows: 1}} {
		next := 0
		for i := range c.Chunks(s) {
			lo, hi := c.Range(s, i)
			if lo != next || hi <= lo || hi-lo > c.Rows {
				t.Fatalf("%+v: chunk %d is %d..%d behind %d", c, i, lo, hi, next)
			}
			if c.PerImage && lo/s.Pixels() != (hi-1)/s.Pixels() {
				t.Fatalf("%+v: chunk %d is %d..%d of two images", c, i, lo, hi)
			}
			next = hi
		}
		if next != s.Rows() {
			t.Fatalf("%+v: %d rows of %d", c, next, s.Rows())
		}
	}
}
