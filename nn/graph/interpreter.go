package graph

import "cenet/nn/kernel"

// An Interpreter runs a graph in float64, written from the definitions for checking layers and devices against; nothing in it is made to
// be fast.
type Interpreter struct {
	Params, Grads, Buffers []float64 // the slabs

	g       *Graph
	images  int // of the pass under way
	random  Random
	values  [][]float64
	grads   [][]float64
	masks   map[*Dropout][]float64
	moments map[*BatchNorm]moments
}

// moments of the last forward pass of a BatchNorm, by channel; in training the variance is that of the batch, biased.
type moments struct{ mean, variance []float64 }

// A definition is an operation that holds its own meaning: forward computes what it writes, and reverse adds to the gradients of what it
// reads and of its parameters.
type definition interface {
	forward(in *Interpreter)
	reverse(in *Interpreter)
}

// NewInterpreter returns an interpreter with slabs of 0.
func NewInterpreter(g *Graph) *Interpreter {
	return &Interpreter{
		Params: make([]float64, g.ParamLen), Grads: make([]float64, g.ParamLen), Buffers: make([]float64, g.BufferLen),
		g: g, masks: map[*Dropout][]float64{}, moments: map[*BatchNorm]moments{},
	}
}

// Push sets parameters and buffers.
func (in *Interpreter) Push(h Host) {
	if h.Params != nil {
		kernel.Widen(in.Params, h.Params)
	}
	if h.Buffers != nil {
		kernel.Widen(in.Buffers, h.Buffers)
	}
}

// Forward computes the output of some images.
func (in *Interpreter) Forward(images []float64, r Random) []float64 {
	in.random = r
	in.images = len(images) / (in.g.Values[in.g.In].Len() / in.g.Values[in.g.In].N)
	in.values, in.grads = make([][]float64, len(in.g.Values)), make([][]float64, len(in.g.Values))
	for v := range in.g.Values {
		n := in.shape(Value(v)).Len()
		in.values[v], in.grads[v] = make([]float64, n), make([]float64, n)
	}
	copy(in.values[in.g.In], images)
	for _, o := range in.g.Ops {
		o.(definition).forward(in)
	}
	return in.values[in.g.Out]
}

// Backward takes the gradient of the output of the last Forward, adds those of the parameters to Grads, and returns that of the input.
func (in *Interpreter) Backward(dout []float64) []float64 {
	copy(in.grads[in.g.Out], dout)
	for i := len(in.g.Ops) - 1; i >= 0; i-- {
		in.g.Ops[i].(definition).reverse(in)
	}
	return in.grads[in.g.In]
}

// Value returns what the last Forward computed for a value.
func (in *Interpreter) Value(v Value) []float64 { return in.values[v] }

// shape is that of a value in the pass under way.
func (in *Interpreter) shape(v Value) Shape { return in.g.Values[v].For(in.images) }

func (in *Interpreter) param(p Param) []float64 { return cut(in.Params, in.g.Params[p]) }
func (in *Interpreter) grad(p Param) []float64  { return cut(in.Grads, in.g.Params[p]) }
func (in *Interpreter) buffer(b Buffer) []float64 {
	return cut(in.Buffers, in.g.Buffers[b])
}

func cut(slab []float64, a Array) []float64 { return slab[a.Offset : a.Offset+a.Len] }

// window calls f with each pair of a position of the windows of side size over images of shape s and a pixel under it, both counted
// through all images, and the pixel's number in the window.
func window(s, out Shape, size, stride, pad int, f func(position, pixel, tap int)) {
	for n := range s.N {
		for p := range out.Pixels() {
			for tap := range size * size {
				y, x := p/out.W*stride-pad+tap/size, p%out.W*stride-pad+tap%size
				if y >= 0 && y < s.H && x >= 0 && x < s.W {
					f(n*out.Pixels()+p, n*s.Pixels()+y*s.W+x, tap)
				}
			}
		}
	}
}

// pool calls f with the places of an output and of an input in its window.
func (in *Interpreter) pool(x, y Value, size, stride, pad int, f func(yi, xi int)) {
	s, out := in.shape(x), in.shape(y)
	window(s, out, size, stride, pad, func(position, pixel, _ int) {
		for c := range s.C {
			f(position*s.C+c, pixel*s.C+c)
		}
	})
}

// product adds scale·A·B of two g×g matrices to c, with A or B transposed.
func product(c, a, b []float64, g int, transA, transB bool, scale float64) {
	for i := range g {
		for j := range g {
			var sum float64
			for k := range g {
				x, y := a[i*g+k], b[k*g+j]
				if transA {
					x = a[k*g+i]
				}
				if transB {
					y = b[j*g+k]
				}
				sum += x * y
			}
			c[i*g+j] += scale * sum
		}
	}
}
