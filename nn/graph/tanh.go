package graph

// Tanh is the hyperbolic tangent. kernel.Tanh.
type Tanh struct{ Unary }

// Tanh takes the hyperbolic tangent.
func (b *Builder) Tanh(x Value) Value { o := &Tanh{Unary{X: x}}; return b.keep(o, x, &o.Y) }
