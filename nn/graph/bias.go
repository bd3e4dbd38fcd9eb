package graph

// Bias adds Bias (C) to every pixel. Its gradient is summed over rows by Cut.
type Bias struct {
	Unary
	Bias Param
	Cut  Cut
}

// Bias adds a number to every channel of x.
func (b *Builder) Bias(x Value, o Bias) Value {
	o.X = x
	return b.keep(&o, x, &o.Y)
}

func (o *Bias) Weights() []Param { return []Param{o.Bias} }
