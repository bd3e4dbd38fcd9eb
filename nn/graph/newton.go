package graph

import "math"

// Newton is P_T of Sigma/tr(Sigma) for each of its matrices, with Rescale times tr(Sigma)^(−1/2): P₀ = I, P_k = ½(3P_{k−1} −
// P_{k−1}³Σ/tr Σ), T = Steps, computed in the coupled form of package ce. P has Sigma's shape.
type Newton struct {
	Sigma, P Value
	Steps    int
	Rescale  bool
}

// Newton iterates.
func (b *Builder) Newton(o Newton) *Newton {
	o.P = b.statistic(b.Shape(o.Sigma))
	b.add(&o)
	return &o
}

func (o *Newton) Reads() []Value   { return []Value{o.Sigma} }
func (o *Newton) Writes() []Value  { return []Value{o.P} }
func (o *Newton) Weights() []Param { return nil }

func (o *Newton) forward(in *Interpreter) {
	s := in.shape(o.Sigma)
	for m := range s.N {
		at := m * s.H * s.H
		_, p := newton(o, in.values[o.Sigma][at:][:s.H*s.H], s.H)
		copy(in.values[o.P][at:], p)
	}
}

func (o *Newton) reverse(in *Interpreter) {
	s := in.shape(o.Sigma)
	for m := range s.N {
		at := m * s.H * s.H
		newtonBackward(o, in.grads[o.Sigma][at:][:s.H*s.H], in.values[o.Sigma][at:][:s.H*s.H], in.grads[o.P][at:][:s.H*s.H], s.H)
	}
}

// newton returns P₀ … P_T of a g×g matrix, and P_T multiplied as Rescale has it.
func newton(o *Newton, sigma []float64, g int) (all [][]float64, scaled []float64) {
	normed, t := normed(sigma, g)
	p := make([]float64, g*g)
	for i := range g {
		p[i*g+i] = 1
	}
	for range o.Steps {
		all = append(all, p)
		squared, cubed, next := make([]float64, g*g), make([]float64, g*g), make([]float64, g*g)
		product(squared, p, p, g, false, false, 1)
		product(cubed, squared, p, g, false, false, 1)
		product(next, cubed, normed, g, false, false, -0.5)
		for i := range next {
			next[i] += 1.5 * p[i]
		}
		p = next
	}
	scaled = append(scaled, p...)
	if o.Rescale {
		for i := range scaled {
			scaled[i] /= math.Sqrt(t)
		}
	}
	return append(all, p), scaled
}

// normed returns a matrix divided by its trace, and that.
func normed(sigma []float64, g int) (normed []float64, trace float64) {
	for i := range g {
		trace += sigma[i*g+i]
	}
	for _, e := range sigma {
		normed = append(normed, e/trace)
	}
	return normed, trace
}

// newtonBackward adds the gradient with respect to sigma, from dp, differentiating the iteration as it is printed.
func newtonBackward(o *Newton, dsigma, sigma, dscaled []float64, g int) {
	all, scaled := newton(o, sigma, g)
	n, t := normed(sigma, g)
	dp := append([]float64(nil), dscaled...)
	var dt float64
	if o.Rescale {
		for i := range dp {
			dt -= 0.5 * dp[i] * scaled[i] / t
			dp[i] /= math.Sqrt(t)
		}
	}
	dn := make([]float64, g*g)
	for k := o.Steps - 1; k >= 0; k-- {
		matrix := func() []float64 { return make([]float64, g*g) }
		p, squared, cubed := all[k], matrix(), matrix()
		product(squared, p, p, g, false, false, 1)
		product(cubed, squared, p, g, false, false, 1)
		dcubed, dsquared, next := matrix(), matrix(), matrix()
		product(dcubed, dp, n, g, false, true, -0.5)
		product(dn, cubed, dp, g, true, false, -0.5)
		product(dsquared, dcubed, p, g, false, true, 1)
		product(next, squared, dcubed, g, true, false, 1)
		product(next, dsquared, p, g, false, true, 1)
		product(next, p, dsquared, g, true, false, 1)
		for i := range next {
			next[i] += 1.5 * dp[i]
		}
		dp = next
	}
	for i, d := range dn {
		dt -= d * n[i] / t
	}
	for i, d := range dn {
		dsigma[i] += d / t
	}
	for i := range g {
		dsigma[i*g+i] += dt
	}
}
