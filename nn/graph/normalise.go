package graph

import "math"

// groups calls f with the elements of each group of channels of each image.
func groups(s Shape, count int, f func(elements []int)) {
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

// normalise writes the normalised groups of the channels of X, of shape s, scaled and shifted, to Y.
func (in *Interpreter) normalise(from, to Value, s Shape, count int, epsilon float64, gammaOf, betaOf Param) {
	x, y, gamma, beta := in.values[from], in.values[to], in.param(gammaOf), in.param(betaOf)
	groups(s, count, func(elements []int) {
		mean, inv := normal(x, elements, epsilon)
		for _, i := range elements {
			y[i] = gamma[i%s.C]*(x[i]-mean)*inv + beta[i%s.C]
		}
	})
}

// normaliseBackward is the reverse of normalise.
func (in *Interpreter) normaliseBackward(from, to Value, s Shape, count int, epsilon float64, gammaOf, betaOf Param) {
	x, dx, dy := in.values[from], in.grads[from], in.grads[to]
	gamma, dgamma, dbeta := in.param(gammaOf), in.grad(gammaOf), in.grad(betaOf)
	groups(s, count, func(elements []int) {
		m, inv := normal(x, elements, epsilon)
		var mean, along float64
		for _, i := range elements {
			c, hat := i%s.C, (x[i]-m)*inv
			dgamma[c] += dy[i] * hat
			dbeta[c] += dy[i]
			mean += gamma[c] * dy[i] / float64(len(elements))
			along += gamma[c] * dy[i] * hat / float64(len(elements))
		}
		for _, i := range elements {
			dx[i] += inv * (gamma[i%s.C]*dy[i] - mean - (x[i]-m)*inv*along)
		}
	})
}
