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

// factor is the place in A of what the element i of X is multiplied by.
func (o *Scale) factor(s Shape, i int) int { return i/(s.Pixels()*s.C)*s.C + i%s.C }

func (o *Scale) forward(in *Interpreter) {
	s := in.shape(o.X)
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = x * in.values[o.A][o.factor(s, i)]
	}
}

func (o *Scale) reverse(in *Interpreter) {
	s := in.shape(o.X)
	for i, d := range in.grads[o.Y] {
		a := o.factor(s, i)
		in.grads[o.X][i] += d * in.values[o.A][a]
		in.grads[o.A][a] += d * in.values[o.X][i]
	}
}
