package nn

import (
	"math"

	"cenet/nn/kernel"
)

// Residual computes ReLU(branch(x) + shortcut(x)), or the sum alone. Where the last layer of the branch can run an epilogue, the sum
// is its epilogue.
//
// References:
//
//	He et al.: Deep residual learning for image recognition (2016), section 3.2.
type Residual struct {
	path     string
	branch   Layer
	shortcut Layer        // nil for the identity
	kind     epilogueKind // adds, or sums without the ReLU

	fusion     residualFusion
	a, b, y, d Tensor
	identity   bool
	dx, da, db Tensor
	kept       Tensor // a copy of the sum's gradient for the branch, where that may write to it; else without Data
}

// NewResidual returns the sum of a branch and a shortcut, nil for the identity, with a ReLU after it.
func NewResidual(path string, branch, shortcut Layer) *Residual {
	return &Residual{path: path, branch: branch, shortcut: shortcut, identity: shortcut == nil, kind: addClamp}
}

// NewSum is NewResidual without the ReLU.
//
// References:
//
//	Sandler et al.: MobileNetV2 (2018), section 3.3.
func NewSum(path string, branch, shortcut Layer) *Residual {
	r := NewResidual(path, branch, shortcut)
	r.kind = addOnly
	return r
}

// Plan refuses branches of different shapes.
func (r *Residual) Plan(p *Plan, x Value) Value {
	x = x.Shared()
	b := x
	r.fusion = fuseResidual(p, r.branch, r.shortcut, r.kind)
	if !r.identity {
		b = r.shortcut.Plan(p, x)
	}
	a := r.fusion.body.Plan(p, x)
	if r.identity {
		r.fusion.addGradient()
	}
	if r.fusion.last != nil {
		return r.planEpilogue(p, a, b)
	}
	p.Step(r.path)
	r.check(p, a, b)
	y := p.InPlace(&r.y, a, b)
	y.needed = p.Training && r.kind == addClamp
	r.kept = Tensor{}
	if p.Training && !a.intact {
		p.gradUntil(&r.kept, a.Shape, a.first)
	}
	r.report(p, y)
	return y
}

func (r *Residual) check(p *Plan, a, b Value) {
	if a.Shape != b.Shape {
		p.Failf("the branch makes %v, the shortcut %v", a.Shape, b.Shape)
	}
}

func (r *Residual) report(p *Plan, y Value) {
	if r.kind == addOnly {
		p.Report("add", y, Cost{Other: y.Len()})
	} else {
		p.Report("add, ReLU", y, Cost{Other: 2 * y.Len()})
	}
}

// planEpilogue is the plan of the last layer with the sum. The gradient of the output lives on as that of the shortcut.
func (r *Residual) planEpilogue(p *Plan, a, b Value) Value {
	y := r.fusion.last.Plan(p, a)
	p.path = r.path
	r.check(p, y, b)
	p.pass(b)
	y.first = min(y.first, b.first)
	r.report(p, y)
	return y
}

// Forward runs the shortcut, the branch and their sum.
func (r *Residual) Forward(c *Context, x Tensor) Tensor {
	r.b = x
	if !r.identity {
		r.b = r.shortcut.Forward(c, x)
	}
	r.a = r.fusion.body.Forward(c, x)
	if r.fusion.last != nil {
		r.fusion.last.Epilogue().addend = r.b
		return r.fusion.last.Forward(c, r.a)
	}
	r.d = r.y.First(x.N)
	c.Run(rows(r.d).Count(), (*residualSum)(r))
	return r.d
}

// Backward lets the gradient through to both, where there is a ReLU only where the sum was positive, and adds what they return.
func (r *Residual) Backward(c *Context, dy Tensor) Tensor {
	r.da = dy
	if r.fusion.last != nil {
		r.da = r.fusion.last.Backward(c, dy)
	} else if r.kind == addClamp {
		c.Run(rows(dy).Count(), (*residualMask)(r))
	}
	if r.kept.Data != nil {
		r.da = r.kept.First(dy.N)
		r.db = dy
		c.Run(rows(dy).Count(), (*residualCopy)(r))
	}
	if r.fusion.conv != nil {
		r.fusion.conv.gradAddend = dy
		return r.fusion.body.Backward(c, r.da)
	}
	r.dx = r.fusion.body.Backward(c, r.da)
	r.db = dy
	if !r.identity {
		r.db = r.shortcut.Backward(c, dy)
	}
	if r.dx.Data != nil {
		c.Run(rows(r.dx).Count(), (*residualAdd)(r))
	}
	return r.dx
}

var noCeiling = float32(math.Inf(1))

// rows cuts an activation into chunks of rows for passes that read every element once.
func rows(t Tensor) kernel.Chunks { return kernel.RowChunks(t.Rows(), t.C) }

type (
	residualSum  Residual
	residualMask Residual
	residualCopy Residual
	residualAdd  Residual
)

func (r *residualSum) Do(_, part int) {
	lo, hi := rows(r.d).Range(part)
	y, a, b := r.d.Between(lo, hi), r.a.Between(lo, hi), r.b.Between(lo, hi)
	if r.kind == addOnly {
		kernel.Sum(y, a, b)
	} else {
		kernel.SumClamp(y, a, b, noCeiling)
	}
}

func (r *residualMask) Do(_, part int) {
	lo, hi := rows(r.da).Range(part)
	d := r.da.Between(lo, hi)
	kernel.ClampBackward(d, d, r.d.Between(lo, hi), noCeiling)
}

func (r *residualCopy) Do(_, part int) {
	lo, hi := rows(r.da).Range(part)
	kernel.Copy(r.da.Between(lo, hi), r.db.Between(lo, hi))
}

func (r *residualAdd) Do(_, part int) {
	lo, hi := rows(r.dx).Range(part)
	kernel.Add(r.dx.Between(lo, hi), r.db.Between(lo, hi))
}
