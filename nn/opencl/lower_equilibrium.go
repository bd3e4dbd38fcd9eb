//go:build opencl

package opencl

import (
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// segments are the parts into which a cut cuts an activation.
func segments(c graph.Cut, s graph.Shape) kernel.Segments {
	if c.PerImage || c.Rows == s.Pixels() {
		return kernel.Segments{N: s.N, Pixels: s.Pixels(), Size: c.Rows}
	}
	return kernel.Segments{N: 1, Pixels: s.Rows(), Size: min(c.Rows, s.Rows())}
}

// equilibrium is the block of Channel Equilibrium that a Mix ends, with the memory that it keeps from one pass to another and that of this
// pass.
func (b *builder) equilibrium(o *graph.Mix, backward bool) *Equilibrium {
	s, p := b.shape(o.X), o.Parts
	e := &Equilibrium{
		N: s.N, Pixels: s.Pixels(), C: s.C, G: o.G,
		Segments:     segments(o.Cut, s),
		Decorrelates: p.Newton != nil, Reweights: p.Variance != nil,
	}
	keep := func(to *Buffer, name string, n int) { *to = b.keep(o, name, n) }
	scratch := func(to *Buffer, n int) { *to = b.scratch(n) }
	keep(&e.Scalars, "scalars", 2*scalarCount)
	keep(&e.Scaled, "scaled", s.C*o.G)
	keep(&e.Shift, "shift", s.C)
	if backward {
		scratch(&e.Q, s.C*o.G)
		scratch(&e.QShift, s.C)
		scratch(&e.Rows, s.N*s.C)
	}
	if l := p.Lambda; l != nil {
		e.Lambda = l.Constant
		if l.Param != graph.None {
			e.W, e.DW = b.param(l.Param), b.gradientOf(l.Param)
		}
	}
	if e.Decorrelates {
		b.decorrelation(e, o, backward)
	}
	if e.Reweights {
		b.reweighting(e, o, backward)
	}
	return e
}

// gradientOf is a parameter's gradient, the zero Buffer where there are none.
func (b *builder) gradientOf(p graph.Param) Buffer {
	if b.grads.Nil() {
		return Buffer{}
	}
	return b.dparam(p)
}

func (b *builder) decorrelation(e *Equilibrium, o *graph.Mix, backward bool) {
	p, c, g := o.Parts, e.C, e.G
	e.Epsilon, e.Steps, e.Rescale = p.Covariance.Epsilon, p.Newton.Steps, p.Newton.Rescale
	e.Centre, e.AverageSigma = o.Mean != graph.None, p.RunningMatrix.X == p.Covariance.Sigma
	e.Momentum = p.RunningMatrix.Momentum
	e.Running, e.RunningMean = b.buffer(p.RunningMatrix.Buffer), b.buffer(p.RunningMean.Buffer)
	e.Matrices = b.keep(o, "matrices", e.MatricesLen())
	e.Sigma = b.keep(o, "sigma", 2*c*g)
	e.Mean = b.keep(o, "mean", 2*c)
	e.Traces = b.keep(o, "traces", 2*c/g)
	if b.train {
		e.Means, e.Products = b.scratch(e.MeansLen()), b.scratch(e.ProductsLen())
	}
	if backward {
		e.D, e.DY, e.DLambda = b.scratch(2*c*g), b.scratch(2*c), b.scratch(2*c/g)
	}
}

func (b *builder) reweighting(e *Equilibrium, o *graph.Mix, backward bool) {
	p, n, c := o.Parts, e.N, e.C
	e.ByImage = segments(p.Variance.Cut, b.shape(o.X))
	e.Hidden = b.shape(p.Squeeze.Y).C
	e.Biased, e.Detached = p.Variance.Biased, p.RootMean.Detached
	e.Momentum = p.RunningScale.Momentum
	e.RunningScale = b.buffer(p.RunningScale.Buffer)
	if w := p.RunningScale.Weight; w != graph.None {
		e.RunningWeight = b.buffer(w)
	}
	if norm := p.Variance.Norm; norm != nil {
		e.RatioEpsilon, e.Ratio = float64(norm.Epsilon), b.buffer(norm.Variance)
		if b.train {
			e.Ratio = b.keep(norm, "variance", c)
		}
	}
	e.W1, e.DW1 = b.param(p.Squeeze.Weight), b.gradientOf(p.Squeeze.Weight)
	e.W2, e.DW2 = b.param(p.Excite.Weight), b.gradientOf(p.Excite.Weight)
	e.Factor, e.Slope = b.keep(o, "factor", c), b.keep(o, "slope", c)
	e.ImageMean, e.V, e.A = b.keep(o, "image mean", n*c), b.keep(o, "v", n*c), b.keep(o, "a", n*c)
	e.R = b.keep(o, "r", n*e.Hidden)
	if e.LayerNorm = p.Norm != nil; e.LayerNorm {
		e.Gamma, e.DGamma = b.param(p.Norm.Gamma), b.gradientOf(p.Norm.Gamma)
		e.Beta, e.DBeta = b.param(p.Norm.Beta), b.gradientOf(p.Norm.Beta)
		e.XHat, e.Inv = b.keep(o, "xhat", n*e.Hidden), b.keep(o, "inv", n)
	}
	e.Moments, e.Totals = b.scratch(e.MomentsLen()), b.scratch(2*n)
	if backward {
		e.IQ, e.T = b.scratch(n*c), b.scratch(n*c)
		e.DR, e.DH = b.scratch(n*e.Hidden), b.scratch(n*e.Hidden)
	}
}

// mix emits the forward pass of the whole block.
func (b *builder) mix(o *graph.Mix, y Buffer, after Epilogue) {
	e, x := b.equilibrium(o, false), b.value(o.X)
	if b.train {
		e.train(b, y, x, after)
		return
	}
	b.emitOnce(func() { e.prepareInference(b) })
	e.infer(b, y, x, after)
}

// mixBackward emits the backward pass of the whole block, from the gradient before an epilogue.
func (b *builder) mixBackward(o *graph.Mix, dx, dy Buffer) {
	b.equilibrium(o, true).backward(b, dx, dy, b.value(o.X))
}
