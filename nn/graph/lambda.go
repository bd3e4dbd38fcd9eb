package graph

// Lambda is sigmoid(Param) in float64, a statistic of one element, or Constant where the parameter is None.
type Lambda struct {
	Y        Value
	Param    Param // (1)
	Constant float64
}

// Lambda is a number between 0 and 1.
func (b *Builder) Lambda(o Lambda) *Lambda {
	o.Y = b.statistic(Shape{1, 1, 1, 1})
	b.add(&o)
	return &o
}

func (o *Lambda) Reads() []Value   { return nil }
func (o *Lambda) Writes() []Value  { return []Value{o.Y} }
func (o *Lambda) Weights() []Param { return present(o.Param) }
