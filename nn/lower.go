package nn

import (
	"fmt"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// A Lowerer is a layer that says how it is made of operations. Lower is called after Plan; it takes the value of the layer's input and
// returns that of its output. A composite lowers its parts by Lowering.Part.
type Lowerer interface {
	Layer
	Lower(l *Lowering, x graph.Value) graph.Value
}

// A Lowering is the graph of a network in the making.
type Lowering struct {
	*graph.Builder

	params  map[*Param]graph.Param
	buffers map[*Buffer]graph.Buffer
	norms   map[*BatchNorm]*graph.BatchNorm
}

// Param returns the number of a parameter.
func (l *Lowering) Param(p *Param) graph.Param { return l.params[p] }

// Buffer returns the number of a buffer.
func (l *Lowering) Buffer(b *Buffer) graph.Buffer { return l.buffers[b] }

// Norm returns the operation that a BatchNorm before was lowered to; nil of nil.
func (l *Lowering) Norm(n *BatchNorm) *graph.BatchNorm { return l.norms[n] }

// Part lowers a layer.
func (l *Lowering) Part(layer Layer, x graph.Value) graph.Value {
	d, ok := layer.(Lowerer)
	if !ok {
		panic(notLowered{layer})
	}
	return d.Lower(l, x)
}

// notLowered is what Lower panics with where a layer is not a Lowerer.
type notLowered struct{ layer Layer }

// Lower returns what the network computes, in training and in evaluation, as a list of operations. The error names a layer that does
// not say what it is made of: such a network runs on the CPU alone.
func (n *Network) Lower() (g *graph.Graph, err error) {
	l := &Lowering{
		Builder: graph.NewBuilder(graph.Shape(n.In)),
		params:  map[*Param]graph.Param{}, buffers: map[*Buffer]graph.Buffer{}, norms: map[*BatchNorm]*graph.BatchNorm{},
	}
	var params, buffers []graph.Array
	at := 0
	for i, p := range n.Params {
		l.params[p] = graph.Param(i)
		params = append(params, graph.Array{Path: p.Path, Shape: p.Shape, Offset: at, Len: len(p.Data)})
		at += kernel.AlignUp(len(p.Data))
	}
	at = 0
	for i, b := range n.Buffers {
		l.buffers[b] = graph.Buffer(i)
		buffers = append(buffers, graph.Array{Path: b.Path, Shape: b.Shape, Offset: at, Len: len(b.Data)})
		at += kernel.AlignUp(len(b.Data))
	}
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(notLowered)
			if !ok {
				panic(v)
			}
			g, err = nil, fmt.Errorf("nn: layer %T does not say what operations it is made of: it runs on the CPU alone", e.layer)
		}
	}()
	g = l.Graph(l.Part(n.Root, 0))
	decayed, _ := n.Groups()
	g.Params, g.Buffers = params, buffers
	g.ParamLen, g.Decayed, g.BufferLen = len(n.data), len(decayed.Data), len(n.state)
	return g, nil
}

// Host returns the network's slabs.
func (n *Network) Host() graph.Host {
	return graph.Host{Params: n.data, Grads: n.grad, Buffers: n.state}
}
