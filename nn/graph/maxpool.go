package graph

import "math"

// MaxPool takes the largest of each window, in which padding does not take part. The gradient goes to the first largest one in the
// order of rows and columns; a NaN is larger than all, and the last of them is taken.
type MaxPool struct {
	X, Y              Value
	Size, Stride, Pad int
}

// MaxPool takes the largest.
func (b *Builder) MaxPool(o MaxPool) Value {
	return b.shaped(&o, b.windows(o.X, o.Size, o.Stride, o.Pad, b.Shape(o.X).C), &o.Y)
}

func (o *MaxPool) Reads() []Value   { return []Value{o.X} }
func (o *MaxPool) Writes() []Value  { return []Value{o.Y} }
func (o *MaxPool) Weights() []Param { return nil }

// largest returns the places of the inputs that are taken.
func (o *MaxPool) largest(in *Interpreter) []int {
	x := in.values[o.X]
	best := make([]int, len(in.values[o.Y]))
	for i := range best {
		best[i] = -1
	}
	in.pool(o.X, o.Y, o.Size, o.Stride, o.Pad, func(yi, xi int) {
		if b := best[yi]; b < 0 || x[xi] > x[b] || math.IsNaN(x[xi]) {
			best[yi] = xi
		}
	})
	return best
}

func (o *MaxPool) forward(in *Interpreter) {
	for i, from := range o.largest(in) {
		in.values[o.Y][i] = in.values[o.X][from]
	}
}

func (o *MaxPool) reverse(in *Interpreter) {
	for i, from := range o.largest(in) {
		in.grads[o.X][from] += in.grads[o.Y][i]
	}
}
