package nn

import (
	"cenet/nn/kernel"
	"cenet/nn/stream"
)

// Dropout sets, in training, each element to 0 with probability P and multiplies the others by 1/(1−P). Which
// elements these are follows from Context.Random, the layer's path and the image's number in the batch.
//
// References:
//
//	Srivastava et al.: Dropout (2014).
type Dropout struct {
	P float64

	path  string
	y     Tensor
	mask  []float32 // as the input: 0 or 1/(1−P)
	x, at Tensor    // of the pass under way
	seed  [2]uint64 // of the pass under way
	p     float64   // of the pass under way: P, or 0
}

// NewDropout returns the layer; p is at least 0 and below 1.
func NewDropout(path string, p float64) *Dropout { return &Dropout{P: p, path: path} }

// Plan keeps the shape. It refuses another P.
func (l *Dropout) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if !(l.P >= 0 && l.P < 1) {
		p.Failf("drops with probability %v, expected at least 0 and below 1", l.P)
	}
	if !p.Training {
		return x
	}
	y := p.Transient(&l.y, x.Shape, x)
	y.first = x.first // the gradient is passed on in its place
	p.Keep(&l.mask, x.Len())
	return y
}

// Forward drops.
func (l *Dropout) Forward(c *Context, x Tensor) Tensor {
	if !c.Train {
		return x
	}
	l.x, l.at, l.seed, l.p = x, l.y.First(x.N), [2]uint64{c.Random.Seed, c.Random.Step}, l.P
	if c.Random.Off {
		l.p = 0
	}
	c.Run(x.N, (*dropoutForward)(l))
	return l.at
}

// Backward drops the same.
func (l *Dropout) Backward(c *Context, dy Tensor) Tensor {
	l.x, l.at = dy, dy
	c.Run(dy.N, (*dropoutBackward)(l))
	return dy
}

type (
	dropoutForward  Dropout
	dropoutBackward Dropout
)

func (l *dropoutForward) Do(_, n int) {
	size := l.x.Len() / l.x.N
	mask := l.mask[n*size : (n+1)*size]
	random := stream.New(l.seed[0], l.path, l.seed[1], uint64(n))
	kept := float32(1 / (1 - l.p))
	for i := range mask {
		mask[i] = kept
		if random.Float64() < l.p {
			mask[i] = 0
		}
	}
	kernel.ScaleRows(l.at.Image(n), l.x.Image(n), mask)
}

func (l *dropoutBackward) Do(_, n int) {
	size := l.x.Len() / l.x.N
	kernel.ScaleRows(l.at.Image(n), l.x.Image(n), l.mask[n*size:(n+1)*size])
}
