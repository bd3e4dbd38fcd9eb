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
	s, x, a := b.shape(o.X), b.value(o.X), b.value(o.A)
	if b.wants(o.A) {
		b.dotRows(b.dx(o.A), dy, x, false, wholeImages(s), s.C)
	}
	if p := b.pooled[o]; p != nil {
		b.scaled[p] = b.gradient[o.Y]
		return
	}
	if b.wants(o.X) {
		b.scaleRows(b.dx(o.X), dy, a, Epilogue{}, b.rowsOf(o.X, true))
	}
}

func (b *builder) poolBackward(o *graph.GlobalPool, dm Buffer) {
	if !b.wants(o.X) {
		return
	}
	dx, r, share := b.dx(o.X), b.rowsOf(o.X, true), 1/float32(b.shape(o.X).Pixels())
	p := b.pooled[o]
	if p == nil {
		b.rows("spread_rows", r, dx, dm, share)
		return
	}
	dy, a, mean := b.at(b.scaled[p]), b.value(p.Scale.A), dm
	if !p.Divided {
		mean = b.scratch(dm.n)
		b.each("times", dm.n, mean, dm, share)
	}
	b.affine(dx, dy, a, mean, Epilogue{}, r)
}
