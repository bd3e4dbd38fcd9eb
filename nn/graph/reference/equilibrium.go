package reference

import (
	"math"

	"cenet/nn/graph"
)

// The operations of the block of Channel Equilibrium.

type (
	covariance     graph.Covariance
	newton         graph.Newton
	runningAverage graph.RunningAverage
	rootMean       graph.RootMean
	lambda         graph.Lambda
	mix            graph.Mix
)

func (o *covariance) forward(in *Interpreter) {
	if !in.random.Train {
		return
	}
	x, s := in.values[o.X], in.shape(o.X)
	mean, sigma := in.values[o.Mean], in.values[o.Sigma]
	rows := float64(s.Rows())
	for i, e := range x {
		mean[i%s.C] += e / rows
	}
	for i, e := range x {
		c, row := i%s.C, i/s.C*s.C
		for j := range o.G {
			from := c/o.G*o.G + j
			sigma[c*o.G+j] += (e - mean[c]) * (x[row+from] - mean[from]) / rows
		}
	}
	for c := range s.C {
		sigma[c*o.G+c%o.G] += o.Epsilon
	}
}

func (o *covariance) reverse(in *Interpreter) {
	if !in.random.Train {
		return
	}
	x, dx, s := in.values[o.X], in.grads[o.X], in.shape(o.X)
	mean, rows := in.values[o.Mean], float64(s.Rows())
	d := in.grads[o.Sigma]
	for i := range dx {
		c, row := i%s.C, i/s.C*s.C
		dx[i] += in.grads[o.Mean][c] / rows
		for j := range o.G {
			from := c/o.G*o.G + j
			symmetric := d[c*o.G+j] + d[from*o.G+c%o.G]
			dx[i] += symmetric * (x[row+from] - mean[from]) / rows
		}
	}
}

func (o *newton) forward(in *Interpreter) {
	s := in.shape(o.Sigma)
	for m := range s.N {
		at := m * s.H * s.H
		_, p := o.iterate(in.values[o.Sigma][at:][:s.H*s.H], s.H)
		copy(in.values[o.P][at:], p)
	}
}

func (o *newton) reverse(in *Interpreter) {
	s := in.shape(o.Sigma)
	for m := range s.N {
		at := m * s.H * s.H
		o.iterateBackward(in.grads[o.Sigma][at:][:s.H*s.H], in.values[o.Sigma][at:][:s.H*s.H], in.grads[o.P][at:][:s.H*s.H], s.H)
	}
}

// iterate returns P₀ … P_T of a g×g matrix, and P_T multiplied as Rescale has it.
func (o *newton) iterate(sigma []float64, g int) (all [][]float64, scaled []float64) {
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

// iterateBackward adds the gradient with respect to sigma, from dp, differentiating the iteration as it is printed.
func (o *newton) iterateBackward(dsigma, sigma, dscaled []float64, g int) {
	all, scaled := o.iterate(sigma, g)
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

// product adds scale·A·B of two g×g matrices to c, with A or B transposed.
func product(c, a, b []float64, g int, transA, transB bool, scale float64) {
	for i := range g {
		for j := range g {
			var sum float64
			for k := range g {
				x, y := a[i*g+k], b[k*g+j]
				if transA {
					x = a[k*g+i]
				}
				if transB {
					y = b[j*g+k]
				}
				sum += x * y
			}
			c[i*g+j] += scale * sum
		}
	}
}

func (o *runningAverage) forward(in *Interpreter) {
	x := in.values[o.X]
	y, running := in.values[o.Y], in.buffer(o.Buffer)
	if in.random.Train {
		copy(y, x)
		for i := range x {
			running[i] += float64(o.Momentum) * (x[i] - running[i])
		}
		if o.Weight != graph.None {
			w := in.buffer(o.Weight)
			w[0] += float64(o.Momentum) * (1 - w[0])
		}
		return
	}
	weight := 1.0
	if o.Weight != graph.None && in.buffer(o.Weight)[0] > 0 {
		weight = in.buffer(o.Weight)[0]
	}
	for i := range y {
		y[i] = running[i] / weight
	}
}

func (o *runningAverage) reverse(in *Interpreter) {
	if !in.random.Train {
		return
	}
	for i, d := range in.grads[o.Y] {
		in.grads[o.X][i] += d
	}
}

func (o *rootMean) forward(in *Interpreter) {
	var sum float64
	for _, e := range in.values[o.V] {
		sum += e
	}
	in.values[o.S][0] = math.Sqrt(sum / float64(len(in.values[o.V])))
}

func (o *rootMean) reverse(in *Interpreter) {
	if root := in.values[o.S][0]; !o.Detached && root >= graph.MinScale {
		dv := in.grads[o.V]
		for i := range dv {
			dv[i] += in.grads[o.S][0] / (2 * root * float64(len(dv)))
		}
	}
}

func (o *lambda) forward(in *Interpreter) {
	in.values[o.Y][0] = o.Constant
	if o.Param != graph.None {
		in.values[o.Y][0] = sigmoid(in.param(o.Param).value[0])
	}
}

func (o *lambda) reverse(in *Interpreter) {
	if o.Param != graph.None {
		l := in.values[o.Y][0]
		in.param(o.Param).grad[0] += in.grads[o.Y][0] * l * (1 - l)
	}
}

// mixing is what a Mix multiplies by: λ, P, μ and (1−λ)/s.
type mixing struct {
	lambda, k, s float64
	constant     bool // s has no gradient
	g            int  // 0 without P
	p, mean      []float64
}

func (o *mix) terms(in *Interpreter) mixing {
	m := mixing{s: 1, mean: make([]float64, in.shape(o.X).C)}
	if o.P != graph.None {
		m.g, m.p, m.lambda = o.G, in.values[o.P], 1
	}
	if o.Mean != graph.None {
		m.mean = in.values[o.Mean]
	}
	if o.Lambda != graph.None {
		m.lambda = in.values[o.Lambda][0]
	}
	if o.S != graph.None {
		m.s = in.values[o.S][0]
		if m.s < graph.MinScale {
			m.s, m.constant = 1, true
		}
	}
	m.k = (1 - m.lambda) / m.s
	return m
}

func (o *mix) forward(in *Interpreter) {
	x, y, s, m := in.values[o.X], in.values[o.Y], in.shape(o.X), o.terms(in)
	for r := range s.Rows() {
		for c := range s.C {
			i := r*s.C + c
			if o.A != graph.None {
				y[i] += m.k * in.values[o.A][r/s.Pixels()*s.C+c] * x[i]
			}
			for j := range m.g {
				from := c/m.g*m.g + j
				y[i] += m.lambda * m.p[c*m.g+j] * (x[r*s.C+from] - m.mean[from])
			}
		}
	}
}

func (o *mix) reverse(in *Interpreter) {
	x, dx, s := in.values[o.X], in.grads[o.X], in.shape(o.X)
	m, dy := o.terms(in), in.grads[o.Y]
	var dlambda, dk float64
	for r := range s.Rows() {
		for c := range s.C {
			i := r*s.C + c
			if o.A != graph.None {
				a := r/s.Pixels()*s.C + c
				dx[i] += m.k * in.values[o.A][a] * dy[i]
				in.grads[o.A][a] += m.k * x[i] * dy[i]
				dk += in.values[o.A][a] * x[i] * dy[i]
			}
			for j := range m.g {
				from := c/m.g*m.g + j
				w, product := m.p[c*m.g+j], dy[i]*(x[r*s.C+from]-m.mean[from])
				dx[r*s.C+from] += m.lambda * w * dy[i]
				in.grads[o.P][c*m.g+j] += m.lambda * product
				dlambda += w * product
				if o.Mean != graph.None {
					in.grads[o.Mean][from] -= m.lambda * w * dy[i]
				}
			}
		}
	}
	if o.Lambda != graph.None {
		in.grads[o.Lambda][0] += dlambda - dk/m.s
	}
	if o.S != graph.None && !m.constant {
		in.grads[o.S][0] -= m.k / m.s * dk
	}
}
