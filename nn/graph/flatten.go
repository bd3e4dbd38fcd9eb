package graph

// Flatten makes one pixel of an image, in the order of memory.
type Flatten struct{ X, Y Value }

// Flatten makes one pixel of an image.
func (b *Builder) Flatten(x Value) Value {
	s, o := b.Shape(x), Flatten{X: x}
	return b.shaped(&o, Shape{s.N, 1, 1, s.Pixels() * s.C}, &o.Y)
}

func (o *Flatten) Reads() []Value   { return []Value{o.X} }
func (o *Flatten) Writes() []Value  { return []Value{o.Y} }
func (o *Flatten) Weights() []Param { return nil }

func (o *Flatten) forward(in *Interpreter) { copy(in.values[o.Y], in.values[o.X]) }

func (o *Flatten) reverse(in *Interpreter) {
	for i, d := range in.grads[o.Y] {
		in.grads[o.X][i] += d
	}
}
