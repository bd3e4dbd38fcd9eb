package graph

// LayerNorm normalises the channels of every pixel, then scales and shifts by channel. kernel.LayerNorm.
type LayerNorm struct {
	X, Y        Value
	Gamma, Beta Param
	Epsilon     float64
}

// LayerNorm normalises the channels of every pixel.
func (b *Builder) LayerNorm(o LayerNorm) *LayerNorm {
	b.keep(&o, o.X, &o.Y)
	return &o
}

func (o *LayerNorm) Reads() []Value   { return []Value{o.X} }
func (o *LayerNorm) Writes() []Value  { return []Value{o.Y} }
func (o *LayerNorm) Weights() []Param { return []Param{o.Gamma, o.Beta} }

func (o *LayerNorm) forward(in *Interpreter) {
	s := in.shape(o.X)
	in.normalise(o.X, o.Y, Shape{s.Rows(), 1, 1, s.C}, 1, o.Epsilon, o.Gamma, o.Beta)
}

func (o *LayerNorm) reverse(in *Interpreter) {
	s := in.shape(o.X)
	in.normaliseBackward(o.X, o.Y, Shape{s.Rows(), 1, 1, s.C}, 1, o.Epsilon, o.Gamma, o.Beta)
}
