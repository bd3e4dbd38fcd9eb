package graph

// GlobalPool takes the mean of each channel over the image: Y is (N, 1, 1, C). kernel.MeanRows, kernel.SpreadMean.
type GlobalPool struct{ X, Y Value }

// GlobalPool takes the mean over the image.
func (b *Builder) GlobalPool(x Value) Value {
	s, o := b.Shape(x), GlobalPool{X: x}
	return b.shaped(&o, Shape{s.N, 1, 1, s.C}, &o.Y)
}

func (o *GlobalPool) Reads() []Value   { return []Value{o.X} }
func (o *GlobalPool) Writes() []Value  { return []Value{o.Y} }
func (o *GlobalPool) Weights() []Param { return nil }

func (o *GlobalPool) forward(in *Interpreter) {
	s := in.shape(o.X)
	for i, x := range in.values[o.X] {
		in.values[o.Y][i/(s.Pixels()*s.C)*s.C+i%s.C] += x / float64(s.Pixels())
	}
}

func (o *GlobalPool) reverse(in *Interpreter) {
	s := in.shape(o.X)
	for i := range in.grads[o.X] {
		in.grads[o.X][i] += in.grads[o.Y][i/(s.Pixels()*s.C)*s.C+i%s.C] / float64(s.Pixels())
	}
}
