package graph

// LayerNorm normalises the channels of every pixel, then scales and shifts by channel. kernel.LayerNorm.
type LayerNorm struct {
	Unary
	Gamma, Beta Param
	Epsilon     float64
}

// LayerNorm normalises the channels of every pixel of x.
func (b *Builder) LayerNorm(x Value, o LayerNorm) *LayerNorm {
	o.X = x
	b.keep(&o, x, &o.Y)
	return &o
}

func (o *LayerNorm) Weights() []Param { return []Param{o.Gamma, o.Beta} }
