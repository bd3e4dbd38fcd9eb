package graph

// AvgPool takes the mean of each window, in which padding counts as 0.
type AvgPool struct {
	X, Y              Value
	Size, Stride, Pad int
}

// AvgPool takes the mean.
func (b *Builder) AvgPool(o AvgPool) Value {
	return b.shaped(&o, b.windows(o.X, o.Size, o.Stride, o.Pad, b.Shape(o.X).C), &o.Y)
}

func (o *AvgPool) Reads() []Value   { return []Value{o.X} }
func (o *AvgPool) Writes() []Value  { return []Value{o.Y} }
func (o *AvgPool) Weights() []Param { return nil }

func (o *AvgPool) forward(in *Interpreter) {
	x, y := in.values[o.X], in.values[o.Y]
	in.pool(o.X, o.Y, o.Size, o.Stride, o.Pad, func(yi, xi int) { y[yi] += x[xi] / float64(o.Size*o.Size) })
}

func (o *AvgPool) reverse(in *Interpreter) {
	dx, dy := in.grads[o.X], in.grads[o.Y]
	in.pool(o.X, o.Y, o.Size, o.Stride, o.Pad, func(yi, xi int) { dx[xi] += dy[yi] / float64(o.Size*o.Size) })
}
