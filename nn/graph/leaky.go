package graph

// Leaky is X where X > 0, else Slope·X.
type Leaky struct {
	Unary
	Slope float32
}

// Leaky multiplies what is not positive by a slope.
func (b *Builder) Leaky(x Value, slope float32) Value {
	o := &Leaky{Unary{X: x}, slope}
	return b.keep(o, x, &o.Y)
}
