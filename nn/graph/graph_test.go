package graph_test

import (
	"testing"

	"cenet/nn/graph"
)

// The chunks of a cut are all rows, in order, and no chunk runs over the end of an image where images are cut by themselves.
func TestCut(t *testing.T) {
	s := graph.Shape{N: 3, H: 5, W: 2, C: 1}
	for _, c := range []graph.Cut{{Rows: 4}, {Rows: 4, PerImage: true}, {Rows: 10, PerImage: true}, {Rows: 100}, {Rows: 1}} {
		next := 0
		for i := range c.Chunks(s) {
			lo, hi := c.Range(s, i)
			if lo != next || hi <= lo || hi-lo > c.Rows {
				t.Fatalf("%+v: chunk %d is %d..%d after %d", c, i, lo, hi, next)
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

// The rule for an X that is scaled by something pooled from X finds the blocks that are one, whatever lies between the mean and the factor.
func TestPooledScales(t *testing.T) {
	for name, k := range map[string]struct {
		list           func(b *graph.Builder) graph.Value
		found, divided bool
	}{
		"SE": {func(b *graph.Builder) graph.Value {
			hidden := b.Clamp(b.Linear(b.GlobalPool(0), graph.Linear{Bias: graph.None}, 2).Y, 6)
			return b.Scale(0, b.Sigmoid(b.Linear(hidden, graph.Linear{Bias: graph.None}, 4).Y))
		}, true, true},
		"ECA":           {func(b *graph.Builder) graph.Value { return b.Scale(0, b.Sigmoid(b.ChannelConv(b.GlobalPool(0), 0))) }, true, true},
		"gather-excite": {func(b *graph.Builder) graph.Value { return b.Scale(0, b.Sigmoid(b.GlobalPool(0))) }, true, false},
		"mean read twice": {func(b *graph.Builder) graph.Value {
			m := b.GlobalPool(0)
			return b.Scale(0, b.Add(b.Linear(m, graph.Linear{Bias: graph.None}, 4).Y, m))
		}, true, false},
		"mean of another value": {func(b *graph.Builder) graph.Value { return b.Scale(0, b.GlobalPool(b.Tanh(0))) }, false, false},
		"standard deviation":    {func(b *graph.Builder) graph.Value { return b.Scale(0, b.Variance(graph.Variance{}).V) }, false, false},
	} {
		b := graph.NewBuilder(graph.Shape{N: 2, H: 3, W: 3, C: 4})
		g := b.Graph(k.list(b))
		by := graph.PooledScales(g.Ops)
		p := by[g.Ops[len(g.Ops)-1]]
		if found := p != nil; found != k.found || found && (p.Divided != k.divided || by[p.Pool] != p) {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
