package graph

// Interleave is A₀ B₀ A₁ B₁ … by channel.
type Interleave struct{ A, B, Y Value }

// Interleave interleaves the channels of two values of one shape.
func (b *Builder) Interleave(x, y Value) Value {
	s, o := b.Shape(x), Interleave{A: x, B: y}
	need(s == b.Shape(y))
	s.C *= 2
	return b.shaped(&o, s, &o.Y)
}

func (o *Interleave) Reads() []Value   { return []Value{o.A, o.B} }
func (o *Interleave) Writes() []Value  { return []Value{o.Y} }
func (o *Interleave) Weights() []Param { return nil }

func (o *Interleave) forward(in *Interpreter) {
	for i, a := range in.values[o.A] {
		in.values[o.Y][2*i], in.values[o.Y][2*i+1] = a, in.values[o.B][i]
	}
}

func (o *Interleave) reverse(in *Interpreter) {
	for i := range in.grads[o.A] {
		in.grads[o.A][i] += in.grads[o.Y][2*i]
		in.grads[o.B][i] += in.grads[o.Y][2*i+1]
	}
}
