package graph

// Clamp is min(max(X, 0), Ceiling); the ceiling of ReLU is +Inf. The gradient passes where 0 < Y < Ceiling.
type Clamp struct {
	Unary
	Ceiling float32
}

// Clamp bounds x by 0 and a ceiling.
func (b *Builder) Clamp(x Value, ceiling float32) Value {
	o := &Clamp{Unary{X: x}, ceiling}
	return b.keep(o, x, &o.Y)
}
