//go:build opencl

package opencl

import (
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/stream"
)

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
	switch o := op.(type) {
	case *graph.Conv:
		x, y, w := b.value(o.X), b.value(o.Y), b.param(o.Weight)
		if c, window := b.geometry(o); c != nil {
			b.convForward(c, b.n, y, x, w, Epilogue{})
		} else {
			b.depthwise(window, b.n, y, x, w)
		}
	case *graph.Bias:
		b.rows("add_row", b.rowsOf(o.X, false), b.value(o.Y), b.value(o.X), b.param(o.Bias))
	case *graph.Linear:
		p := Product{M: b.n, N: b.shape(o.Y).C, K: b.shape(o.X).C, TB: o.Transposed, Alpha: 1, BFloat16: o.BFloat16}
		if o.Bias != graph.None {
			p.Bias = b.param(o.Bias)
		}
		b.product(b.value(o.Y), b.value(o.X), b.param(o.Weight), p)
	case *graph.BatchNorm:
		b.batchNorm(o, b.value(to), after)
	case *graph.GroupNorm:
		b.groupNorm(o, false).forward(b, b.value(o.Y), b.value(o.X))
	case *graph.LayerNorm:
		s := b.shape(o.X)
		xhat, inv := b.keep(o, "xhat", s.Len()), b.keep(o, "inv", s.Rows())
		b.layerNorm(b.value(o.Y), xhat, inv, b.value(o.X), b.param(o.Gamma), b.param(o.Beta), o.Epsilon, false, s.C)
	case *graph.Clamp:
		b.flat("clamp_values", b.value(o.Y), b.value(o.X), o.Ceiling)
	case *graph.Leaky:
		b.flat("leaky", b.value(o.Y), b.value(o.X), o.Slope)
	case *graph.ELU:
		y := b.value(o.Y)
		b.each("elu", y.n, y, b.value(o.X), o.Alpha)
	case *graph.ChannelConv:
		y, w := b.value(o.Y), b.param(o.Weight)
		b.each("channel_conv", y.n, y, b.value(o.X), w, w.n, b.shape(o.X).C)
	case *graph.Sigmoid:
		y := b.value(o.Y)
		b.each("sigmoid", y.n, y, b.value(o.X))
	case *graph.Add:
		b.flat("sum", b.value(o.Y), b.value(o.A), b.value(o.B))
	case *graph.MaxPool:
		y := b.value(o.Y)
		which := b.keep(o, "which", (y.n+3)/4)
		b.maxPool(y, which, b.value(o.X), b.window(o.X, o.Size, o.Stride, o.Pad), b.n)
	case *graph.GlobalPool:
		s := b.shape(o.X)
		b.meanRows(b.value(o.Y), b.value(o.X), s.N, s.Pixels(), s.C)
	case *graph.Dropout:
		b.dropout(o)
	case *graph.Scale:
		b.scaleRows(b.value(to), b.value(o.X), b.value(o.A), after, b.rowsOf(o.X, true))
	case *graph.Slice:
		s := b.shape(o.Y)
		b.copyColumns(b.value(o.Y), s.C, 0, b.value(o.X), b.shape(o.X).C, o.First, s.Rows(), s.C)
	case *graph.Interleave:
		y, c := b.value(o.Y), b.shape(o.A).C
		b.each("interleave", y.n, y, b.value(o.A), b.value(o.B), c, c, c)
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
	dy := b.dy(op.Writes()[0])
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
			b.product(b.dx(o.X), dy, b.param(o.Weight), Product{
				M: b.n, N: b.shape(o.X).C, K: b.shape(o.Y).C, TB: !o.Transposed, Alpha: b.factor(o.X), BFloat16: o.BFloat16,
			})
		}
	case *graph.ChannelConv:
		w, dw, c := b.param(o.Weight), b.dparam(o.Weight), b.shape(o.X).C
		b.grid("channel_conv_weight", group, group*dw.n, 1, dw, dy, b.value(o.X), dw.n, c, dy.n)
		if b.wants(o.X) {
			b.each("channel_conv_input", dy.n, b.dx(o.X), dy, w, b.factor(o.X), w.n, c)
		}
	case *graph.BatchNorm:
		b.batchNormBackward(o, dy)
	case *graph.GroupNorm:
		n, x := b.groupNorm(o, true), b.value(o.X)
		var dx Buffer
		if b.wants(o.X) {
			dx = b.dx(o.X)
		}
		n.backward(b, dx, dy, x)
	case *graph.LayerNorm:
		s := b.shape(o.X)
		c, rows := s.C, s.Rows()
		xhat, inv, all := b.keep(o, "xhat", s.Len()), b.keep(o, "inv", rows), kernel.Segments{N: 1, Pixels: rows, Size: rows}
		b.dotRows(b.dparam(o.Gamma), dy, xhat, true, all, c)
		b.sumRows(b.dparam(o.Beta), dy, true, all, c)
		if b.wants(o.X) {
			b.layerNormBackward(b.dx(o.X), dy, xhat, inv, b.param(o.Gamma), c)
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
		c := b.shape(o.A).C
		for i, v := range []graph.Value{o.A, o.B} {
			if b.wants(v) {
				dx := b.dx(v)
				b.each("deinterleave", dx.n, dx, dy, c, i, c)
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
	s := b.shape(o.X)
	cut := segments(o.Cut, s)
	parts := b.scratch(cut.Count() * s.C)
	b.sumRows(parts, dy, false, cut, s.C)
	b.reduce(b.dparam(o.Bias), parts, cut.Count())
	b.aliasGrad(o.X, o.Y)
}

// inputBackward emits the gradient with respect to the input of an operation that has no other.
func (b *builder) inputBackward(op graph.Op, dx, dy Buffer) {
	switch o := op.(type) {
	case *graph.Clamp:
		b.flat("clamp_backward", dx, dy, b.value(o.Y), o.Ceiling)
	case *graph.Leaky:
		b.flat("leaky_backward", dx, dy, b.value(o.Y), o.Slope)
	case *graph.ELU:
		b.flat("elu_backward", dx, dy, b.value(o.Y), o.Alpha)
	case *graph.Sigmoid:
		b.flat("sigmoid_backward", dx, dy, b.value(o.Y))
	case *graph.MaxPool:
		b.maxPoolBackward(dx, dy, b.keep(o, "which", (dy.n+3)/4), b.window(o.X, o.Size, o.Stride, o.Pad), b.n)
	case *graph.Dropout:
		b.flat("product_values", dx, dy, b.keep(o, "mask", dx.n))
	case *graph.Slice:
		s := b.shape(o.Y)
		b.flat("fill", dx, float32(0))
		b.copyColumns(dx, b.shape(o.X).C, o.First, dy, s.C, 0, s.Rows(), s.C)
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
	dw, in, out := b.dparam(o.Weight), b.shape(o.X).C, b.shape(o.Y).C
	p := Product{M: in, N: out, K: b.n, TA: true, Alpha: 1, Add: true, BFloat16: o.BFloat16}
	if o.Transposed {
		p.M, p.N = out, in
		b.product(dw, dy, x, p)
	} else {
		b.product(dw, x, dy, p)
	}
	if o.Bias != graph.None {
		b.sumRows(b.dparam(o.Bias), dy, true, kernel.Segments{N: 1, Pixels: b.n, Size: b.n}, out)
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
	n, x := b.norm(o), b.value(o.X)
	if b.train {
		b.parts("moments", n.Segments, n.C, n.Parts, x)
		n.set(b)
	} else {
		b.emitOnce(func() { n.prepareInference(b) })
	}
	b.affine(y, x, n.Scale, n.Shift, after, b.rowsOf(o.X, false))
}

func (b *builder) batchNormBackward(o *graph.BatchNorm, dy Buffer) {
	n, x := b.norm(o), b.value(o.X)
	ceiling, clamped := b.clamped(o)
	n.Gain, n.Slope, n.Offset = b.scratch(n.C), b.scratch(n.C), b.scratch(n.C)
	n.sums(b, dy, x, clamped, ceiling)
	n.slopes(b)
	if b.wants(o.X) {
		n.backward(b, b.dx(o.X), dy, x, clamped, ceiling)
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

// dropoutMask emits the factors of a Dropout for images of size numbers: 0 with probability p, else kept. The stream of image i begins with
// the words 2i and 2i+1 of states, of 8 bytes each, as stream.State returns them.
func (b *builder) dropoutMask(mask, states Buffer, p float64, kept float32, images, size int) *Call {
	const run = 16 // numbers of a work-item
	return b.grid("dropout_mask", group, groups(size, run), images, mask, states, p, kept, size)
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
	draw := b.dropoutMask(mask, on, o.P, kept, b.n, x.n/b.n)
	b.flat("product_values", y, x, mask)
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
