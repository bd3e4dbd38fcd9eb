package graph

// Root is √(X+Epsilon), or with Inverse 1/√(X+Epsilon). kernel.Root.
type Root struct {
	Unary
	Epsilon float64
	Inverse bool
}

// Root takes the square root of x.
func (b *Builder) Root(x Value, epsilon float64, inverse bool) Value {
	o := &Root{Unary{X: x}, epsilon, inverse}
	return b.keep(o, x, &o.Y)
}
