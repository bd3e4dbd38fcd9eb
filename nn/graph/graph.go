package graph

// Shape is that of an activation, N images of H×W pixels with C channels.
type Shape struct{ N, H, W, C int }

// Len is the number of elements.
func (s Shape) Len() int { return s.N * s.H * s.W * s.C }

// Rows is the number of pixels of all images.
func (s Shape) Rows() int { return s.N * s.H * s.W }

// Pixels is the number of pixels of one image.
func (s Shape) Pixels() int { return s.H * s.W }

// A Value numbers an entry of Graph.Values.
type Value int

// A Param numbers an entry of Graph.Params, a Buffer one of Graph.Buffers.
type (
	Param  int
	Buffer int
)

// None is a Value, Param or Buffer that is not there.
const None = -1

// Info is what is known of a value. A Statistic is in float64 and does not depend on the number of images. A Fixed value is made of
// parameters alone: it is in float32, has N = 1, and is the same for all images.
type Info struct {
	Shape
	Statistic bool
	Fixed     bool
}

// For returns the shape of the value in a pass over n images.
func (i Info) For(n int) Shape {
	if !i.Statistic && !i.Fixed {
		i.N = n
	}
	return i.Shape
}

// An Array is a parameter or a buffer: Len floats of its slab from Offset on, of the shape given, row-major.
type Array struct {
	Path        string
	Shape       []int
	Offset, Len int
}

// A Tap is a named value.
type Tap struct {
	Path  string
	Value Value
}

// A Graph is what a network computes.
type Graph struct {
	Values  []Info
	Ops     []Op
	Paths   []string // of the layer that each of Ops belongs to
	In, Out Value
	Taps    []Tap

	Params, Buffers     []Array
	ParamLen, BufferLen int // floats of the slabs
	Decayed             int // of ParamLen, the first: those with weight decay
}

// An Op is one operation: a pointer to a type that has a file of its own, with its meaning forward and in reverse. In the comments of the
// types dX is the gradient of X. Where nothing is said of the reverse, it is what the definition gives: see package reference.
type Op interface {
	Reads() []Value   // without None
	Writes() []Value  // at least one
	Weights() []Param // that it has gradients for, without None
}

// Unary is an operation with one input and one output, and, where the type that holds it has no Weights of its own, no parameters.
type Unary struct{ X, Y Value }

func (o *Unary) Reads() []Value   { return []Value{o.X} }
func (o *Unary) Writes() []Value  { return []Value{o.Y} }
func (o *Unary) Weights() []Param { return nil }

// Binary is an operation with two inputs and no parameters.
type Binary struct{ A, B, Y Value }

func (o *Binary) Reads() []Value   { return []Value{o.A, o.B} }
func (o *Binary) Writes() []Value  { return []Value{o.Y} }
func (o *Binary) Weights() []Param { return nil }

// A Cut says how rows are cut for a sum: into chunks of Rows consecutive rows, the last one of fewer; with PerImage each image by
// itself.
type Cut struct {
	Rows     int
	PerImage bool
}

// Chunks returns the number of chunks of an activation of shape s.
func (c Cut) Chunks(s Shape) int {
	if c.PerImage {
		return s.N * ((s.Pixels() + c.Rows - 1) / c.Rows)
	}
	return (s.Rows() + c.Rows - 1) / c.Rows
}

// Range returns the rows lo to hi−1 of a chunk of an activation of shape s.
func (c Cut) Range(s Shape, chunk int) (lo, hi int) {
	if c.PerImage {
		each := (s.Pixels() + c.Rows - 1) / c.Rows
		image := chunk / each * s.Pixels()
		lo = chunk % each * c.Rows
		return image + lo, image + min(lo+c.Rows, s.Pixels())
	}
	lo = chunk * c.Rows
	return lo, min(lo+c.Rows, s.Rows())
}

// present leaves out None.
func present[T ~int](list ...T) []T {
	var there []T
	for _, v := range list {
		if v != None {
			there = append(there, v)
		}
	}
	return there
}
