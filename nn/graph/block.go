package graph

import "math"

// The operations of the block of Channel Equilibrium, forward and reverse; x is what the operation reads first, of shape s.

func (in *Interpreter) forwardBlock(o Op, x []float64, s Shape) {
	v := in.values
	switch o := o.(type) {
	case *Covariance:
		if in.random.Train {
			in.covariance(o, x, s)
		}
	case *Newton:
		for m := range s.N {
			at := m * s.H * s.H
			_, p := newton(o, x[at:][:s.H*s.H], s.H)
			copy(v[o.P][at:], p)
		}
	case *Recall:
		in.recall(o, x)
	case *Variance:
		in.variance(o, x, s)
	case *RootMean:
		var sum float64
		for _, e := range x {
			sum += e
		}
		v[o.S][0] = math.Sqrt(sum / float64(len(x)))
	case *Lambda:
		v[o.Y][0] = o.Constant
		if o.Param != None {
			v[o.Y][0] = sigmoid(in.param(o.Param)[0])
		}
	case *Mix:
		m := in.mixing(o)
		for r := range s.Rows() {
			for c := range s.C {
				i := r*s.C + c
				if o.A != None {
					v[o.Y][i] += m.k * v[o.A][r/s.Pixels()*s.C+c] * x[i]
				}
				for j := range m.g {
					from := c/m.g*m.g + j
					v[o.Y][i] += m.lambda * m.p[c*m.g+j] * (x[r*s.C+from] - m.mean[from])
				}
			}
		}
	default:
		panic("graph: unknown operation")
	}
}

func (in *Interpreter) covariance(o *Covariance, x []float64, s Shape) {
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

func (in *Interpreter) recall(o *Recall, x []float64) {
	y, running := in.values[o.Y], in.buffer(o.Buffer)
	if in.random.Train {
		copy(y, x)
		for i := range x {
			running[i] += float64(o.Momentum) * (x[i] - running[i])
		}
		if o.Weight != None {
			w := in.buffer(o.Weight)
			w[0] += float64(o.Momentum) * (1 - w[0])
		}
		return
	}
	weight := 1.0
	if o.Weight != None && in.buffer(o.Weight)[0] > 0 {
		weight = in.buffer(o.Weight)[0]
	}
	for i := range y {
		y[i] = running[i] / weight
	}
}

// factor is what the sum of squared deviations of a channel is multiplied by to be its variance.
func (in *Interpreter) factor(o *Variance, s Shape, c int) float64 {
	f := 1 / float64(max(1, s.Pixels()-1))
	if o.Biased {
		f = 1 / float64(s.Pixels())
	}
	if o.Norm != nil {
		if v := in.moments[o.Norm].variance[c]; v >= 0x1p-126 {
			f *= (v + float64(o.Norm.Epsilon)) / v
		}
	}
	return f
}

func (in *Interpreter) variance(o *Variance, x []float64, s Shape) {
	groups(s, s.C, func(elements []int) {
		mean, _ := normal(x, elements, 0)
		c := elements[0] % s.C
		v := &in.values[o.V][elements[0]/(s.Pixels()*s.C)*s.C+c]
		for _, i := range elements {
			*v += (x[i] - mean) * (x[i] - mean) * in.factor(o, s, c)
		}
	})
}

// mixing is what a Mix multiplies by: λ, P, μ and (1−λ)/s.
type mixing struct {
	lambda, k, s float64
	constant     bool // s has no gradient
	g            int  // 0 without P
	p, mean      []float64
}

func (in *Interpreter) mixing(o *Mix) mixing {
	m := mixing{s: 1, mean: make([]float64, in.shape(o.X).C)}
	if o.P != None {
		m.g, m.p, m.lambda = o.G, in.values[o.P], 1
	}
	if o.Mean != None {
		m.mean = in.values[o.Mean]
	}
	if o.Lambda != None {
		m.lambda = in.values[o.Lambda][0]
	}
	if o.S != None {
		m.s = in.values[o.S][0]
		if m.s < MinScale {
			m.s, m.constant = 1, true
		}
	}
	m.k = (1 - m.lambda) / m.s
	return m
}
