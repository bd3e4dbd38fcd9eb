//go:build opencl

package opencl

import (
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/stream"
)

// one emits a call, and prepares it unless the builder is dry. Ask for its buffers before.
func (b *builder) one(prepare func() *Call) {
	b.run(func() []*Call { return []*Call{prepare()} })
}

// rowsOf are the pixels of a value; with byImage, numbers by channel are each image's own.
func (b *builder) rowsOf(v graph.Value, byImage bool) Rows {
	s := b.shape(v)
	return Rows{s.N, s.Pixels(), s.C, byImage}
}

// wholeImages are the parts of an activation that are one image each.
func wholeImages(s graph.Shape) kernel.Segments {
	return kernel.Segments{N: s.N, Pixels: s.Pixels(), Size: s.Pixels()}
}

// forward emits the forward pass of an operation: in training if b.train is set, and keeping what its backward pass needs.
func (b *builder) forward(op graph.Op) {
	if b.absorbed[op] {
		return
	}
	y := op.Writes()[0]
	var after Epilogue
	if f := b.fused[op]; f != nil {
		if op != f.last() {
			return
		}
		op, y, after = f.first, f.y, f.epilogue(b)
	}
	b.compute(op, y, after)
}

// compute emits an operation that writes y, after an epilogue.
func (b *builder) compute(op graph.Op, to graph.Value, after Epilogue) {
	d := b.d
	switch o := op.(type) {
	case *graph.Conv:
		x, y, w := b.value(o.X), b.value(o.Y), b.param(o.Weight)
		if c, window := b.geometry(o); c != nil {
			b.convForward(c, b.n, y, x, w, Epilogue{})
		} else {
			b.depthwise(window, b.n, y, x, w)
		}
	case *graph.Bias:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.AddRow(y, x, b.param(o.Bias), b.rowsOf(o.X, false)) })
	case *graph.Linear:
		x, y := b.value(o.X), b.value(o.Y)
		p := Product{M: b.n, N: b.shape(o.Y).C, K: b.shape(o.X).C, TB: o.Transposed, Alpha: 1, BFloat16: o.BFloat16}
		if o.Bias != graph.None {
			p.Bias = b.param(o.Bias)
		}
		b.one(func() *Call { return d.Product(y, x, b.param(o.Weight), p) })
	case *graph.BatchNorm:
		b.batchNorm(o, b.value(to), after)
	case *graph.GroupNorm:
		n, x, y := b.groupNorm(o, false), b.value(o.X), b.value(o.Y)
		b.run(func() []*Call { return n.Forward(d, y, x) })
	case *graph.LayerNorm:
		s := b.shape(o.X)
		c := s.C
		x, y, xhat, inv := b.value(o.X), b.value(o.Y), b.keep(o, "xhat", s.Len()), b.keep(o, "inv", s.Rows())
		b.one(func() *Call {
			return d.LayerNorm(y, xhat, inv, x, b.param(o.Gamma), b.param(o.Beta), o.Epsilon, false, inv.n, c)
		})
	case *graph.Clamp:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.Clamp(y, x, o.Ceiling, y.n) })
	case *graph.Leaky:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.Leaky(y, x, o.Slope, y.n) })
	case *graph.ELU:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.ELU(y, x, o.Alpha, y.n) })
	case *graph.ChannelConv:
		x, y, c := b.value(o.X), b.value(o.Y), b.shape(o.X).C
		b.one(func() *Call { return d.ChannelConv(y, x, b.param(o.Weight), b.n, c) })
	case *graph.Sigmoid:
		x, y := b.value(o.X), b.value(o.Y)
		b.one(func() *Call { return d.Sigmoid(y, x, y.n) })
	case *graph.Add:
		p, q, y := b.value(o.A), b.value(o.B), b.value(o.Y)
		b.one(func() *Call { return d.Add(y, p, q, y.n) })
	case *graph.MaxPool:
		x, y := b.value(o.X), b.value(o.Y)
		which := b.keep(o, "which", (y.n+3)/4)
		b.one(func() *Call { return d.MaxPool(y, which, x, b.window(o.X, o.Size, o.Stride, o.Pad), b.n) })
	case *graph.GlobalPool:
		x, y, s := b.value(o.X), b.value(o.Y), b.shape(o.X)
		b.one(func() *Call { return d.MeanRows(y, x, s.N, s.Pixels(), s.C) })
	case *graph.Dropout:
		b.dropout(o)
	case *graph.Scale:
		x, a, y := b.value(o.X), b.value(o.A), b.value(to)
		b.one(func() *Call { return d.ScaleRows(y, x, a, after, b.rowsOf(o.X, true)) })
	case *graph.Slice:
		x, y, s := b.value(o.X), b.value(o.Y), b.shape(o.Y)
		b.one(func() *Call { return d.CopyColumns(y, s.C, 0, x, b.shape(o.X).C, o.First, s.Rows(), s.C, false) })
	case *graph.Interleave:
		p, q, y, s := b.value(o.A), b.value(o.B), b.value(o.Y), b.shape(o.A)
		b.one(func() *Call { return d.Interleave(y, p, s.C, q, s.C, s.Rows(), s.C) })
	case *graph.Flatten:
		b.aliasValue(o.Y, o.X)
	case *graph.Mix:
		b.mix(o, b.value(to), after)
	default:
		b.composed(op)
	}
}

// backward emits the backward pass of an operation, which follows those of all that read what it writes.
func (b *builder) backward(op graph.Op) {
	if b.absorbed[op] || b.gradient[op.Writes()[0]] == nil {
		return
	}
	d, dy := b.d, b.dy(op.Writes()[0])
	switch o := op.(type) {
	case *graph.Clamp:
		if _, ok := b.clamped(o); ok {
			b.aliasGrad(o.X, o.Y)
		} else if b.wants(o.X) {
			b.inputBackward(o, b.dx(o.X), dy)
		}
	case *graph.Conv:
		b.convBackward(o, dy)
	case *graph.Bias:
		b.biasBackward(o, dy)
	case *graph.Linear:
		b.linearWeights(o, b.value(o.X), dy)
		if b.wants(o.X) {
			dx, k := b.dx(o.X), b.factor(o.X)
			b.one(func() *Call {
				p := Product{M: b.n, N: b.shape(o.X).C, K: b.shape(o.Y).C, TB: !o.Transposed, Alpha: k, BFloat16: o.BFloat16}
				return d.Product(dx, dy, b.param(o.Weight), p)
			})
		}
	case *graph.ChannelConv:
		x, c := b.value(o.X), b.shape(o.X).C
		b.one(func() *Call { return d.ChannelConvWeight(b.dparam(o.Weight), dy, x, b.n, c) })
		if b.wants(o.X) {
			dx, k := b.dx(o.X), b.factor(o.X)
			b.one(func() *Call { return d.ChannelConvInput(dx, dy, b.param(o.Weight), k, b.n, c) })
		}
	case *graph.BatchNorm:
		b.batchNormBackward(o, dy)
	case *graph.GroupNorm:
		n, x := b.groupNorm(o, true), b.value(o.X)
		var dx Buffer
		if b.wants(o.X) {
			dx = b.dx(o.X)
		}
		b.run(func() []*Call { return n.Backward(d, dx, dy, x) })
	case *graph.LayerNorm:
		s := b.shape(o.X)
		c, rows := s.C, s.Rows()
		xhat, inv, all := b.keep(o, "xhat", s.Len()), b.keep(o, "inv", rows), kernel.Segments{N: 1, Pixels: rows, Size: rows}
		b.run(func() []*Call {
			return []*Call{d.DotRows(b.dparam(o.Gamma), dy, xhat, true, all, c), d.SumRows(b.dparam(o.Beta), dy, true, all, c)}
		})
		if b.wants(o.X) {
			dx := b.dx(o.X)
			b.one(func() *Call { return d.LayerNormBackward(dx, dy, xhat, inv, b.param(o.Gamma), rows, c) })
		}
	case *graph.Add:
		b.aliasGrad(o.A, o.Y)
		b.aliasGrad(o.B, o.Y)
	case *graph.Flatten:
		b.aliasGrad(o.X, o.Y)
	case *graph.Scale:
		b.scaleBackward(o, dy)
	case *graph.GlobalPool:
		b.poolBackward(o, dy)
	case *graph.Interleave:
		s := b.shape(o.A)
		for i, v := range []graph.Value{o.A, o.B} {
			if b.wants(v) {
				dx := b.dx(v)
				b.one(func() *Call { return d.Deinterleave(dx, s.C, dy, i, s.Rows(), s.C) })
			}
		}
	default:
		if b.composedBackward(op, dy) {
			return
		}
		if x := op.Reads()[0]; b.wants(x) {
			b.inputBackward(op, b.dx(x), dy)
		}
	}
}

func (b *builder) biasBackward(o *graph.Bias, dy Buffer) {
	d, s := b.d, b.shape(o.X)
	cut := segments(o.Cut, s)
	parts := b.scratch(cut.Count() * s.C)
	b.run(func() []*Call {
		return []*Call{d.SumRows(parts, dy, false, cut, s.C), d.Reduce(b.dparam(o.Bias), parts, cut.Count(), s.C)}
	})
	b.aliasGrad(o.X, o.Y)
}

// inputBackward emits the gradient with respect to the input of an operation that has no other.
func (b *builder) inputBackward(op graph.Op, dx, dy Buffer) {
	d := b.d
	switch o := op.(type) {
	case *graph.Clamp:
		y := b.value(o.Y)
		b.one(func() *Call { return d.ClampBackward(dx, dy, y, o.Ceiling, y.n) })
	case *graph.Leaky:
		y := b.value(o.Y)
		b.one(func() *Call { return d.LeakyBackward(dx, dy, y, o.Slope, y.n) })
	case *graph.ELU:
		y := b.value(o.Y)
		b.one(func() *Call { return d.ELUBackward(dx, dy, y, o.Alpha, y.n) })
	case *graph.Sigmoid:
		y := b.value(o.Y)
		b.one(func() *Call { return d.SigmoidBackward(dx, dy, y, y.n) })
	case *graph.MaxPool:
		which := b.keep(o, "which", (dy.n+3)/4)
		b.one(func() *Call { return d.MaxPoolBackward(dx, dy, which, b.window(o.X, o.Size, o.Stride, o.Pad), b.n) })
	case *graph.Dropout:
		mask := b.keep(o, "mask", dx.n)
		b.one(func() *Call { return d.Multiply(dx, dy, mask, dx.n) })
	case *graph.Slice:
		s := b.shape(o.Y)
		b.run(func() []*Call {
			return []*Call{d.Fill(dx, 0, dx.n), d.CopyColumns(dx, b.shape(o.X).C, o.First, dy, s.C, 0, s.Rows(), s.C, false)}
		})
	case *graph.Mix:
		b.mixBackward(o, dx, dy)
	default:
		b.composedInput(op, dx, dy)
	}
}

func (b *builder) window(x graph.Value, size, stride, pad int) kernel.Window {
	s := b.shape(x)
	return kernel.NewWindow(s.H, s.W, s.C, size, size, stride, pad)
}

func (b *builder) convBackward(o *graph.Conv, dy Buffer) {
	x, w := b.value(o.X), b.param(o.Weight)
	c, window := b.geometry(o)
	part := (b.n + 7) / 8 // as nn.Conv cuts images
	if c == nil {
		b.depthwiseWeight(window, b.n, part, b.dparam(o.Weight), dy, x)
		if b.wants(o.X) {
			b.depthwiseInput(window, b.n, b.dx(o.X), dy, w)
		}
		return
	}
	if !c.ByImages(b.n) {
		part = 0
	}
	b.convWeight(c, b.n, part, b.dparam(o.Weight), dy, x)
	if b.wants(o.X) {
		dx, addend := b.dxAdd(o.X)
		b.convInput(c, b.n, dx, dy, w, Epilogue{Addend: addend})
	}
}

// linearWeights emits the gradients of a Linear's weight and bias.
func (b *builder) linearWeights(o *graph.Linear, x, dy Buffer) {
	in, out := b.shape(o.X).C, b.shape(o.Y).C
	b.one(func() *Call {
		if o.Transposed {
			return b.d.Product(b.dparam(o.Weight), dy, x, Product{M: out, N: in, K: b.n, TA: true, Alpha: 1, Add: true, BFloat16: o.BFloat16})
		}
		return b.d.Product(b.dparam(o.Weight), x, dy, Product{M: in, N: out, K: b.n, TA: true, Alpha: 1, Add: true, BFloat16: o.BFloat16})
	})
	if o.Bias != graph.None {
		b.one(func() *Call {
			return b.d.SumRows(b.dparam(o.Bias), dy, true, kernel.Segments{N: 1, Pixels: b.n, Size: b.n}, out)
		})
	}
}

// norm is a BatchNorm's numbers by channel.
func (b *builder) norm(o *graph.BatchNorm) *Norm {
	s := b.shape(o.X)
	keep := func(name string) Buffer { return b.keep(o, name, s.C) }
	n := &Norm{
		C: s.C, Gamma: b.param(o.Gamma), Beta: b.param(o.Beta), RunningMean: b.buffer(o.Mean), RunningVar: b.buffer(o.Variance),
		Scale: keep("scale"), Shift: keep("shift"), Inv: keep("inv"),
		Epsilon: o.Epsilon, Momentum: o.Momentum, Segments: segments(o.Cut, s),
	}
	if b.train {
		n.DGamma, n.DBeta = b.gradientOf(o.Gamma), b.gradientOf(o.Beta)
		n.Mean, n.Variance = keep("mean"), keep("variance")
		n.Parts = b.scratch(n.Segments.Count() * 2 * s.C)
	}
	return n
}

func (b *builder) batchNorm(o *graph.BatchNorm, y Buffer, after Epilogue) {
	d, n, x := b.d, b.norm(o), b.value(o.X)
	if b.train {
		b.run(func() []*Call { return []*Call{d.Moments(n.Parts, x, n.Segments, n.C), n.Set(d)} })
	} else {
		b.runOnce(func() []*Call { return []*Call{n.PrepareInference(d)} })
	}
	b.one(func() *Call { return d.Affine(y, x, n.Scale, n.Shift, after, b.rowsOf(o.X, false)) })
}

func (b *builder) batchNormBackward(o *graph.BatchNorm, dy Buffer) {
	d, n, x := b.d, b.norm(o), b.value(o.X)
	ceiling, clamped := b.clamped(o)
	n.Gain, n.Slope, n.Offset = b.scratch(n.C), b.scratch(n.C), b.scratch(n.C)
	b.run(func() []*Call { return []*Call{n.Sums(d, dy, x, Buffer{}, clamped, ceiling), n.Slopes(d)} })
	if b.wants(o.X) {
		dx := b.dx(o.X)
		b.one(func() *Call { return n.Backward(d, dx, dy, x, clamped, ceiling) })
	}
}

// groupNorm is a GroupNorm with its memory.
func (b *builder) groupNorm(o *graph.GroupNorm, backward bool) *GroupNorm {
	s := b.shape(o.X)
	n := &GroupNorm{
		N: s.N, Pixels: s.Pixels(), C: s.C, Groups: o.Groups, Gamma: b.param(o.Gamma), Beta: b.param(o.Beta), Epsilon: o.Epsilon,
		Mean: b.keep(o, "mean", s.N*o.Groups), Inv: b.keep(o, "inv", s.N*o.Groups),
		Sums: b.scratch(4 * s.N * s.C), Along: b.scratch(4 * s.N * o.Groups),
	}
	if backward {
		n.DGamma, n.DBeta = b.dparam(o.Gamma), b.dparam(o.Beta)
		n.Parts, n.Totals = b.scratch(2*s.N*s.C), b.scratch(2*s.C)
	}
	return n
}

// dropout emits a Dropout. The streams of a step's images are written to the device before the step.
func (b *builder) dropout(o *graph.Dropout) {
	if !b.train {
		b.aliasValue(o.Y, o.X)
		return
	}
	x, y := b.value(o.X), b.value(o.Y)
	mask := b.keep(o, "mask", x.n)
	if b.dry {
		return
	}
	states := make([]int32, 4*b.n)
	on := b.constant(states)
	kept := float32(1 / (1 - o.P))
	draw := b.d.DropoutMask(mask, on, o.P, kept, b.n, x.n/b.n)
	b.run(func() []*Call { return []*Call{draw, b.d.Multiply(y, x, mask, x.n)} })
	b.step(func(s graph.Step, off bool) {
		for i := range b.n {
			high, low := stream.State(s.Seed, o.Path, s.Number, uint64(i))
			for k, v := range [2]uint64{high, low} {
				states[4*i+2*k], states[4*i+2*k+1] = int32(v), int32(v>>32)
			}
		}
		b.d.WriteIntsLater(on, states)
		if off {
			draw.SetDouble(2, 0)
			draw.SetFloat(3, 1)
			return
		}
		draw.SetDouble(2, o.P)
		draw.SetFloat(3, kept)
	})
}
