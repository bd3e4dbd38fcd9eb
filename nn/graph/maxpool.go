package graph

// MaxPool takes the largest of each window, in which padding does not take part. The gradient goes to the first largest one in the
// order of rows and columns; a NaN is larger than all, and the last of them is taken.
type MaxPool struct {
	Unary
	Size, Stride, Pad int
}

// MaxPool takes the largest of each window of x.
func (b *Builder) MaxPool(x Value, o MaxPool) Value {
	o.X = x
	return b.shaped(&o, b.windows(x, o.Size, o.Stride, o.Pad, b.Shape(x).C), &o.Y)
}
