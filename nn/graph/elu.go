package graph

import "math"

// ELU is X where X > 0, else Alpha·(exp(X)−1).
type ELU struct {
	X, Y  Value
	Alpha float32
}

// ELU takes the exponential of what is not positive.
func (b *Builder) ELU(o ELU) Value { return b.keep(&o, o.X, &o.Y) }

func (o *ELU) Reads() []Value   { return []Value{o.X} }
func (o *ELU) Writes() []Value  { return []Value{o.Y} }
func (o *ELU) Weights() []Param { return nil }

func (o *ELU) forward(in *Interpreter) {
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = x
		if x <= 0 {
			in.values[o.Y][i] = float64(o.Alpha) * math.Expm1(x)
		}
	}
}

func (o *ELU) reverse(in *Interpreter) {
	for i, x := range in.values[o.X] {
		slope := 1.0
		if x <= 0 {
			slope = float64(o.Alpha) * math.Exp(x)
		}
		in.grads[o.X][i] += slope * in.grads[o.Y][i]
	}
}
