package graph

import "math"

// Sigmoid is 1/(1+exp(−X)). kernel.Sigmoid.
type Sigmoid struct{ X, Y Value }

// Sigmoid takes the sigmoid.
func (b *Builder) Sigmoid(x Value) Value { o := Sigmoid{X: x}; return b.keep(&o, x, &o.Y) }

func (o *Sigmoid) Reads() []Value   { return []Value{o.X} }
func (o *Sigmoid) Writes() []Value  { return []Value{o.Y} }
func (o *Sigmoid) Weights() []Param { return nil }

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func (o *Sigmoid) forward(in *Interpreter) {
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = sigmoid(x)
	}
}

func (o *Sigmoid) reverse(in *Interpreter) {
	for i, y := range in.values[o.Y] {
		in.grads[o.X][i] += y * (1 - y) * in.grads[o.Y][i]
	}
}
