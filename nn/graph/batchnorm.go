package graph

import "math"

// BatchNorm is Y = γ(X−μ)/√(σ²+ε) + β by channel over all rows. In training μ and the biased σ² are those of the batch, and Mean and
// Variance move by Momentum towards μ and the unbiased variance (rows/(rows−1)·σ², σ² itself of one row); in evaluation μ and σ² are
// Mean and Variance. Moments (kernel.Moments of a chunk, kernel.CombineMoments) and the sums of the reverse are taken by Cut.
type BatchNorm struct {
	X, Y              Value
	Gamma, Beta       Param
	Mean, Variance    Buffer
	Epsilon, Momentum float32
	Cut               Cut
}

// BatchNorm normalises; the operation returned is what Variance.Norm takes.
func (b *Builder) BatchNorm(o BatchNorm) *BatchNorm {
	b.keep(&o, o.X, &o.Y)
	return &o
}

func (o *BatchNorm) Reads() []Value   { return []Value{o.X} }
func (o *BatchNorm) Writes() []Value  { return []Value{o.Y} }
func (o *BatchNorm) Weights() []Param { return []Param{o.Gamma, o.Beta} }

func (o *BatchNorm) forward(in *Interpreter) {
	x, y, s := in.values[o.X], in.values[o.Y], in.shape(o.X)
	m := o.takeMoments(in, x, s)
	gamma, beta := in.param(o.Gamma), in.param(o.Beta)
	for i := range y {
		c := i % s.C
		y[i] = gamma[c]*(x[i]-m.mean[c])/math.Sqrt(m.variance[c]+float64(o.Epsilon)) + beta[c]
	}
}

// takeMoments returns the mean and variance that x is normalised with, and in training moves the running ones.
func (o *BatchNorm) takeMoments(in *Interpreter, x []float64, s Shape) moments {
	running := moments{in.buffer(o.Mean), in.buffer(o.Variance)}
	if !in.random.Train {
		in.moments[o] = running
		return running
	}
	m := moments{make([]float64, s.C), make([]float64, s.C)}
	rows := float64(s.Rows())
	for i, v := range x {
		m.mean[i%s.C] += v / rows
	}
	for i, v := range x {
		d := v - m.mean[i%s.C]
		m.variance[i%s.C] += d * d / rows
	}
	momentum := float64(o.Momentum)
	for c := range s.C {
		running.mean[c] += momentum * (m.mean[c] - running.mean[c])
		running.variance[c] += momentum * (m.variance[c]*rows/max(1, rows-1) - running.variance[c])
	}
	in.moments[o] = m
	return m
}

func (o *BatchNorm) reverse(in *Interpreter) {
	x, dx, dy, s := in.values[o.X], in.grads[o.X], in.grads[o.Y], in.shape(o.X)
	gamma, dgamma, dbeta := in.param(o.Gamma), in.grad(o.Gamma), in.grad(o.Beta)
	m := in.moments[o]
	mean, along := make([]float64, s.C), make([]float64, s.C) // of dy and dy·x̂
	rows := float64(s.Rows())
	inv := make([]float64, s.C)
	for c := range inv {
		inv[c] = 1 / math.Sqrt(m.variance[c]+float64(o.Epsilon))
	}
	for i, d := range dy {
		c := i % s.C
		hat := (x[i] - m.mean[c]) * inv[c]
		dgamma[c] += d * hat
		dbeta[c] += d
		mean[c] += d / rows
		along[c] += d * hat / rows
	}
	for i, d := range dy {
		c := i % s.C
		dx[i] += gamma[c] * inv[c] * (d - mean[c] - (x[i]-m.mean[c])*inv[c]*along[c])
	}
}
