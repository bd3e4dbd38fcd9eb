package nn

import (
	"math"

	"cenet/nn/kernel"
)

// Residual computes ReLU(branch(x) + shortcut(x)). Where the branch ends in a BatchNorm, the sum is its tail.
//
// References:
//
//	He et al.: Deep residual learning for image recognition (2016), section 3.2.
type Residual struct {
	path     string
	branch   Layer
	shortcut Layer // nil for the identity

	body       Layer      // the branch without norm
	norm       *BatchNorm // that the branch ends in, or nil
	a, b, y, d Tensor
	identity   bool
	dx, da, db Tensor
}

// NewResidual returns the sum of a branch and a shortcut, nil for the identity, with a ReLU behind it. The
// branch must not end in a layer that works in the place of its gradient, as a Rectifier does.
func NewResidual(path string, branch, shortcut Layer) *Residual {
	return &Residual{path: path, branch: branch, shortcut: shortcut, identity: shortcut == nil}
}

// Plan refuses branches of different shapes.
func (r *Residual) Plan(p *Plan, x Value) Value {
	x = x.Shared()
	b := x
	if !r.identity {
		b = r.shortcut.Plan(p, x)
	}
	r.body = r.branch
	if s, ok := r.branch.(*Sequential); ok {
		if before, norm, taps := lastNorm(s.Layers); norm != nil {
			r.body, r.norm = NewSequential(before...), norm
			norm.tail = normTail{kind: adds, ceiling: noCeiling, taps: taps}
		}
	}
	a := r.body.Plan(p, x)
	if r.norm != nil {
		return r.planTail(p, a, b)
	}
	p.Step(r.path)
	r.check(p, a, b)
	y := p.InPlace(&r.y, a, b)
	p.Report("add, ReLU", y, Cost{Other: 2 * y.Len()})
	return y
}

func (r *Residual) check(p *Plan, a, b Value) {
	if a.Shape != b.Shape {
		p.Failf("the branch makes %v, the shortcut %v", a.Shape, b.Shape)
	}
}

// planTail is the plan of the normalisation with the sum. The gradient of the output lives on as that of the shortcut.
func (r *Residual) planTail(p *Plan, a, b Value) Value {
	y := r.norm.Plan(p, a)
	p.path = r.path
	r.check(p, a, b)
	p.read([]Value{b})
	y.first = min(y.first, b.first)
	p.Report("add, ReLU", y, Cost{Other: 2 * y.Len()})
	return y
}

// Forward runs the shortcut, the branch and their sum.
func (r *Residual) Forward(c *Context, x Tensor) Tensor {
	r.b = x
	if !r.identity {
		r.b = r.shortcut.Forward(c, x)
	}
	r.a = r.body.Forward(c, x)
	if r.norm != nil {
		r.norm.tail.addend = r.b
		return r.norm.Forward(c, r.a)
	}
	r.d = r.y.First(x.N)
	c.Run(rows(r.d).Count(), (*residualSum)(r))
	return r.d
}

// Backward lets the gradient through where the sum was positive, to both, and adds what they return.
func (r *Residual) Backward(c *Context, dy Tensor) Tensor {
	r.da = dy
	if r.norm != nil {
		r.da = r.norm.Backward(c, dy)
	} else {
		c.Run(rows(dy).Count(), (*residualMask)(r))
	}
	r.dx = r.body.Backward(c, r.da)
	r.db = dy
	if !r.identity {
		r.db = r.shortcut.Backward(c, dy)
	}
	if r.dx.Data != nil {
		c.Run(rows(r.dx).Count(), (*residualJoin)(r))
	}
	return r.dx
}

var noCeiling = float32(math.Inf(1))

// rows cuts an activation into chunks of rows for passes that look at every element once.
func rows(t Tensor) kernel.Chunks { return kernel.RowChunks(t.Rows(), t.C) }

type (
	residualSum  Residual
	residualMask Residual
	residualJoin Residual
)

func (r *residualSum) Do(_, part int) {
	lo, hi := rows(r.d).Range(part)
	kernel.SumClamp(r.d.Between(lo, hi), r.a.Between(lo, hi), r.b.Between(lo, hi), noCeiling)
}

func (r *residualMask) Do(_, part int) {
	lo, hi := rows(r.da).Range(part)
	d := r.da.Between(lo, hi)
	kernel.ClampBackward(d, d, r.d.Between(lo, hi), noCeiling)
}

func (r *residualJoin) Do(_, part int) {
	lo, hi := rows(r.dx).Range(part)
	kernel.Add(r.dx.Between(lo, hi), r.db.Between(lo, hi))
}
