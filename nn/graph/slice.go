package graph

// Slice is the channels of X from First on, as many as Y has.
type Slice struct {
	Unary
	First int
}

// Slice takes the given number of channels, from first on.
func (b *Builder) Slice(x Value, first, channels int) Value {
	s, o := b.Shape(x), &Slice{Unary{X: x}, first}
	need(first >= 0 && first+channels <= s.C)
	s.C = channels
	return b.shaped(o, s, &o.Y)
}
