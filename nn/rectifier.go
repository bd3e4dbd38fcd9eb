package nn

import "cenet/nn/kernel"

// Rectifier is max(0, x), bounded above by a ceiling: ReLU (none) or ReLU6 (6). It works in the place of its input.
type Rectifier struct {
	path, kind string
	ceiling    float32
	y          Tensor
	in, out    Tensor // of the pass under way
}

// NewReLU returns max(0, x).
func NewReLU(path string) *Rectifier { return &Rectifier{path: path, kind: "ReLU", ceiling: noCeiling} }

// NewReLU6 returns min(max(0, x), 6).
func NewReLU6(path string) *Rectifier { return &Rectifier{path: path, kind: "ReLU6", ceiling: 6} }

// Plan keeps the shape.
func (r *Rectifier) Plan(p *Plan, x Value) Value {
	p.Step(r.path)
	y := p.InPlace(&r.y, x)
	p.Report(r.kind, y, Cost{Other: y.Len()})
	return y
}

// Forward clamps.
func (r *Rectifier) Forward(c *Context, x Tensor) Tensor {
	r.in, r.out = x, r.y.First(x.N)
	c.Run(rows(x).Count(), (*rectifierForward)(r))
	return r.out
}

// Backward lets the gradient through where the output is strictly between its bounds. It overwrites dy.
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
	kernel.Clamp(r.out.Between(lo, hi), r.in.Between(lo, hi), r.ceiling)
}

func (r *rectifierBackward) Do(_, part int) {
	lo, hi := rows(r.in).Range(part)
	d := r.in.Between(lo, hi)
	kernel.ClampBackward(d, d, r.out.Between(lo, hi), r.ceiling)
}
