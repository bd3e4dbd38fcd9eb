package graph

// RootMean is S = √(mean of V over all its elements), a statistic of one element, summed in float64 over chunks of 16 images, each by
// kernel.Total. Detached, V gets no gradient through it.
type RootMean struct {
	V, S     Value
	Detached bool
}

// RootMean takes the root of the mean.
func (b *Builder) RootMean(o RootMean) *RootMean {
	o.S = b.statistic(Shape{1, 1, 1, 1})
	b.add(&o)
	return &o
}

func (o *RootMean) Reads() []Value   { return []Value{o.V} }
func (o *RootMean) Writes() []Value  { return []Value{o.S} }
func (o *RootMean) Weights() []Param { return nil }
