//go:build opencl

package opencl

import "cenet/nn/graph"

// Operations of composed layers. Each pass has the kernels, in their order, of package nn's.

// composed emits the forward pass of one of them.
func (b *builder) composed(op graph.Op) {
	switch o := op.(type) {
	case *graph.Parameter:
		b.parameters[o.Y] = o
	case *graph.Multiply:
		s := b.shape(o.Y)
		b.broadcast(b.value(o.Y), b.operand(o.A, o.Y), b.operand(o.B, o.Y), true, s.Pixels(), s.C)
	case *graph.Plus:
		s := b.shape(o.Y)
		b.broadcast(b.value(o.Y), b.operand(o.A, o.Y), b.operand(o.B, o.Y), false, s.Pixels(), s.C)
	case *graph.Concat:
		y, c, first := b.value(o.Y), b.shape(o.Y).C, 0
		for _, v := range o.Reads() {
			s := b.shape(v)
			b.copyColumns(y, c, first, b.value(v), s.C, 0, s.Rows(), s.C)
			first += s.C
		}
	case *graph.Reduce:
		b.reduction(o)
	case *graph.Variance:
		b.variance(o)
	case *graph.Tanh:
		y := b.value(o.Y)
		b.each("hyperbolic_tangent", y.n, y, b.value(o.X))
	case *graph.Root:
		y := b.value(o.Y)
		b.each("root", y.n, y, b.value(o.X), o.Epsilon, flag(o.Inverse))
	case *graph.Softmax:
		s := b.shape(o.X)
		b.each("softmax_rows", s.N*s.C, b.value(o.Y), b.value(o.X), s.Pixels(), s.C)
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

func (b *builder) reduction(o *graph.Reduce) {
	s, x, y := b.shape(o.X), b.value(o.X), b.value(o.Y)
	switch {
	case o.Take == graph.Max:
		per, size, count, step := seriesOf(o, s)
		b.each("maximum", y.n, y, x, per, size, count, step)
	case o.Channels:
		b.each("sum_columns", y.n, y, x, float32(o.Factor(s)), s.C)
	default:
		b.sumRows(y, x, false, wholeImages(s), s.C)
	}
}

// seriesOf describes the series of which a Reduce takes the maximum, as the kernel maximum has it.
func seriesOf(o *graph.Reduce, s graph.Shape) (per, size, count, step int) {
	if o.Channels {
		return 1, s.C, s.C, 1
	}
	return s.C, s.Pixels() * s.C, s.Pixels(), s.C
}

// varianceFactor is what the mean of squared deviations is multiplied by.
func varianceFactor(pixels int, biased bool) float32 {
	if biased {
		return 1
	}
	return float32(float64(pixels) / float64(max(1, pixels-1)))
}

func (b *builder) variance(o *graph.Variance) {
	s := b.shape(o.X)
	if o.Norm != nil {
		b.notLowered(o)
		return
	}
	cut := segments(o.Cut, s)
	x, v, mean := b.value(o.X), b.value(o.V), b.keep(o, "mean", s.N*s.C)
	parts, factor := b.scratch(cut.Count()*2*s.C), b.scratch(s.C)
	b.parts("moments", cut, s.C, parts, x)
	b.flat("fill", factor, varianceFactor(s.Pixels(), o.Biased))
	b.grid("image_variances", columns, s.C, s.N, mean, v, parts, factor, s.Pixels(), cut.Size, cut.PerImage(), s.C)
}

// composedBackward emits the backward pass of one of them; it returns false where the operation is another, or has one input and no more to
// do than its gradient.
func (b *builder) composedBackward(op graph.Op, dy Buffer) bool {
	switch o := op.(type) {
	case *graph.Parameter:
		to := b.dparam(o.Param).Slice(o.First, o.First+dy.n)
		b.flat("sum", to, to, dy)
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
			s := b.shape(v)
			if b.wants(v) {
				b.copyColumns(b.dx(v), s.C, 0, dy, c, first, s.Rows(), s.C)
			}
			first += s.C
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
	s, x, dv := b.shape(y), b.value(other), b.dx(v)
	r, whole := graph.BroadcastOf(b.g.Values[v], b.g.Values[y]), graph.BroadcastOf(b.g.Values[other], b.g.Values[y]).None()
	switch {
	case r == graph.Broadcast{Channels: true} && whole:
		b.each("dot_columns", dv.n, dv, dy, x, s.C)
		return
	case r == graph.Broadcast{Pixels: true} && whole:
		b.dotRows(dv, dy, x, false, wholeImages(s), s.C)
		return
	}
	product := dv
	if !r.None() {
		product = b.scratch(s.Len())
	}
	b.broadcast(product, b.operandOf(dy, graph.Broadcast{}, s), b.operand(other, y), true, s.Pixels(), s.C)
	if !r.None() {
		b.sumTo(dv, product, s, r)
	}
}

// sumTo emits the sums, to the gradient of a repeated operand, of that of the result, of shape s: over channels, over pixels, over images.
func (b *builder) sumTo(to, from Buffer, s graph.Shape, r graph.Broadcast) {
	next := func(last bool) Buffer {
		if last {
			return to
		}
		return b.scratch(s.Len())
	}
	if r.Channels {
		c := s.C
		s.C = 1
		y := next(!r.Pixels && !r.Images)
		b.each("sum_columns", s.Rows(), y, from, float32(1), c)
		from = y
	}
	if r.Pixels {
		images := wholeImages(s)
		s.H, s.W = 1, 1
		y := next(!r.Images)
		b.sumRows(y, from, false, images, s.C)
		from = y
	}
	if r.Images {
		b.flat("fill", to, float32(0))
		b.reduce(to, from, s.N)
	}
}

// composedInput emits the gradient with respect to the input of one of them that has no other.
func (b *builder) composedInput(op graph.Op, dx, dy Buffer) {
	switch o := op.(type) {
	case *graph.Tanh:
		b.each("hyperbolic_tangent_backward", dx.n, dx, dy, b.value(o.Y))
	case *graph.Root:
		b.each("root_backward", dx.n, dx, dy, b.value(o.Y), flag(o.Inverse))
	case *graph.Softmax:
		s := b.shape(o.X)
		b.each("softmax_rows_backward", s.N*s.C, dx, dy, b.value(o.Y), s.Pixels(), s.C)
	case *graph.Variance:
		s := b.shape(o.X)
		k := varianceFactor(s.Pixels(), o.Biased) * 2 / float32(s.Pixels())
		mean, scale := b.keep(o, "mean", s.N*s.C), b.scratch(s.N*s.C)
		b.each("times", scale.n, scale, dy, k)
		b.rows("centred_rows", b.rowsOf(o.X, true), dx, b.value(o.X), mean, scale)
	case *graph.Reduce:
		switch s := b.shape(o.X); {
		case o.Take == graph.Max:
			per, size, count, step := seriesOf(o, s)
			b.each("maximum_backward", dy.n, dx, dy, b.value(o.X), per, size, count, step)
		case o.Channels:
			b.each("spread_columns", dx.n, dx, dy, float32(o.Factor(s)), s.C)
		default:
			b.rows("spread_rows", b.rowsOf(o.X, true), dx, dy, float32(1))
		}
	default:
		b.notLowered(op)
	}
}
