package graph

// Linear is Y = X·W + Bias on images of one pixel: Weight is (in, out), or (out, in) where Transposed. Bias (out) may be None; its
// gradient is summed over the images in order.
type Linear struct {
	Unary
	Weight, Bias Param
	Transposed   bool
	BFloat16     bool // kernel.BFloatGemm; package reference does not round
}

// Linear multiplies x to the given number of channels.
func (b *Builder) Linear(x Value, o Linear, channels int) *Linear {
	s := b.Shape(x)
	need(s.Pixels() == 1)
	o.X = x
	b.shaped(&o, Shape{s.N, 1, 1, channels}, &o.Y)
	return &o
}

func (o *Linear) Weights() []Param { return present(o.Weight, o.Bias) }
