//go:build opencl

package opencl

import "cenet/nn/graph"

// Operations of composed layers. Each pass has the kernels, in their order, of package nn's.

// composed emits the forward pass of one of them.
func (b *builder) composed(op graph.Op) {
	d := b.d
	switch o := op.(type) {
	case *graph.Parameter:
		b.parameters[o.Y] = o
	case *graph.Multiply:
		y, x, z := b.value(o.Y), b.operand(o.A, o.Y), b.operand(o.B, o.Y)
		b.one(func() *Call { return d.Broadcast(y, x, z, true, b.shape(o.Y).Pixels(), b.shape(o.Y).C) })
	case *graph.Plus:
		y, x, z := b.value(o.Y), b.operand(o.A, o.Y), b.operand(o.B, o.Y)
		b.one(func() *Call { return d.Broadcast(y, x, z, false, b.shape(o.Y).Pixels(), b.shape(o.Y).C) })
	case *graph.Concat:
		y, c, first := b.value(o.Y), b.shape(o.Y).C, 0
		for _, v := range o.Reads() {
			x, s, at := b.value(v), b.shape(v), first
			b.one(func() *Call { return d.CopyColumns(y, c, at, x, s.C, 0, s.Rows(), s.C, false) })
			first += s.C
		}
	case *graph.Reduce:
		b.reduce(o, b.value(o.X), b.value(o.Y))
	case *graph.Variance:
		b.variance(o)
	case *graph.Tanh:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.Tanh(y, x, y.n) })
	case *graph.Root:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.Root(y, x, o.Epsilon, o.Inverse, y.n) })
	case *graph.Softmax:
		x, y, s := b.value(o.X), b.value(o.Y), b.shape(o.X)
		b.one(func() *Call { return d.SoftmaxRows(y, x, s.N, s.Pixels(), s.C) })
	default:
		b.notLowered(op)
	}
}

// operand is a value as one of A·B or A+B, which makes y.
func (b *builder) operand(v, y graph.Value) operand {
	return b.operandOf(b.value(v), graph.BroadcastOf(b.g.Values[v], b.g.Values[y]), b.shape(v))
}

func (b *builder) operandOf(x Buffer, r graph.Broadcast, s graph.Shape) operand {
	o := operand{Buffer: x, image: s.Pixels() * s.C, pixel: s.C, channel: 1}
	if r.Images {
		o.image = 0
	}
	if r.Pixels {
		o.pixel = 0
	}
	if r.Channels {
		o.channel = 0
	}
	return o
}

func (b *builder) reduce(o *graph.Reduce, x, y Buffer) {
	d, s := b.d, b.shape(o.X)
	b.one(func() *Call {
		switch {
		case o.Channels && o.Take == graph.Max:
			return d.MaxColumns(y, x, s.Rows(), s.C)
		case o.Channels:
			return d.SumColumns(y, x, float32(o.Factor(s)), s.Rows(), s.C)
		case o.Take == graph.Max:
			return d.MaxRows(y, x, s.N, s.Pixels(), s.C)
		}
		return d.SumRows(y, x, false, wholeImages(s), s.C)
	})
}

// varianceFactor is what the mean of squared deviations is multiplied by.
func varianceFactor(pixels int, biased bool) float32 {
	if biased {
		return 1
	}
	return float32(float64(pixels) / float64(max(1, pixels-1)))
}

func (b *builder) variance(o *graph.Variance) {
	d, s := b.d, b.shape(o.X)
	if o.Norm != nil {
		b.notLowered(o)
		return
	}
	cut := segments(o.Cut, s)
	x, v, mean := b.value(o.X), b.value(o.V), b.keep(o, "mean", s.N*s.C)
	parts, factor := b.scratch(cut.Count()*2*s.C), b.scratch(s.C)
	b.run(func() []*Call {
		return []*Call{
			d.Moments(parts, x, cut, s.C), d.Fill(factor, varianceFactor(s.Pixels(), o.Biased), s.C),
			d.channels("image_variances", s.C, s.N, mean, v, parts, factor, s.Pixels(), cut.Size, cut.PerImage(), s.C),
		}
	})
}

// composedBackward emits the backward pass of one of them; it returns false where the operation is another, or has one input and no more to
// do than its gradient.
func (b *builder) composedBackward(op graph.Op, dy Buffer) bool {
	switch o := op.(type) {
	case *graph.Parameter:
		to := b.dparam(o.Param).Slice(o.First, o.First+dy.n)
		b.one(func() *Call { return b.d.Add(to, to, dy, dy.n) })
	case *graph.Multiply:
		b.factorBackward(o.A, o.B, o.Y, dy)
		b.factorBackward(o.B, o.A, o.Y, dy)
	case *graph.Plus:
		for _, v := range o.Reads() {
			if r := graph.BroadcastOf(b.g.Values[v], b.g.Values[o.Y]); r.None() {
				b.aliasGrad(v, o.Y)
			} else if b.wants(v) {
				b.sumTo(b.dx(v), dy, b.shape(o.Y), r)
			}
		}
	case *graph.Concat:
		first, c := 0, b.shape(o.Y).C
		for _, v := range o.Reads() {
			s, at := b.shape(v), first
			first += s.C
			if b.wants(v) {
				dx := b.dx(v)
				b.one(func() *Call { return b.d.CopyColumns(dx, s.C, 0, dy, c, at, s.Rows(), s.C, false) })
			}
		}
	default:
		return false
	}
	return true
}

// factorBackward emits the gradient of the factor v of y = v·other.
func (b *builder) factorBackward(v, other, y graph.Value, dy Buffer) {
	if !b.wants(v) {
		return
	}
	d, s, x, dv := b.d, b.shape(y), b.value(other), b.dx(v)
	r, whole := graph.BroadcastOf(b.g.Values[v], b.g.Values[y]), graph.BroadcastOf(b.g.Values[other], b.g.Values[y]).None()
	switch {
	case r == graph.Broadcast{Channels: true} && whole:
		b.one(func() *Call { return d.DotColumns(dv, dy, x, s.Rows(), s.C) })
		return
	case r == graph.Broadcast{Pixels: true} && whole:
		b.one(func() *Call { return d.DotRows(dv, dy, x, false, wholeImages(s), s.C) })
		return
	}
	product := dv
	if !r.None() {
		product = b.scratch(s.Len())
	}
	p, q := b.operandOf(dy, graph.Broadcast{}, s), b.operand(other, y)
	b.one(func() *Call { return d.Broadcast(product, p, q, true, s.Pixels(), s.C) })
	if !r.None() {
		b.sumTo(dv, product, s, r)
	}
}

// sumTo emits the sums, to the gradient of a repeated operand, of that of the result, of shape s: over channels, over pixels, over images.
func (b *builder) sumTo(to, from Buffer, s graph.Shape, r graph.Broadcast) {
	d := b.d
	next := func(last bool) Buffer {
		if last {
			return to
		}
		return b.scratch(s.Len())
	}
	if r.Channels {
		c, x := s.C, from
		s.C = 1
		from = next(!r.Pixels && !r.Images)
		y, rows := from, s.Rows()
		b.one(func() *Call { return d.SumColumns(y, x, 1, rows, c) })
	}
	if r.Pixels {
		images, c, x := wholeImages(s), s.C, from
		s.H, s.W = 1, 1
		from = next(!r.Images)
		y := from
		b.one(func() *Call { return d.SumRows(y, x, false, images, c) })
	}
	if r.Images {
		b.run(func() []*Call { return []*Call{d.Fill(to, 0, to.n), d.Reduce(to, from, s.N, s.C)} })
	}
}

// composedInput emits the gradient with respect to the input of one of them that has no other.
func (b *builder) composedInput(op graph.Op, dx, dy Buffer) {
	d := b.d
	switch o := op.(type) {
	case *graph.Tanh:
		y := b.value(o.Y)
		b.one(func() *Call { return d.TanhBackward(dx, dy, y, y.n) })
	case *graph.Root:
		y := b.value(o.Y)
		b.one(func() *Call { return d.RootBackward(dx, dy, y, o.Inverse, y.n) })
	case *graph.Softmax:
		y, s := b.value(o.Y), b.shape(o.X)
		b.one(func() *Call { return d.SoftmaxRowsBackward(dx, dy, y, s.N, s.Pixels(), s.C) })
	case *graph.Variance:
		s := b.shape(o.X)
		k := varianceFactor(s.Pixels(), o.Biased) * 2 / float32(s.Pixels())
		x, mean, scale := b.value(o.X), b.keep(o, "mean", s.N*s.C), b.scratch(s.N*s.C)
		b.run(func() []*Call {
			return []*Call{d.ScaleBy(scale, dy, k, scale.n), d.CentredRows(dx, x, mean, scale, b.rowsOf(o.X, true))}
		})
	case *graph.Reduce:
		s, x := b.shape(o.X), b.value(o.X)
		b.one(func() *Call {
			switch {
			case o.Channels && o.Take == graph.Max:
				return d.MaxColumnsBackward(dx, dy, x, s.Rows(), s.C)
			case o.Channels:
				return d.SpreadColumns(dx, dy, float32(o.Factor(s)), s.Rows(), s.C)
			case o.Take == graph.Max:
				return d.MaxRowsBackward(dx, dy, x, s.N, s.Pixels(), s.C)
			}
			return d.rows("spread_rows", Rows{s.N, s.Pixels(), s.C, true}, dx, dy, float32(1))
		})
	default:
		b.notLowered(op)
	}
}
