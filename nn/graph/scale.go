package graph

// Scale is Y[n,·,c] = X[n,·,c]·A[n,c], A being (N, 1, 1, C).
type Scale struct{ X, A, Y Value }

// Scale multiplies the channels of each image.
func (b *Builder) Scale(x, a Value) Value {
	s := b.Shape(x)
	need(b.Shape(a) == Shape{s.N, 1, 1, s.C})
	o := Scale{X: x, A: a}
	return b.keep(&o, x, &o.Y)
}

func (o *Scale) Reads() []Value   { return []Value{o.X, o.A} }
func (o *Scale) Writes() []Value  { return []Value{o.Y} }
func (o *Scale) Weights() []Param { return nil }
