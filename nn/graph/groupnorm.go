package graph

// GroupNorm normalises Groups groups of neighbouring channels over the pixels of each image, then scales and shifts by channel, in
// training and evaluation alike. kernel.GroupNorm.
type GroupNorm struct {
	Unary
	Gamma, Beta Param
	Groups      int
	Epsilon     float64
}

// GroupNorm normalises groups of the channels of x.
func (b *Builder) GroupNorm(x Value, o GroupNorm) Value {
	need(b.Shape(x).C%o.Groups == 0)
	o.X = x
	return b.keep(&o, x, &o.Y)
}

func (o *GroupNorm) Weights() []Param { return []Param{o.Gamma, o.Beta} }
