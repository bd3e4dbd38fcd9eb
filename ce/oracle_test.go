package ce

import (
	"math"
	"math/cmplx"
)

// Definition is one block in float64, written from the equations for reading and for checking the layer against; nothing
// in it is made to be fast. Lengths follow from Channels, Group and Options.Hidden; NewDefinition sets them.
type Definition struct {
	Options  Options
	Channels int // C
	Group    int // g

	Parameters
	Running

	// Of the BatchNorm before the block, for Ratio: σ²_BN (of the batch in training, running in evaluation) for each channel
	// and its ε. Nil: Ratio is Biased.
	NormVariance []float64
	NormEpsilon  float64
}

// Parameters of a block. What an option leaves out is nil.
type Parameters struct {
	W1    []float64 // (hidden, C)
	Gamma []float64 // (hidden), of LayerNorm
	Beta  []float64 // (hidden), of LayerNorm
	W2    []float64 // (C, hidden)
	W     []float64 // (1), λ = sigmoid(w); nil where λ is fixed
}

// Running holds the running averages that inference uses.
type Running struct {
	P      []float64 // (C/g, g, g), of the matrix that is applied, or of Σ: Options.Average
	Mean   []float64 // (C), of μ
	Scale  float64   // of s; 0 before the first step, and then treated as 1
	Weight float64   // of the constant 1: what is missing to 1 is the share of its start in Scale
}

// NewDefinition returns a block before its first step: averages at I, 0 and 0, LayerNorm the identity, W₁ and W₂ zero.
func NewDefinition(o Options, channels, group int) *Definition {
	d := &Definition{Options: o, Channels: channels, Group: group}
	hidden := o.Hidden(channels)
	if o.reweights() {
		d.W1, d.W2 = make([]float64, hidden*channels), make([]float64, channels*hidden)
	}
	if o.reweights() && o.LayerNorm {
		d.Gamma, d.Beta = make([]float64, hidden), make([]float64, hidden)
		for i := range d.Gamma {
			d.Gamma[i] = 1
		}
	}
	if o.learns() {
		d.W = []float64{o.logit()}
	}
	d.Mean = make([]float64, channels)
	d.P = make([]float64, channels*group)
	for c := range channels {
		d.P[c*group+c%group] = 1
	}
	return d
}

// Shape of an input: N images of H×W pixels.
type Shape struct{ N, H, W int }

// Forward returns the output of the block for x of shape (N, H, W, C), and the running averages after it: in evaluation
// those it was given. It does not change d. It panics for images of one pixel with the variance Unbiased.
func (d *Definition) Forward(x []float64, shape Shape, train bool) (y []float64, after Running) {
	y, s := forward(d, values[float64]{x, d.W1, d.Gamma, d.Beta, d.W2, d.W}, shape, train)
	if !train {
		return y, d.Running
	}
	average := func(old, new float64) float64 { return (1-d.Options.Momentum)*old + d.Options.Momentum*new }
	after = Running{
		P:      make([]float64, len(d.P)),
		Mean:   make([]float64, len(d.Mean)),
		Scale:  average(d.Scale, s.scale),
		Weight: average(d.Weight, 1),
	}
	if d.Options.decorrelates() {
		for i := range after.P {
			after.P[i] = average(d.P[i], s.averaged[i])
		}
		for i := range after.Mean {
			after.Mean[i] = average(d.Mean[i], s.mean[i])
		}
	}
	return y, after
}

// Gradient returns the gradients of Σ dy·y with respect to x and to every parameter, each entry by a complex step: the
// imaginary part of f(x+ih)/h is f'(x) but for h², and no digit is lost by a difference. So the derivative needs the forward
// equations alone, one evaluation an entry.
//
// References:
//
//	Squire, Trapp: Using complex variables to estimate derivatives of real functions (1998).
func (d *Definition) Gradient(x, dy []float64, shape Shape, train bool) (dx []float64, dp Parameters) {
	const h = 1e-30
	v := values[complex128]{complexes(x), complexes(d.W1), complexes(d.Gamma), complexes(d.Beta), complexes(d.W2), complexes(d.W)}
	gradient := func(of []complex128) []float64 {
		if of == nil {
			return nil
		}
		g := make([]float64, len(of))
		for i, at := range of {
			of[i] = complex(real(at), h)
			y, _ := forward(d, v, shape, train)
			for j, yj := range y {
				g[i] += dy[j] * (imag(yj) / h)
			}
			of[i] = at
		}
		return g
	}
	return gradient(v.x), Parameters{gradient(v.w1), gradient(v.gamma), gradient(v.beta), gradient(v.w2), gradient(v.w)}
}

// scalar is what the equations are evaluated in: numbers, or numbers with an infinitesimal imaginary part.
type scalar interface{ float64 | complex128 }

// values are what the output can be differentiated by.
type values[T scalar] struct{ x, w1, gamma, beta, w2, w []T }

// statistics of a batch, as they enter the running averages.
type statistics struct {
	averaged []float64 // (C/g, g, g)
	mean     []float64 // (C)
	scale    float64
}

// forward evaluates the block's equations; the numbers are those of the package comment.
func forward[T scalar](d *Definition, v values[T], shape Shape, train bool) (y []T, s statistics) {
	o, channels, pixels := d.Options, d.Channels, shape.H*shape.W
	y = make([]T, len(v.x))

	lambda := number[T](o.Lambda) // (10)
	switch {
	case !o.reweights():
		lambda = 1
	case !o.decorrelates():
		lambda = 0
	case o.learns():
		lambda = sigmoid(v.w[0])
	}

	if o.decorrelates() {
		s.averaged = make([]float64, len(d.P))
		s.mean = make([]float64, channels)
		for first := 0; first < channels; first += d.Group {
			group := span{v: first, channels: channels, size: d.Group}
			bd(d, v.x, group, train, lambda, y, &s)
		}
	}
	if o.reweights() {
		factor := ir(d, v, shape, train, &s) // a/s, (N, C)
		for i, x := range v.x {              // (9)
			n, c := i/(pixels*channels), i%channels
			y[i] += (1 - lambda) * factor[n*channels+c] * x
		}
	}
	return y, s
}

// span is a group: size channels from v on, of all.
type span struct{ v, channels, size int }

// bd adds λ·BD(x̃) of one group to y.
func bd[T scalar](d *Definition, x []T, group span, train bool, lambda T, y []T, s *statistics) {
	g, samples := group.size, len(x)/group.channels
	at := func(sample, c int) int { return sample*group.channels + group.v + c }
	running := d.P[group.v*g:][:g*g]

	mean := make([]T, g)
	var p []T
	if train {
		for c := range g { // (1)
			for i := range samples {
				mean[c] += x[at(i, c)]
			}
			mean[c] /= number[T](float64(samples))
		}
		sigma := make([]T, g*g) // (2)
		for a := range g {
			for b := range g {
				for i := range samples {
					sigma[a*g+b] += (x[at(i, a)] - mean[a]) * (x[at(i, b)] - mean[b])
				}
				sigma[a*g+b] /= number[T](float64(samples))
			}
			sigma[a*g+a] += number[T](d.Options.Epsilon)
		}
		p = root(sigma, g, d.Options)
		averaged := p
		if d.Options.Average == AverageCovariance {
			averaged = sigma
		}
		for i := range averaged {
			s.averaged[group.v*g+i] = realPart(averaged[i])
		}
		for c := range g {
			s.mean[group.v+c] = realPart(mean[c])
		}
	} else {
		for c := range g {
			mean[c] = number[T](d.Mean[group.v+c])
		}
		p = make([]T, g*g)
		for i := range p {
			p[i] = number[T](running[i])
		}
		if d.Options.Average == AverageCovariance {
			p = root(p, g, d.Options)
		}
	}
	if !d.Options.Centre {
		clear(mean)
	}
	for i := range samples { // (5)
		for a := range g {
			for b := range g {
				y[at(i, a)] += lambda * p[a*g+b] * (x[at(i, b)] - mean[b])
			}
		}
	}
}

// root returns P_T of Σ by (3) and (4), the iteration as it is printed; multiplied by tr(Σ)^{-1/2} with Rescale.
func root[T scalar](sigma []T, g int, o Options) []T {
	var trace T
	for a := range g {
		trace += sigma[a*g+a]
	}
	normalised, p := make([]T, g*g), make([]T, g*g)
	for i := range sigma {
		normalised[i] = sigma[i] / trace
	}
	for a := range g {
		p[a*g+a] = 1
	}
	for range o.Steps {
		cubed := product(product(product(p, p, g), p, g), normalised, g)
		for i := range p {
			p[i] = 0.5 * (3*p[i] - cubed[i])
		}
	}
	if o.Rescale {
		for i := range p {
			p[i] /= sqrt(trace)
		}
	}
	return p
}

// ir returns a/s for every image and channel, (N, C).
func ir[T scalar](d *Definition, v values[T], shape Shape, train bool, s *statistics) []T {
	o, channels, pixels, hidden := d.Options, d.Channels, shape.H*shape.W, d.Options.Hidden(d.Channels)
	factor := make([]T, shape.N*channels)

	divisor := float64(pixels)
	if o.Variance == Unbiased {
		if pixels == 1 {
			panic("ce: unbiased variance of one pixel")
		}
		divisor--
	}
	variance := make([]T, shape.N*channels)
	var total T
	for n := range shape.N {
		for c := range channels {
			var mean, sum T
			for i := range pixels {
				mean += v.x[(n*pixels+i)*channels+c]
			}
			mean /= number[T](float64(pixels))
			for i := range pixels {
				deviation := v.x[(n*pixels+i)*channels+c] - mean
				sum += deviation * deviation
			}
			variance[n*channels+c] = sum / number[T](divisor) // (6)
			if o.Variance == Ratio && d.NormVariance != nil {
				variance[n*channels+c] *= number[T](ratioFactor(d.NormVariance[c], d.NormEpsilon))
			}
			total += variance[n*channels+c]
		}
	}

	var scale T // (8)
	if train {
		mean := total / number[T](float64(len(variance)))
		if realPart(mean) > 0 {
			s.scale = math.Sqrt(realPart(mean))
		}
		scale = number[T](floorScale(s.scale))
		if realPart(mean) >= minScale*minScale && !o.DetachScale {
			scale = sqrt(mean)
		}
	} else {
		running := d.Scale
		if o.CorrectBias && d.Weight > 0 {
			running /= d.Weight
		}
		scale = number[T](floorScale(running))
	}

	for n := range shape.N { // (7)
		h := make([]T, hidden)
		for i := range hidden {
			for c := range channels {
				h[i] += v.w1[i*channels+c] * variance[n*channels+c]
			}
		}
		if o.LayerNorm {
			h = layerNorm(h, v.gamma, v.beta)
		}
		for c := range channels {
			var z T
			for i := range hidden {
				if realPart(h[i]) > 0 {
					z += v.w2[c*hidden+i] * h[i]
				}
			}
			factor[n*channels+c] = sigmoid(z) / scale
		}
	}
	return factor
}

// layerNorm returns γ·(h − mean)/√(variance + ε) + β over all entries of h.
func layerNorm[T scalar](h, gamma, beta []T) []T {
	var mean, variance T
	for _, hi := range h {
		mean += hi / number[T](float64(len(h)))
	}
	for _, hi := range h {
		variance += (hi - mean) * (hi - mean) / number[T](float64(len(h)))
	}
	out := make([]T, len(h))
	for i, hi := range h {
		out[i] = gamma[i]*(hi-mean)/sqrt(variance+number[T](layerNormEpsilon)) + beta[i]
	}
	return out
}

// product returns the product of two g×g matrices.
func product[T scalar](a, b []T, g int) []T {
	c := make([]T, g*g)
	for i := range g {
		for k := range g {
			for j := range g {
				c[i*g+j] += a[i*g+k] * b[k*g+j]
			}
		}
	}
	return c
}

func complexes(x []float64) []complex128 {
	if x == nil {
		return nil
	}
	z := make([]complex128, len(x))
	for i, v := range x {
		z[i] = complex(v, 0)
	}
	return z
}

func number[T scalar](x float64) (out T) {
	switch p := any(&out).(type) {
	case *float64:
		*p = x
	case *complex128:
		*p = complex(x, 0)
	}
	return out
}

func realPart[T scalar](x T) float64 {
	switch x := any(x).(type) {
	case float64:
		return x
	case complex128:
		return real(x)
	}
	panic("ce: unreachable")
}

func sqrt[T scalar](x T) (out T) {
	switch p := any(&out).(type) {
	case *float64:
		*p = math.Sqrt(any(x).(float64))
	case *complex128:
		*p = cmplx.Sqrt(any(x).(complex128))
	}
	return out
}

func sigmoid[T scalar](x T) (out T) {
	switch p := any(&out).(type) {
	case *float64:
		*p = 1 / (1 + math.Exp(-any(x).(float64)))
	case *complex128:
		*p = 1 / (1 + cmplx.Exp(-any(x).(complex128)))
	}
	return out
}
