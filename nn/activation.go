package nn

import "cenet/nn/kernel"

// Activation is ELU or leaky ReLU, which unlike a Rectifier do not bound below by 0. It works in the place of its input.
type Activation struct {
	path        string
	exponential bool
	slope       float32 // of leaky ReLU; α of ELU
	y           Tensor
	in, out     Tensor // of the pass under way
}

// NewELU returns x where that is positive, else eˣ−1.
func NewELU(path string) *Activation { return &Activation{path: path, exponential: true, slope: 1} }

// NewLeakyReLU returns x where that is positive, else 0.01·x.
func NewLeakyReLU(path string) *Activation { return &Activation{path: path, slope: 0.01} }

// Plan keeps the shape.
func (l *Activation) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	y := p.InPlace(&l.y, x)
	kind := "leaky ReLU"
	if l.exponential {
		kind = "ELU"
	}
	p.Report(kind, y, Cost{Other: y.Len()})
	return y
}

// Forward rectifies.
func (l *Activation) Forward(c *Context, x Tensor) Tensor {
	l.in, l.out = x, l.y.First(x.N)
	c.Run(rows(x).Count(), (*activationForward)(l))
	return l.out
}

// Backward takes the slope from the output. It overwrites dy.
func (l *Activation) Backward(c *Context, dy Tensor) Tensor {
	l.in = dy
	c.Run(rows(dy).Count(), (*activationBackward)(l))
	return dy
}

type (
	activationForward  Activation
	activationBackward Activation
)

func (l *activationForward) Do(_, part int) {
	lo, hi := rows(l.in).Range(part)
	y, x := l.out.Between(lo, hi), l.in.Between(lo, hi)
	if l.exponential {
		kernel.ELU(y, x, l.slope)
	} else {
		kernel.Leaky(y, x, l.slope)
	}
}

func (l *activationBackward) Do(_, part int) {
	lo, hi := rows(l.in).Range(part)
	d, y := l.in.Between(lo, hi), l.out.Between(lo, hi)
	if l.exponential {
		kernel.ELUBackward(d, d, y, l.slope)
	} else {
		kernel.LeakyBackward(d, d, y, l.slope)
	}
}
