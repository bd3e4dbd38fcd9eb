package graph

// ChannelConv convolves the channels of each image of one pixel with Weight (1, 1, k), k odd, zeros standing beyond both ends.
// kernel.ChannelConv.
type ChannelConv struct {
	X, Y   Value
	Weight Param
}

// ChannelConv convolves channels.
func (b *Builder) ChannelConv(o ChannelConv) Value { return b.keep(&o, o.X, &o.Y) }

func (o *ChannelConv) Reads() []Value   { return []Value{o.X} }
func (o *ChannelConv) Writes() []Value  { return []Value{o.Y} }
func (o *ChannelConv) Weights() []Param { return []Param{o.Weight} }

// each calls f with every element of Y, each element of X that it is a sum of, and that of the weight.
func (o *ChannelConv) each(in *Interpreter, f func(yi, xi, wi int)) {
	s, k := in.shape(o.X), len(in.param(o.Weight))
	for n := range s.N {
		for i := range s.C {
			for j := range k {
				if from := i + j - k/2; from >= 0 && from < s.C {
					f(n*s.C+i, n*s.C+from, j)
				}
			}
		}
	}
}

func (o *ChannelConv) forward(in *Interpreter) {
	x, y, w := in.values[o.X], in.values[o.Y], in.param(o.Weight)
	o.each(in, func(yi, xi, wi int) { y[yi] += x[xi] * w[wi] })
}

func (o *ChannelConv) reverse(in *Interpreter) {
	x, dx, dy, w, dw := in.values[o.X], in.grads[o.X], in.grads[o.Y], in.param(o.Weight), in.grad(o.Weight)
	o.each(in, func(yi, xi, wi int) {
		dx[xi] += dy[yi] * w[wi]
		dw[wi] += dy[yi] * x[xi]
	})
}
