package graph

import "math"

// Root is √(X+Epsilon), or with Inverse 1/√(X+Epsilon). kernel.Root.
type Root struct {
	X, Y    Value
	Epsilon float64
	Inverse bool
}

// Root takes the square root.
func (b *Builder) Root(o Root) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Root) Reads() []Value   { return []Value{o.X} }
func (o *Root) Writes() []Value  { return []Value{o.Y} }
func (o *Root) Weights() []Param { return nil }

func (o *Root) forward(in *Interpreter) {
	for i, x := range in.values[o.X] {
		y := math.Sqrt(x + o.Epsilon)
		if o.Inverse {
			y = 1 / y
		}
		in.values[o.Y][i] = y
	}
}

func (o *Root) reverse(in *Interpreter) {
	for i, y := range in.values[o.Y] {
		slope := 1 / (2 * y)
		if o.Inverse {
			slope = -y * y * y / 2
		}
		in.grads[o.X][i] += slope * in.grads[o.Y][i]
	}
}
