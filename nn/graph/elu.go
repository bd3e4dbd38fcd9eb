package graph

// ELU is X where X > 0, else Alpha·(exp(X)−1).
type ELU struct {
	Unary
	Alpha float32
}

// ELU takes the exponential of what is not positive.
func (b *Builder) ELU(x Value, alpha float32) Value {
	o := &ELU{Unary{X: x}, alpha}
	return b.keep(o, x, &o.Y)
}
