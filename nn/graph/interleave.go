package graph

// Interleave is A₀ B₀ A₁ B₁ … by channel.
type Interleave struct{ Binary }

// Interleave interleaves the channels of two values of one shape.
func (b *Builder) Interleave(x, y Value) Value {
	s, o := b.Shape(x), &Interleave{Binary{A: x, B: y}}
	need(s == b.Shape(y))
	s.C *= 2
	return b.shaped(o, s, &o.Y)
}
