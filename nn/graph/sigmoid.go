package graph

// Sigmoid is 1/(1+exp(−X)). kernel.Sigmoid.
type Sigmoid struct{ Unary }

// Sigmoid takes the sigmoid.
func (b *Builder) Sigmoid(x Value) Value { o := &Sigmoid{Unary{X: x}}; return b.keep(o, x, &o.Y) }
