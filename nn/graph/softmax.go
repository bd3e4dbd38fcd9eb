package graph

// Softmax is exp(X)/Σexp(X) for each channel, the sum being over the pixels of an image. kernel.SoftmaxRows.
type Softmax struct{ Unary }

// Softmax takes the softmax over the pixels.
func (b *Builder) Softmax(x Value) Value { o := &Softmax{Unary{X: x}}; return b.keep(o, x, &o.Y) }
