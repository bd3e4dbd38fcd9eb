package graph

// GlobalPool takes the mean of each channel over the image: Y is (N, 1, 1, C). kernel.MeanRows, kernel.SpreadMean.
type GlobalPool struct{ Unary }

// GlobalPool takes the mean over the image.
func (b *Builder) GlobalPool(x Value) Value {
	s, o := b.Shape(x), &GlobalPool{Unary{X: x}}
	return b.shaped(o, Shape{s.N, 1, 1, s.C}, &o.Y)
}
