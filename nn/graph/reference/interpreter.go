package reference

import (
	"fmt"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// An Interpreter runs one graph.
type Interpreter struct {
	Params, Grads, Buffers []float64 // the slabs

	g       *graph.Graph
	images  int // of the pass under way
	random  graph.Random
	values  [][]float64
	grads   [][]float64
	moments map[*graph.BatchNorm]moments
}

// A definition is what an operation means: forward computes what it writes, and reverse adds to the gradients of what it reads and of its
// parameters.
type definition interface {
	forward(in *Interpreter)
	reverse(in *Interpreter)
}

// New returns an interpreter with slabs of 0.
func New(g *graph.Graph) *Interpreter {
	return &Interpreter{
		Params: make([]float64, g.ParamLen), Grads: make([]float64, g.ParamLen), Buffers: make([]float64, g.BufferLen),
		g: g, moments: map[*graph.BatchNorm]moments{},
	}
}

// Push sets parameters and buffers.
func (in *Interpreter) Push(h graph.Host) {
	if h.Params != nil {
		kernel.Widen(in.Params, h.Params)
	}
	if h.Buffers != nil {
		kernel.Widen(in.Buffers, h.Buffers)
	}
}

// Forward computes the output of some images.
func (in *Interpreter) Forward(images []float64, r graph.Random) []float64 {
	in.random = r
	in.images = len(images) / (in.g.Values[in.g.In].Len() / in.g.Values[in.g.In].N)
	in.values, in.grads = make([][]float64, len(in.g.Values)), make([][]float64, len(in.g.Values))
	for v := range in.g.Values {
		n := in.shape(graph.Value(v)).Len()
		in.values[v], in.grads[v] = make([]float64, n), make([]float64, n)
	}
	copy(in.values[in.g.In], images)
	for _, o := range in.g.Ops {
		in.definition(o).forward(in)
	}
	return in.values[in.g.Out]
}

// Backward takes the gradient of the output of the last Forward, adds those of the parameters to Grads, and returns that of the input.
func (in *Interpreter) Backward(dout []float64) []float64 {
	copy(in.grads[in.g.Out], dout)
	for i := len(in.g.Ops) - 1; i >= 0; i-- {
		in.definition(in.g.Ops[i]).reverse(in)
	}
	return in.grads[in.g.In]
}

// Value returns what the last Forward computed for a value.
func (in *Interpreter) Value(v graph.Value) []float64 { return in.values[v] }

// definition returns the meaning of an operation in the pass under way.
func (in *Interpreter) definition(op graph.Op) definition {
	if f := functionOf(op); f != nil {
		return elementwise{in.value(op.Reads()[0]), in.value(op.Writes()[0]), f}
	}
	if s := in.sumOf(op); s.terms != nil {
		return s
	}
	switch o := op.(type) {
	case *graph.BatchNorm:
		return (*batchNorm)(o)
	case *graph.GroupNorm:
		return norm{o.X, o.Y, in.shape(o.X), o.Groups, o.Epsilon, o.Gamma, o.Beta}
	case *graph.LayerNorm:
		s := in.shape(o.X)
		return norm{o.X, o.Y, graph.Shape{N: s.Rows(), H: 1, W: 1, C: s.C}, 1, o.Epsilon, o.Gamma, o.Beta}
	case *graph.Softmax:
		return (*softmax)(o)
	case *graph.Variance:
		return (*variance)(o)
	case *graph.Covariance:
		return (*covariance)(o)
	case *graph.Newton:
		return (*newton)(o)
	case *graph.RunningAverage:
		return (*runningAverage)(o)
	case *graph.RootMean:
		return (*rootMean)(o)
	case *graph.Lambda:
		return (*lambda)(o)
	case *graph.Mix:
		return (*mix)(o)
	}
	panic(fmt.Sprintf("reference: no definition of %T", op))
}

// An array is numbers and their gradients.
type array struct{ value, grad []float64 }

func (in *Interpreter) value(v graph.Value) array { return array{in.values[v], in.grads[v]} }
func (in *Interpreter) param(p graph.Param) array {
	a := in.g.Params[p]
	return array{in.Params[a.Offset:][:a.Len], in.Grads[a.Offset:][:a.Len]}
}
func (in *Interpreter) buffer(b graph.Buffer) []float64 {
	a := in.g.Buffers[b]
	return in.Buffers[a.Offset:][:a.Len]
}

// shape is that of a value in the pass under way.
func (in *Interpreter) shape(v graph.Value) graph.Shape { return in.g.Values[v].For(in.images) }
