package graph

// Multiply is A·B element by element. An operand of one pixel is repeated over the pixels, one of one channel over the channels, and a fixed
// one over the images. The gradient of a repeated operand is a sum over the channels, then over the pixels of an image, then over the images.
// See Scale for the product of an activation with one number for each image and channel.
type Multiply struct{ A, B, Y Value }

// Multiply multiplies two values, of which each has in each direction the length of the other or length 1.
func (b *Builder) Multiply(x, y Value) Value {
	o := Multiply{A: x, B: y}
	return b.broadcasting(&o, x, y, &o.Y)
}

func (o *Multiply) Reads() []Value   { return []Value{o.A, o.B} }
func (o *Multiply) Writes() []Value  { return []Value{o.Y} }
func (o *Multiply) Weights() []Param { return nil }

func (o *Multiply) forward(in *Interpreter) {
	a, b := in.at(o.A, o.Y), in.at(o.B, o.Y)
	for i := range in.values[o.Y] {
		in.values[o.Y][i] = in.values[o.A][a(i)] * in.values[o.B][b(i)]
	}
}

func (o *Multiply) reverse(in *Interpreter) {
	a, b := in.at(o.A, o.Y), in.at(o.B, o.Y)
	for i, d := range in.grads[o.Y] {
		in.grads[o.A][a(i)] += d * in.values[o.B][b(i)]
		in.grads[o.B][b(i)] += d * in.values[o.A][a(i)]
	}
}
