package nn

import (
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// Rectifier is ReLU, ReLU6, ELU or leaky ReLU. It works in the place of its input.
type Rectifier struct {
	path, kind string
	*rectification
	bound   float32 // the ceiling of ReLU, α of ELU, the slope of leaky ReLU
	y       Tensor
	in, out Tensor // of the pass under way
}

// A rectification is what a kind of rectifier computes, with its bound as the last argument.
type rectification struct {
	forward  func(y, x []float32, bound float32)
	backward func(dx, dy, y []float32, bound float32)
	lower    func(b *graph.Builder, x graph.Value, bound float32) graph.Value
}

var (
	clamped     = &rectification{kernel.Clamp, kernel.ClampBackward, (*graph.Builder).Clamp}
	exponential = &rectification{kernel.ELU, kernel.ELUBackward, (*graph.Builder).ELU}
	leaky       = &rectification{kernel.Leaky, kernel.LeakyBackward, (*graph.Builder).Leaky}
)

// NewReLU returns max(0, x).
func NewReLU(path string) *Rectifier {
	return &Rectifier{path: path, kind: "ReLU", rectification: clamped, bound: noCeiling}
}

// NewReLU6 returns min(max(0, x), 6).
func NewReLU6(path string) *Rectifier {
	return &Rectifier{path: path, kind: "ReLU6", rectification: clamped, bound: 6}
}

// NewELU returns x where that is positive, else eˣ−1.
func NewELU(path string) *Rectifier {
	return &Rectifier{path: path, kind: "ELU", rectification: exponential, bound: 1}
}

// NewLeakyReLU returns x where that is positive, else 0.01·x.
func NewLeakyReLU(path string) *Rectifier {
	return &Rectifier{path: path, kind: "leaky ReLU", rectification: leaky, bound: 0.01}
}

// Plan keeps the shape.
func (r *Rectifier) Plan(p *Plan, x Value) Value {
	p.Step(r.path)
	y := p.InPlace(&r.y, x)
	p.Report(r.kind, y, Cost{Other: y.Len()})
	return y
}

// Forward rectifies.
func (r *Rectifier) Forward(c *Context, x Tensor) Tensor {
	r.in, r.out = x, r.y.First(x.N)
	c.Run(rows(x).Count(), (*rectifierForward)(r))
	return r.out
}

// Backward takes the slope from the output. It overwrites dy.
func (r *Rectifier) Backward(c *Context, dy Tensor) Tensor {
	r.in = dy
	c.Run(rows(dy).Count(), (*rectifierBackward)(r))
	return dy
}

type (
	rectifierForward  Rectifier
	rectifierBackward Rectifier
)

func (r *rectifierForward) Do(_, part int) {
	lo, hi := rows(r.in).Range(part)
	r.forward(r.out.Between(lo, hi), r.in.Between(lo, hi), r.bound)
}

func (r *rectifierBackward) Do(_, part int) {
	lo, hi := rows(r.in).Range(part)
	d := r.in.Between(lo, hi)
	r.backward(d, d, r.out.Between(lo, hi), r.bound)
}
