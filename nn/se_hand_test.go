package nn

import (
	"math"

	"cenet/nn/kernel"
)

// handSE is squeeze-and-excitation written by hand: the bits, the time and the memory that the composed one is compared with.
type handSE struct {
	W1, B1, W2, B2 *Param // (C, hidden), (hidden), (hidden, C), (C)

	path             string
	channels, hidden int
	y, dx            Tensor
	m, h, a          []float32 // (N, C), (N, hidden), (N, C)
	da, dh, dm       []float32 // as the forward ones
	x, out, grad     Tensor    // of the pass under way
	epilogue         Epilogue
	operations       kernel.Epilogue // of the pass under way

	source *RecomputedInput // of the input, where no other layer computes it
	inputs []float32        // (workers, H, W, C): what source writes
}

// NewHandSE returns the block for the given channels.
func NewHandSE(b *Builder, path string, channels, hidden int) Layer {
	in, out := Uniform(1/math.Sqrt(float64(channels))), Uniform(1/math.Sqrt(float64(hidden)))
	return &handSE{
		path: path, channels: channels, hidden: hidden,
		W1: b.Param(path+"/w1", true, in, channels, hidden),
		B1: b.Param(path+"/b1", false, in, hidden),
		W2: b.Param(path+"/w2", true, out, hidden, channels),
		B2: b.Param(path+"/b2", false, out, channels),
	}
}

// Epilogue is what runs after the block.
func (l *handSE) Epilogue() *Epilogue { return &l.epilogue }

// Plan keeps the shape.
func (l *handSE) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if x.C != l.channels {
		p.Failf("weights %d channels, not %d", l.channels, x.C)
	}
	var y Value
	if l.source = p.RecomputeInput(x); l.source == nil {
		y = p.EpilogueOutput(&l.y, x.Shape, &l.epilogue, x)
	} else {
		y = p.EpilogueOutput(&l.y, x.Shape, &l.epilogue)
		p.Scratch(&l.inputs, p.Workers*x.Pixels()*x.C)
	}
	p.Grad(&l.dx, x)
	p.Keep(&l.m, x.N*x.C)
	p.Keep(&l.h, x.N*l.hidden)
	p.Keep(&l.a, x.N*x.C)
	p.Scratch(&l.da, x.N*x.C)
	p.Scratch(&l.dh, x.N*l.hidden)
	p.Scratch(&l.dm, x.N*x.C)
	p.Report("SE", y, Cost{MACs: 2 * x.N * x.C * l.hidden, Other: 2*y.Len() + x.N*(l.hidden+x.C)})
	return y
}

// Forward weights the channels of each image.
func (l *handSE) Forward(c *Context, x Tensor) Tensor {
	l.x, l.out = x, l.y.First(x.N)
	n, ch, hid := x.N, l.channels, l.hidden
	m, h, a := l.m[:n*ch], l.h[:n*hid], l.a[:n*ch]
	c.Run(n, (*seSqueeze)(l))
	kernel.Gemm(false, false, n, hid, ch, 1, m, ch, l.W1.Data, hid, 0, h, hid)
	kernel.AddRow(h, l.B1.Data)
	kernel.Clamp(h, h, noCeiling)
	kernel.Gemm(false, false, n, ch, hid, 1, h, hid, l.W2.Data, ch, 0, a, ch)
	kernel.AddRow(a, l.B2.Data)
	kernel.Sigmoid(a, a)
	l.operations = l.epilogue.Fuse()
	c.Run(n, (*seScale)(l))
	return l.epilogue.Apply(c, l.out)
}

// Backward runs through the weights and the means.
func (l *handSE) Backward(c *Context, dy Tensor) Tensor {
	l.grad = dy
	n, ch, hid := dy.N, l.channels, l.hidden
	da, dh, dm, h := l.da[:n*ch], l.dh[:n*hid], l.dm[:n*ch], l.h[:n*hid]
	c.Run(n, (*seDots)(l))
	kernel.SigmoidBackward(da, da, l.a)
	kernel.Gemm(true, false, hid, ch, n, 1, h, hid, da, ch, 1, l.W2.Grad, ch)
	kernel.SumRows(l.B2.Grad, da)
	kernel.Gemm(false, true, n, hid, ch, 1, da, ch, l.W2.Data, ch, 0, dh, hid)
	kernel.ClampBackward(dh, dh, h, noCeiling)
	kernel.Gemm(true, false, ch, hid, n, 1, l.m, ch, dh, hid, 1, l.W1.Grad, hid)
	kernel.SumRows(l.B1.Grad, dh)
	if l.dx.Data == nil {
		return l.dx
	}
	kernel.Gemm(false, true, n, ch, hid, 1/float32(dy.Pixels()), dh, hid, l.W1.Data, hid, 0, dm, ch)
	l.out = l.dx.First(n)
	c.Run(n, (*seBackward)(l))
	return l.out
}

type (
	seSqueeze  handSE
	seScale    handSE
	seDots     handSE
	seBackward handSE
)

// row is what belongs to image n of a (N, C) array.
func (l *handSE) row(x []float32, n int) []float32 { return x[n*l.channels:][:l.channels] }

// input returns image n of the input.
func (l *handSE) input(worker, n int) []float32 {
	if l.x.Data != nil {
		return l.x.Image(n)
	}
	size := l.x.Pixels() * l.channels
	x := l.inputs[worker*size:][:size]
	l.source.Rows(x, n*l.x.Pixels(), (n+1)*l.x.Pixels())
	return x
}

func (l *seSqueeze) Do(worker, n int) {
	kernel.MeanRows((*handSE)(l).row(l.m, n), (*handSE)(l).input(worker, n))
}

func (l *seScale) Do(worker, n int) {
	y := l.out.Image(n)
	kernel.ScaleRows(y, (*handSE)(l).input(worker, n), (*handSE)(l).row(l.a, n))
	e := l.operations
	if e.Addend != nil {
		e.Addend = l.epilogue.addend.Image(n)
	}
	e.Apply(y)
}

func (l *seDots) Do(worker, n int) {
	dy := l.grad.Image(n)
	if ceiling, ok := l.epilogue.Bounded(); ok {
		kernel.ClampBackward(dy, dy, l.out.Image(n), ceiling)
	}
	d := (*handSE)(l).row(l.da, n)
	kernel.Zero(d)
	kernel.DotRows(d, dy, (*handSE)(l).input(worker, n))
}

func (l *seBackward) Do(_, n int) {
	dx := l.out.Image(n)
	kernel.Affine(dx, l.grad.Image(n), (*handSE)(l).row(l.a, n), (*handSE)(l).row(l.dm, n))
	if l.source != nil {
		l.source.Gradient(n*l.x.Pixels(), dx)
	}
}
