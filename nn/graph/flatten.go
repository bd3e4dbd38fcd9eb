package graph

// Flatten makes one pixel of an image, in the order of memory.
type Flatten struct{ Unary }

// Flatten makes one pixel of an image.
func (b *Builder) Flatten(x Value) Value {
	s, o := b.Shape(x), &Flatten{Unary{X: x}}
	return b.shaped(o, Shape{s.N, 1, 1, s.Pixels() * s.C}, &o.Y)
}
