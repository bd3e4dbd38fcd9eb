package graph

// Plus is A + B where one is repeated as in Multiply. See Add for operands of one shape.
type Plus struct{ A, B, Y Value }

// Plus adds two values, of which each has in each direction the length of the other or length 1.
func (b *Builder) Plus(x, y Value) Value {
	o := Plus{A: x, B: y}
	return b.broadcasting(&o, x, y, &o.Y)
}

func (o *Plus) Reads() []Value   { return []Value{o.A, o.B} }
func (o *Plus) Writes() []Value  { return []Value{o.Y} }
func (o *Plus) Weights() []Param { return nil }

func (o *Plus) forward(in *Interpreter) {
	a, b := in.at(o.A, o.Y), in.at(o.B, o.Y)
	for i := range in.values[o.Y] {
		in.values[o.Y][i] = in.values[o.A][a(i)] + in.values[o.B][b(i)]
	}
}

func (o *Plus) reverse(in *Interpreter) {
	a, b := in.at(o.A, o.Y), in.at(o.B, o.Y)
	for i, d := range in.grads[o.Y] {
		in.grads[o.A][a(i)] += d
		in.grads[o.B][b(i)] += d
	}
}
