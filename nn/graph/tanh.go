package graph

import "math"

// Tanh is the hyperbolic tangent. kernel.Tanh.
type Tanh struct{ X, Y Value }

// Tanh takes the hyperbolic tangent.
func (b *Builder) Tanh(x Value) Value { o := Tanh{X: x}; return b.keep(&o, x, &o.Y) }

func (o *Tanh) Reads() []Value   { return []Value{o.X} }
func (o *Tanh) Writes() []Value  { return []Value{o.Y} }
func (o *Tanh) Weights() []Param { return nil }

func (o *Tanh) forward(in *Interpreter) {
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = math.Tanh(x)
	}
}

func (o *Tanh) reverse(in *Interpreter) {
	for i, y := range in.values[o.Y] {
		in.grads[o.X][i] += (1 - y*y) * in.grads[o.Y][i]
	}
}
