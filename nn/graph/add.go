package graph

// Add is A + B.
type Add struct{ A, B, Y Value }

// Add adds two values of one shape.
func (b *Builder) Add(x, y Value) Value {
	need(b.Shape(x) == b.Shape(y))
	o := Add{A: x, B: y}
	return b.keep(&o, x, &o.Y)
}

func (o *Add) Reads() []Value   { return []Value{o.A, o.B} }
func (o *Add) Writes() []Value  { return []Value{o.Y} }
func (o *Add) Weights() []Param { return nil }

func (o *Add) forward(in *Interpreter) {
	for i, a := range in.values[o.A] {
		in.values[o.Y][i] = a + in.values[o.B][i]
	}
}

func (o *Add) reverse(in *Interpreter) {
	for i, d := range in.grads[o.Y] {
		in.grads[o.A][i] += d
		in.grads[o.B][i] += d
	}
}
