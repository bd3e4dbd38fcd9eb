package graph

import "math"

func (in *Interpreter) backwardBlock(o Op, dx, x []float64, s Shape) {
	switch o := o.(type) {
	case *Covariance:
		if in.random.Train {
			in.covarianceBackward(o, dx, x, s)
		}
	case *Newton:
		for m := range s.N {
			at := m * s.H * s.H
			newtonBackward(o, dx[at:][:s.H*s.H], x[at:][:s.H*s.H], in.grads[o.P][at:][:s.H*s.H], s.H)
		}
	case *Recall:
		if in.random.Train {
			for i, d := range in.grads[o.Y] {
				dx[i] += d
			}
		}
	case *Variance:
		groups(s, s.C, func(elements []int) {
			mean, _ := normal(x, elements, 0)
			c := elements[0] % s.C
			d := 2 * in.factor(o, s, c) * in.grads[o.V][elements[0]/(s.Pixels()*s.C)*s.C+c]
			for _, i := range elements {
				dx[i] += d * (x[i] - mean)
			}
		})
	case *RootMean:
		if root := in.values[o.S][0]; !o.Detached && root >= MinScale {
			for i := range dx {
				dx[i] += in.grads[o.S][0] / (2 * root * float64(len(dx)))
			}
		}
	case *Lambda:
		if o.Param != None {
			l := in.values[o.Y][0]
			in.grad(o.Param)[0] += in.grads[o.Y][0] * l * (1 - l)
		}
	case *Mix:
		in.mixBackward(o, dx, x, s)
	}
}

func (in *Interpreter) covarianceBackward(o *Covariance, dx, x []float64, s Shape) {
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

func (in *Interpreter) mixBackward(o *Mix, dx, x []float64, s Shape) {
	m, dy := in.mixing(o), in.grads[o.Y]
	var dlambda, dk float64
	for r := range s.Rows() {
		for c := range s.C {
			i := r*s.C + c
			if o.A != None {
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
				if o.Mean != None {
					in.grads[o.Mean][from] -= m.lambda * w * dy[i]
				}
			}
		}
	}
	if o.Lambda != None {
		in.grads[o.Lambda][0] += dlambda - dk/m.s
	}
	if o.S != None && !m.constant {
		in.grads[o.S][0] -= m.k / m.s * dk
	}
}
