package graph

// Slice is the channels of X from First on, as many as Y has.
type Slice struct {
	X, Y  Value
	First int
}

// Slice takes the given number of channels, from first on.
func (b *Builder) Slice(x Value, first, channels int) Value {
	s, o := b.Shape(x), Slice{X: x, First: first}
	need(first >= 0 && first+channels <= s.C)
	s.C = channels
	return b.shaped(&o, s, &o.Y)
}

func (o *Slice) Reads() []Value   { return []Value{o.X} }
func (o *Slice) Writes() []Value  { return []Value{o.Y} }
func (o *Slice) Weights() []Param { return nil }

// from is the place in X of the element i of Y.
func (o *Slice) from(in *Interpreter, i int) int {
	c, out := in.shape(o.X).C, in.shape(o.Y).C
	return i/out*c + o.First + i%out
}

func (o *Slice) forward(in *Interpreter) {
	for i := range in.values[o.Y] {
		in.values[o.Y][i] = in.values[o.X][o.from(in, i)]
	}
}

func (o *Slice) reverse(in *Interpreter) {
	for i, d := range in.grads[o.Y] {
		in.grads[o.X][o.from(in, i)] += d
	}
}
