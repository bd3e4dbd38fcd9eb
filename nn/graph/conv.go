package graph

// Conv is a 2-D convolution of square windows without bias: Weight is (kH, kW, In/Groups, Out). With Groups = In = Out > 1 it is
// depthwise. kernel.Conv, or kernel.Depthwise and its kin.
type Conv struct {
	X, Y                Value
	Weight              Param
	Kernel, Stride, Pad int
	Groups              int
	BFloat16            bool // operands are rounded to bfloat16, see kernel.NewBrainConv; the interpreter does not round
}

// Depthwise reports whether every channel has a window of its own.
func (o *Conv) Depthwise(in, out int) bool { return o.Groups == in && in == out && o.Groups > 1 }

// Conv convolves to the given number of channels.
func (b *Builder) Conv(o Conv, channels int) Value {
	need(o.Groups > 0 && b.Shape(o.X).C%o.Groups == 0 && channels%o.Groups == 0)
	return b.shaped(&o, b.windows(o.X, o.Kernel, o.Stride, o.Pad, channels), &o.Y)
}

func (o *Conv) Reads() []Value   { return []Value{o.X} }
func (o *Conv) Writes() []Value  { return []Value{o.Y} }
func (o *Conv) Weights() []Param { return []Param{o.Weight} }

// each calls f with the places of an output, an input and a weight for each product.
func (o *Conv) each(in *Interpreter, f func(yi, xi, wi int)) {
	s, out := in.shape(o.X), in.shape(o.Y)
	ins, outs := s.C/o.Groups, out.C/o.Groups
	window(s, out, o.Kernel, o.Stride, o.Pad, func(position, pixel, tap int) {
		for c := range out.C {
			for i := range ins {
				f(position*out.C+c, pixel*s.C+c/outs*ins+i, (tap*ins+i)*out.C+c)
			}
		}
	})
}

func (o *Conv) forward(in *Interpreter) {
	x, y, w := in.values[o.X], in.values[o.Y], in.param(o.Weight)
	o.each(in, func(yi, xi, wi int) { y[yi] += x[xi] * w[wi] })
}

func (o *Conv) reverse(in *Interpreter) {
	x, dx, dy, w, dw := in.values[o.X], in.grads[o.X], in.grads[o.Y], in.param(o.Weight), in.grad(o.Weight)
	o.each(in, func(yi, xi, wi int) {
		dx[xi] += dy[yi] * w[wi]
		dw[wi] += dy[yi] * x[xi]
	})
}
