package graph

// Conv is a 2-D convolution of square windows without bias: Weight is (kH, kW, In/Groups, Out). With Groups = In = Out > 1 it is
// depthwise. kernel.Conv and kernel.Depthwise.
type Conv struct {
	Unary
	Weight              Param
	Kernel, Stride, Pad int
	Groups              int
	BFloat16            bool // operands are rounded to bfloat16, see kernel.NewBFloatConv; package reference does not round
}

// Depthwise reports whether every channel has a window of its own.
func (o *Conv) Depthwise(in, out int) bool { return o.Groups == in && in == out && o.Groups > 1 }

// Conv convolves x to the given number of channels.
func (b *Builder) Conv(x Value, o Conv, channels int) Value {
	need(o.Groups > 0 && b.Shape(x).C%o.Groups == 0 && channels%o.Groups == 0)
	o.X = x
	return b.shaped(&o, b.windows(x, o.Kernel, o.Stride, o.Pad, channels), &o.Y)
}

func (o *Conv) Weights() []Param { return []Param{o.Weight} }
