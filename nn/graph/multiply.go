package graph

// Multiply is A·B element by element. An operand of one pixel is repeated over the pixels, one of one channel over the channels, and a
// fixed one over the images. The gradient of a repeated operand is a sum over the channels, then over the pixels of an image, then over the
// images. See Scale for the product of an activation with one number for each image and channel.
type Multiply struct{ Binary }

// Multiply multiplies two values, of which each has in each direction the length of the other or length 1.
func (b *Builder) Multiply(x, y Value) Value {
	o := &Multiply{Binary{A: x, B: y}}
	return b.broadcasting(o, x, y, &o.Y)
}
