package graph

// Concat has the channels of A, then those of B.
type Concat struct{ A, B, Y Value }

// Concat concatenates the channels of two values of the same images and pixels.
func (b *Builder) Concat(x, y Value) Value {
	s, t, o := b.Shape(x), b.Shape(y), Concat{A: x, B: y}
	need(s.N == t.N && s.H == t.H && s.W == t.W && b.g.Values[x].Fixed == b.g.Values[y].Fixed)
	s.C += t.C
	b.shaped(&o, s, &o.Y)
	b.g.Values[o.Y].Fixed = b.g.Values[x].Fixed
	return o.Y
}

func (o *Concat) Reads() []Value   { return []Value{o.A, o.B} }
func (o *Concat) Writes() []Value  { return []Value{o.Y} }
func (o *Concat) Weights() []Param { return nil }

// each calls f with the places of an element of Y and of the operand's element that it is.
func (o *Concat) each(in *Interpreter, f func(operand Value, yi, xi int)) {
	a, c := in.shape(o.A).C, in.shape(o.Y).C
	for i := range in.values[o.Y] {
		if r, j := i/c, i%c; j < a {
			f(o.A, i, r*a+j)
		} else {
			f(o.B, i, r*(c-a)+j-a)
		}
	}
}

func (o *Concat) forward(in *Interpreter) {
	o.each(in, func(operand Value, yi, xi int) { in.values[o.Y][yi] = in.values[operand][xi] })
}

func (o *Concat) reverse(in *Interpreter) {
	o.each(in, func(operand Value, yi, xi int) { in.grads[operand][xi] += in.grads[o.Y][yi] })
}
