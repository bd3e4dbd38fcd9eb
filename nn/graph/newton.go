package graph

// Newton is P_T of Sigma/tr(Sigma) for each of its matrices, with Rescale times tr(Sigma)^(−1/2): P₀ = I, P_k = ½(3P_{k−1} −
// P_{k−1}³Σ/tr Σ), T = Steps, computed in the coupled form of package ce. P has Sigma's shape.
type Newton struct {
	Sigma, P Value
	Steps    int
	Rescale  bool
}

// Newton iterates.
func (b *Builder) Newton(o Newton) *Newton {
	o.P = b.statistic(b.Shape(o.Sigma))
	b.add(&o)
	return &o
}

func (o *Newton) Reads() []Value   { return []Value{o.Sigma} }
func (o *Newton) Writes() []Value  { return []Value{o.P} }
func (o *Newton) Weights() []Param { return nil }
