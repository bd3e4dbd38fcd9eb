package graph

// Concat has the channels of A, then those of B.
type Concat struct{ Binary }

// Concat concatenates the channels of two values of the same images and pixels.
func (b *Builder) Concat(x, y Value) Value {
	s, t, o := b.Shape(x), b.Shape(y), &Concat{Binary{A: x, B: y}}
	need(s.N == t.N && s.H == t.H && s.W == t.W && b.g.Values[x].Fixed == b.g.Values[y].Fixed)
	s.C += t.C
	b.shaped(o, s, &o.Y)
	b.g.Values[o.Y].Fixed = b.g.Values[x].Fixed
	return o.Y
}
