package graph

// Plus is A + B where one is repeated as in Multiply. See Add for operands of one shape.
type Plus struct{ Binary }

// Plus adds two values, of which each has in each direction the length of the other or length 1.
func (b *Builder) Plus(x, y Value) Value {
	o := &Plus{Binary{A: x, B: y}}
	return b.broadcasting(o, x, y, &o.Y)
}
