package graph

// Reduce takes the sum, the mean or the maximum over the pixels of an image, Y (N, 1, 1, C), or over the channels of a pixel, Y (N, H, W,
// 1). See GlobalPool for the mean over pixels. The gradient of a maximum goes to the first largest element; a NaN is larger than all, and
// the last of them is taken. kernel.SumRows, MaxRows, SumColumns, MaxColumns.
type Reduce struct {
	Unary
	Take     Reduction
	Channels bool // over the channels, else over the pixels
}

// A Reduction makes one number of many.
type Reduction int

// What a Reduce takes.
const (
	Sum Reduction = iota
	Mean
	Max
)

// Reduce takes a sum, a mean or a maximum of x.
func (b *Builder) Reduce(x Value, take Reduction, channels bool) Value {
	s, o := b.Shape(x), &Reduce{Unary{X: x}, take, channels}
	need(!b.g.Values[x].Fixed || channels)
	if channels {
		s.C = 1
	} else {
		s.H, s.W = 1, 1
	}
	b.shaped(o, s, &o.Y)
	b.g.Values[o.Y].Fixed = b.g.Values[x].Fixed
	return o.Y
}

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
