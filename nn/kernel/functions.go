package kernel

import (
	"math"

	"cenet/nn/kernel/elementary"
)

// Functions of single numbers, computed in float64 and rounded once.

// Root writes √(x+ε) to y, or with inverse 1/√(x+ε); y may be x.
func Root(y, x []float32, epsilon float64, inverse bool) {
	y = y[:len(x)]
	for i, v := range x {
		r := math.Sqrt(float64(v) + epsilon)
		if inverse {
			r = 1 / r
		}
		y[i] = float32(r)
	}
}

// RootBackward writes the gradient of Root, dy/(2y) or with inverse −dy·y³/2, to dx, y being what Root wrote; dx may be dy.
func RootBackward(dx, dy, y []float32, inverse bool) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		d, r := float64(dy[i]), float64(v)
		if inverse {
			dx[i] = float32(-0.5 * d * r * r * r)
		} else {
			dx[i] = float32(0.5 * d / r)
		}
	}
}

// Tanh writes the hyperbolic tangent to y, which may be x.
func Tanh(y, x []float32) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] = float32(tanh(float64(v)))
	}
}

func tanh(x float64) float64 {
	switch {
	case x > 20:
		return 1
	case x < -20:
		return -1
	}
	e := elementary.Expm1(2 * x)
	return e / (e + 2)
}

// TanhBackward writes dy·(1−y²) to dx, y being what Tanh wrote; dx may be dy.
func TanhBackward(dx, dy, y []float32) {
	dx, dy = dx[:len(y)], dy[:len(y)]
	for i, v := range y {
		dx[i] = dy[i] * (1 - float32(v*v))
	}
}

// SoftmaxRows writes, for each channel of the rows×c matrix x, exp(x)/Σexp(x), the sum being over the rows in their order, to y, which may
// be x.
func SoftmaxRows(y, x []float32, c int) {
	for j := range c {
		top, sum := x[j+largest(x[j:], c)*c], 0.0
		for i := j; i < len(x); i += c {
			sum += elementary.Exp(float64(x[i]) - float64(top))
		}
		for i := j; i < len(x); i += c {
			y[i] = float32(elementary.Exp(float64(x[i])-float64(top)) / sum)
		}
	}
}

// SoftmaxRowsBackward writes the gradient of SoftmaxRows, y·(dy − Σ dy·y), to dx, y being what SoftmaxRows wrote; dx may be dy.
func SoftmaxRowsBackward(dx, dy, y []float32, c int) {
	for j := range c {
		sum := 0.0
		for i := j; i < len(y); i += c {
			sum += float64(float64(dy[i]) * float64(y[i]))
		}
		for i := j; i < len(y); i += c {
			dx[i] = float32(float64(y[i]) * (float64(dy[i]) - sum))
		}
	}
}
