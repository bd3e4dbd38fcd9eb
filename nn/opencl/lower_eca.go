//go:build opencl

package opencl

import "cenet/nn/graph"

// An attention is the operations of a block of efficient channel attention, which a Scale ends.
type attention struct {
	pool    *graph.GlobalPool
	conv    *graph.ChannelConv
	sigmoid *graph.Sigmoid
}

// attentionOf finds the block that a Scale ends, nil if it is none. As of squeezeOf, its gradient has a rounding less than those of its
// operations.
func (b *builder) attentionOf(o *graph.Scale) *attention {
	var q attention
	ok := false
	if q.sigmoid, ok = b.writer(o.A).(*graph.Sigmoid); !ok {
		return nil
	}
	if q.conv, ok = b.writer(q.sigmoid.X).(*graph.ChannelConv); !ok {
		return nil
	}
	if q.pool, ok = b.writer(q.conv.X).(*graph.GlobalPool); !ok || q.pool.X != o.X {
		return nil
	}
	return &q
}

func (b *builder) attentionBackward(q *attention, o *graph.Scale, dy Buffer) {
	for _, op := range []graph.Op{q.pool, q.conv, q.sigmoid} {
		b.inScale[op] = true
	}
	d, s := b.d, b.shape(o.X)
	n, c := s.N, s.C
	x, a, m := b.value(o.X), b.value(o.A), b.value(q.pool.Y)
	da, dm := b.scratch(n*c), b.scratch(n*c)
	b.run(func() []*Call {
		return []*Call{
			d.DotRows(da, dy, x, false, wholeImages(s), c), d.SigmoidBackward(da, da, a, n*c),
			d.ChannelConvWeight(b.dparam(q.conv.Weight), da, m, n, c),
		}
	})
	if !b.wants(o.X) {
		return
	}
	dx := b.dx(o.X)
	b.run(func() []*Call {
		return []*Call{
			d.ChannelConvInput(dm, da, b.param(q.conv.Weight), 1/float32(s.Pixels()), n, c),
			d.Affine(dx, dy, a, dm, Epilogue{}, b.rowsOf(o.X, true)),
		}
	})
}
