//go:build opencl

package opencl

import "cenet/nn/graph"

// The reverse of a Scale, and of the mean that its factor may be made of: see graph.Pooled.

// factor is what the gradient of a value is multiplied by as it is computed.
func (b *builder) factor(v graph.Value) float32 {
	for _, p := range b.pooled {
		if p.Pool.Y == v && p.Divided {
			return 1 / float32(b.shape(p.Pool.X).Pixels())
		}
	}
	return 1
}

func (b *builder) scaleBackward(o *graph.Scale, dy Buffer) {
	d, s, x, a := b.d, b.shape(o.X), b.value(o.X), b.value(o.A)
	if b.wants(o.A) {
		da := b.dx(o.A)
		b.one(func() *Call { return d.DotRows(da, dy, x, false, wholeImages(s), s.C) })
	}
	if p := b.pooled[o]; p != nil {
		b.scaled[p] = b.gradient[o.Y]
		return
	}
	if b.wants(o.X) {
		dx := b.dx(o.X)
		b.one(func() *Call { return d.ScaleRows(dx, dy, a, Epilogue{}, b.rowsOf(o.X, true)) })
	}
}

func (b *builder) poolBackward(o *graph.GlobalPool, dm Buffer) {
	if !b.wants(o.X) {
		return
	}
	d, s, dx := b.d, b.shape(o.X), b.dx(o.X)
	p := b.pooled[o]
	if p == nil {
		b.one(func() *Call { return d.SpreadMean(dx, dm, s.N, s.Pixels(), s.C) })
		return
	}
	dy, a, mean := b.at(b.scaled[p]), b.value(p.Scale.A), dm
	if !p.Divided {
		mean = b.scratch(dm.n)
		b.one(func() *Call { return d.ScaleBy(mean, dm, 1/float32(s.Pixels()), dm.n) })
	}
	b.one(func() *Call { return d.Affine(dx, dy, a, mean, Epilogue{}, b.rowsOf(o.X, true)) })
}
