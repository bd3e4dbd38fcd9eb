package reference

import (
	"math"

	"cenet/nn/graph"
)

// elementwise is a function of single numbers.
type elementwise struct {
	x, y array
	f    function
}

// A function returns its value at x and its slope there.
type function func(x float64) (y, slope float64)

func (e elementwise) forward(*Interpreter) {
	for i, x := range e.x.value {
		e.y.value[i], _ = e.f(x)
	}
}

func (e elementwise) reverse(*Interpreter) {
	for i, x := range e.x.value {
		_, slope := e.f(x)
		e.x.grad[i] += slope * e.y.grad[i]
	}
}

// functionOf returns the function that an operation applies to every number, or nil.
func functionOf(op graph.Op) function {
	switch o := op.(type) {
	case *graph.Clamp:
		return func(x float64) (y, slope float64) {
			y = min(max(x, 0), float64(o.Ceiling))
			if y > 0 && y < float64(o.Ceiling) {
				slope = 1
			}
			return y, slope
		}
	case *graph.Leaky:
		return func(x float64) (y, slope float64) {
			if x > 0 {
				return x, 1
			}
			return float64(o.Slope) * x, float64(o.Slope)
		}
	case *graph.ELU:
		return func(x float64) (y, slope float64) {
			if x > 0 {
				return x, 1
			}
			return float64(o.Alpha) * math.Expm1(x), float64(o.Alpha) * math.Exp(x)
		}
	case *graph.Sigmoid:
		return func(x float64) (y, slope float64) { y = sigmoid(x); return y, y * (1 - y) }
	case *graph.Tanh:
		return func(x float64) (y, slope float64) { y = math.Tanh(x); return y, 1 - y*y }
	case *graph.Root:
		return func(x float64) (y, slope float64) {
			if y = math.Sqrt(x + o.Epsilon); o.Inverse {
				return 1 / y, -1 / (2 * y * y * y)
			}
			return y, 1 / (2 * y)
		}
	}
	return nil
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
