package graph

// Add is A + B.
type Add struct{ Binary }

// Add adds two values of one shape.
func (b *Builder) Add(x, y Value) Value {
	need(b.Shape(x) == b.Shape(y))
	o := &Add{Binary{A: x, B: y}}
	return b.keep(o, x, &o.Y)
}
