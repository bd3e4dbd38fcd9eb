package graph

import "math"

// Reduce takes the sum, the mean or the maximum over the pixels of an image, Y (N, 1, 1, C), or over the channels of a pixel, Y (N, H, W, 1).
// See GlobalPool for the mean over pixels. The gradient of a maximum goes to the first largest element; a NaN is larger than all, and the
// last of them is taken. kernel.SumRows, MaxRows, SumColumns, MaxColumns.
type Reduce struct {
	X, Y     Value
	Take     Reduction
	Channels bool // over the channels, else over the pixels
}

// A Reduction is what is taken of many numbers.
type Reduction int

// What a Reduce takes.
const (
	Sum Reduction = iota
	Mean
	Max
)

// Reduce takes a sum, a mean or a maximum.
func (b *Builder) Reduce(o Reduce) Value {
	s := b.Shape(o.X)
	need(!b.g.Values[o.X].Fixed || o.Channels)
	if o.Channels {
		s.C = 1
	} else {
		s.H, s.W = 1, 1
	}
	b.shaped(&o, s, &o.Y)
	b.g.Values[o.Y].Fixed = b.g.Values[o.X].Fixed
	return o.Y
}

func (o *Reduce) Reads() []Value   { return []Value{o.X} }
func (o *Reduce) Writes() []Value  { return []Value{o.Y} }
func (o *Reduce) Weights() []Param { return nil }

// Factor is what the sum over elements of shape s is multiplied by.
func (o *Reduce) Factor(s Shape) float64 {
	switch {
	case o.Take != Mean:
		return 1
	case o.Channels:
		return 1 / float64(s.C)
	}
	return 1 / float64(s.Pixels())
}

// to returns the element of Y that the element i of X belongs to.
func (o *Reduce) to(s Shape, i int) int {
	if o.Channels {
		return i / s.C
	}
	return i/(s.Pixels()*s.C)*s.C + i%s.C
}

func (o *Reduce) forward(in *Interpreter) {
	s, y, x := in.shape(o.X), in.values[o.Y], in.values[o.X]
	if o.Take == Max {
		for i, from := range o.largest(in) {
			y[i] = x[from]
		}
		return
	}
	for i, v := range x {
		y[o.to(s, i)] += v * o.Factor(s)
	}
}

func (o *Reduce) reverse(in *Interpreter) {
	s, dy, dx := in.shape(o.X), in.grads[o.Y], in.grads[o.X]
	if o.Take == Max {
		for i, from := range o.largest(in) {
			dx[from] += dy[i]
		}
		return
	}
	for i := range dx {
		dx[i] += dy[o.to(s, i)] * o.Factor(s)
	}
}

// largest returns the places of the elements that a maximum takes.
func (o *Reduce) largest(in *Interpreter) []int {
	s, x := in.shape(o.X), in.values[o.X]
	best := make([]int, len(in.values[o.Y]))
	for i := range best {
		best[i] = -1
	}
	for i, v := range x {
		if b := &best[o.to(s, i)]; *b < 0 || v > x[*b] || math.IsNaN(v) {
			*b = i
		}
	}
	return best
}
