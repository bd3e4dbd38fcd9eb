package nn

import (
	"math"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// ECA is efficient channel attention: y = x·a, a = sigmoid(w∗m), m the mean of each channel in the image, ∗ the convolution over
// neighbouring channels with zeros beyond both ends. Activations are (N, H, W, C).
//
// References:
//
//	Wang et al.: ECA-Net: Efficient channel attention for deep convolutional neural networks (2020), section 3.2.
type ECA struct {
	Weight *Param // (1, 1, k)

	path         string
	channels     int
	y, dx        Tensor
	m, a         []float32 // (N, C)
	da, dm       []float32 // likewise
	x, out, grad Tensor    // of the pass under way
}

// NewECA returns the block for so many channels, with the k that they lead to: see ECASize.
func NewECA(b *Builder, path string, channels int) *ECA {
	k := ECASize(channels)
	return &ECA{path: path, channels: channels, Weight: b.Param(path+"/weight", true, Uniform(1/math.Sqrt(float64(k))), 1, 1, k)}
}

// ECASize is the number of neighbours for so many channels, |log₂(C)/γ + b/γ| with γ = 2 and b = 1 cut to an integer, and the next one
// where that is even (equation 12 of the paper, as its authors' code rounds).
func ECASize(channels int) int {
	k := int(math.Abs((math.Log2(float64(channels)) + 1) / 2))
	return k + 1 - k%2
}

// Plan keeps the shape.
func (l *ECA) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if x.C != l.channels {
		p.Failf("weights %d channels, not %d", l.channels, x.C)
	}
	y := p.Output(&l.y, x.Shape, x)
	p.Grad(&l.dx, x)
	p.Keep(&l.m, x.N*x.C)
	p.Keep(&l.a, x.N*x.C)
	p.Scratch(&l.da, x.N*x.C)
	p.Scratch(&l.dm, x.N*x.C)
	p.Report("ECA", y, Cost{MACs: x.N * x.C * Size(l.Weight.Shape), Other: 2*y.Len() + x.N*x.C})
	return y
}

// Forward weights the channels of each image.
func (l *ECA) Forward(c *Context, x Tensor) Tensor {
	l.x, l.out = x, l.y.First(x.N)
	m, a := l.m[:x.N*l.channels], l.a[:x.N*l.channels]
	c.Run(x.N, (*ecaSqueeze)(l))
	kernel.ChannelConv(a, m, l.Weight.Data, l.channels)
	kernel.Sigmoid(a, a)
	c.Run(x.N, (*ecaScale)(l))
	return l.out
}

// Backward runs through the weights and the means.
func (l *ECA) Backward(c *Context, dy Tensor) Tensor {
	l.grad = dy
	size := dy.N * l.channels
	da, dm := l.da[:size], l.dm[:size]
	c.Run(dy.N, (*ecaDots)(l))
	kernel.SigmoidBackward(da, da, l.a)
	kernel.ChannelConvWeight(l.Weight.Grad, da, l.m[:size], l.channels)
	if l.dx.Data == nil {
		return l.dx
	}
	kernel.ChannelConvInput(dm, da, l.Weight.Data, l.channels, 1/float32(dy.Pixels()))
	l.out = l.dx.First(dy.N)
	c.Run(dy.N, (*ecaBackward)(l))
	return l.out
}

// Lower weights channels by a convolution over their means.
func (l *ECA) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	a := b.ChannelConv(graph.ChannelConv{X: b.GlobalPool(x), Weight: b.Param(l.Weight)})
	return b.Scale(x, b.Sigmoid(a))
}

type (
	ecaSqueeze  ECA
	ecaScale    ECA
	ecaDots     ECA
	ecaBackward ECA
)

// row is what belongs to image n of a (N, C) array.
func (l *ECA) row(x []float32, n int) []float32 { return x[n*l.channels:][:l.channels] }

func (l *ecaSqueeze) Do(_, n int) { kernel.MeanRows((*ECA)(l).row(l.m, n), l.x.Image(n)) }

func (l *ecaScale) Do(_, n int) {
	kernel.ScaleRows(l.out.Image(n), l.x.Image(n), (*ECA)(l).row(l.a, n))
}

func (l *ecaDots) Do(_, n int) {
	d := (*ECA)(l).row(l.da, n)
	kernel.Zero(d)
	kernel.DotRows(d, l.grad.Image(n), l.x.Image(n))
}

func (l *ecaBackward) Do(_, n int) {
	kernel.Affine(l.out.Image(n), l.grad.Image(n), (*ECA)(l).row(l.a, n), (*ECA)(l).row(l.dm, n))
}
