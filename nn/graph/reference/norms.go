package reference

import (
	"math"

	"cenet/nn/graph"
)

// groups calls f with the elements of each group of channels of each image.
func groups(s graph.Shape, count int, f func(elements []int)) {
	size := s.C / count
	elements := make([]int, size*s.Pixels())
	for n := range s.N {
		for g := range count {
			for i := range elements {
				elements[i] = (n*s.Pixels()+i/size)*s.C + g*size + i%size
			}
			f(elements)
		}
	}
}

// normal returns the mean of some elements of x and 1/√(variance+ε).
func normal(x []float64, elements []int, epsilon float64) (mean, inv float64) {
	n := float64(len(elements))
	for _, i := range elements {
		mean += x[i] / n
	}
	for _, i := range elements {
		inv += (x[i] - mean) * (x[i] - mean) / n
	}
	return mean, 1 / math.Sqrt(inv+epsilon)
}

// norm normalises the groups of the channels of X, of shape s, scaled and shifted by channel.
type norm struct {
	x, y        graph.Value
	s           graph.Shape
	groups      int
	epsilon     float64
	gamma, beta graph.Param
}

func (o norm) forward(in *Interpreter) {
	x, y, gamma, beta := in.values[o.x], in.values[o.y], in.param(o.gamma).value, in.param(o.beta).value
	groups(o.s, o.groups, func(elements []int) {
		mean, inv := normal(x, elements, o.epsilon)
		for _, i := range elements {
			y[i] = gamma[i%o.s.C]*(x[i]-mean)*inv + beta[i%o.s.C]
		}
	})
}

func (o norm) reverse(in *Interpreter) {
	x, dx, dy := in.values[o.x], in.grads[o.x], in.grads[o.y]
	gamma, beta := in.param(o.gamma), in.param(o.beta)
	groups(o.s, o.groups, func(elements []int) {
		m, inv := normal(x, elements, o.epsilon)
		var mean, along float64
		for _, i := range elements {
			c, hat := i%o.s.C, (x[i]-m)*inv
			gamma.grad[c] += dy[i] * hat
			beta.grad[c] += dy[i]
			mean += gamma.value[c] * dy[i] / float64(len(elements))
			along += gamma.value[c] * dy[i] * hat / float64(len(elements))
		}
		for _, i := range elements {
			dx[i] += inv * (gamma.value[i%o.s.C]*dy[i] - mean - (x[i]-m)*inv*along)
		}
	})
}

type (
	batchNorm graph.BatchNorm
	variance  graph.Variance
	softmax   graph.Softmax
)

// moments of the last forward pass of a BatchNorm, by channel; in training the variance is that of the batch, biased.
type moments struct{ mean, variance []float64 }

func (o *batchNorm) forward(in *Interpreter) {
	x, y, s := in.values[o.X], in.values[o.Y], in.shape(o.X)
	m := o.takeMoments(in, x, s)
	gamma, beta := in.param(o.Gamma).value, in.param(o.Beta).value
	for i := range y {
		c := i % s.C
		y[i] = gamma[c]*(x[i]-m.mean[c])/math.Sqrt(m.variance[c]+float64(o.Epsilon)) + beta[c]
	}
}

// takeMoments returns the mean and variance that x is normalised with, and in training moves the running ones.
func (o *batchNorm) takeMoments(in *Interpreter, x []float64, s graph.Shape) moments {
	running := moments{in.buffer(o.Mean), in.buffer(o.Variance)}
	if !in.random.Train {
		in.moments[(*graph.BatchNorm)(o)] = running
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
	in.moments[(*graph.BatchNorm)(o)] = m
	return m
}

func (o *batchNorm) reverse(in *Interpreter) {
	x, dx, dy, s := in.values[o.X], in.grads[o.X], in.grads[o.Y], in.shape(o.X)
	gamma, dgamma, dbeta := in.param(o.Gamma).value, in.param(o.Gamma).grad, in.param(o.Beta).grad
	m := in.moments[(*graph.BatchNorm)(o)]
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

// factor is what the sum of squared deviations of a channel is multiplied by to be its variance.
func (o *variance) factor(in *Interpreter, s graph.Shape, c int) float64 {
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

func (o *variance) forward(in *Interpreter) {
	x, s := in.values[o.X], in.shape(o.X)
	groups(s, s.C, func(elements []int) {
		mean, _ := normal(x, elements, 0)
		c := elements[0] % s.C
		v := &in.values[o.V][elements[0]/(s.Pixels()*s.C)*s.C+c]
		for _, i := range elements {
			*v += (x[i] - mean) * (x[i] - mean) * o.factor(in, s, c)
		}
	})
}

func (o *variance) reverse(in *Interpreter) {
	x, dx, s := in.values[o.X], in.grads[o.X], in.shape(o.X)
	groups(s, s.C, func(elements []int) {
		mean, _ := normal(x, elements, 0)
		c := elements[0] % s.C
		d := 2 * o.factor(in, s, c) * in.grads[o.V][elements[0]/(s.Pixels()*s.C)*s.C+c]
		for _, i := range elements {
			dx[i] += d * (x[i] - mean)
		}
	})
}

func (o *softmax) forward(in *Interpreter) {
	s, x, y := in.shape(o.X), in.values[o.X], in.values[o.Y]
	groups(s, s.C, func(elements []int) {
		top, sum := math.Inf(-1), 0.0
		for _, i := range elements {
			top = math.Max(top, x[i])
		}
		for _, i := range elements {
			y[i] = math.Exp(x[i] - top)
			sum += y[i]
		}
		for _, i := range elements {
			y[i] /= sum
		}
	})
}

func (o *softmax) reverse(in *Interpreter) {
	s, y, dy := in.shape(o.X), in.values[o.Y], in.grads[o.Y]
	groups(s, s.C, func(elements []int) {
		sum := 0.0
		for _, i := range elements {
			sum += y[i] * dy[i]
		}
		for _, i := range elements {
			in.grads[o.X][i] += y[i] * (dy[i] - sum)
		}
	})
}
