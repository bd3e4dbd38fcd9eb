//go:build opencl

package opencl

import (
	"cenet/nn/graph"
)

// A squeeze is the operations of a Squeeze-and-Excitation block, which a Scale ends.
type squeeze struct {
	pool           *graph.GlobalPool
	first, second  *graph.Linear
	clamp          *graph.Clamp
	sigmoid        *graph.Sigmoid
	squeezed, gate graph.Value // what first reads and what sigmoid writes
}

// squeezeOf finds the block that a Scale ends, nil if it is none. Package nn computes its gradient with a rounding less than its
// operations would: the mean's share is added, fused, as the input is scaled.
func (b *builder) squeezeOf(o *graph.Scale) *squeeze {
	var q squeeze
	ok := false
	if q.sigmoid, ok = b.writer(o.A).(*graph.Sigmoid); !ok {
		return nil
	}
	if q.second, ok = b.writer(q.sigmoid.X).(*graph.Linear); !ok || q.second.Transposed {
		return nil
	}
	if q.clamp, ok = b.writer(q.second.X).(*graph.Clamp); !ok {
		return nil
	}
	if q.first, ok = b.writer(q.clamp.X).(*graph.Linear); !ok || q.first.Transposed {
		return nil
	}
	if q.pool, ok = b.writer(q.first.X).(*graph.GlobalPool); !ok || q.pool.X != o.X {
		return nil
	}
	return &q
}

// writer is the operation that writes a value, nil for the graph's input.
func (b *builder) writer(v graph.Value) graph.Op {
	for _, op := range b.g.Ops {
		if op.Writes()[0] == v {
			return op
		}
	}
	return nil
}

func (b *builder) scaleBackward(o *graph.Scale, dy Buffer) {
	if q := b.squeezeOf(o); q != nil {
		b.squeezeBackward(q, o, dy)
		return
	}
	if q := b.attentionOf(o); q != nil {
		b.attentionBackward(q, o, dy)
		return
	}
	d, s := b.d, b.shape(o.X)
	x, a := b.value(o.X), b.value(o.A)
	if b.wants(o.A) {
		da := b.dx(o.A)
		b.one(func() *Call { return d.DotRows(da, dy, x, false, wholeImages(s), s.C) })
	}
	if b.wants(o.X) {
		dx := b.dx(o.X)
		b.one(func() *Call { return d.ScaleRows(dx, dy, a, Epilogue{}, b.rowsOf(o.X, true)) })
	}
}

func (b *builder) squeezeBackward(q *squeeze, o *graph.Scale, dy Buffer) {
	for _, op := range []graph.Op{q.pool, q.first, q.clamp, q.second, q.sigmoid} {
		b.inScale[op] = true
	}
	d, s := b.d, b.shape(o.X)
	x, a := b.value(o.X), b.value(o.A)
	n, c, hidden := s.N, s.C, b.shape(q.clamp.Y).C
	da, dh, dm := b.scratch(n*c), b.scratch(n*hidden), b.scratch(n*c)
	h, m := b.value(q.clamp.Y), b.value(q.pool.Y)
	b.run(func() []*Call {
		return []*Call{d.DotRows(da, dy, x, false, wholeImages(s), c), d.SigmoidBackward(da, da, a, n*c)}
	})
	b.linearWeights(q.second, h, da)
	b.run(func() []*Call {
		return []*Call{
			d.Product(dh, da, b.param(q.second.Weight), Product{M: n, N: hidden, K: c, TB: true, Alpha: 1}),
			d.ClampBackward(dh, dh, h, q.clamp.Ceiling, n*hidden),
		}
	})
	b.linearWeights(q.first, m, dh)
	if !b.wants(o.X) {
		return
	}
	dx := b.dx(o.X)
	b.run(func() []*Call {
		return []*Call{
			d.Product(dm, dh, b.param(q.first.Weight), Product{M: n, N: c, K: hidden, TB: true, Alpha: 1 / float32(s.Pixels())}),
			d.Affine(dx, dy, a, dm, Epilogue{}, b.rowsOf(o.X, true)),
		}
	})
}
