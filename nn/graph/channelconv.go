package graph

// ChannelConv convolves the channels of each image of one pixel with Weight (1, 1, k), k odd, with zeros beyond both ends.
// kernel.ChannelConv.
type ChannelConv struct {
	Unary
	Weight Param
}

// ChannelConv convolves the channels of x.
func (b *Builder) ChannelConv(x Value, weight Param) Value {
	o := &ChannelConv{Unary{X: x}, weight}
	return b.keep(o, x, &o.Y)
}

func (o *ChannelConv) Weights() []Param { return []Param{o.Weight} }
