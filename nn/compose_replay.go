package nn

import (
	"fmt"
	"strings"

	"cenet/nn/graph"
)

// Replay returns a layer that computes the operations which the layers of a network say they are made of, one after the other, with the
// kernels that composed layers use: for a test that a layer's passes have the bits of its operations. The layer has parameters of the same
// paths as the network. The error names an operation that composed layers do not have.
func Replay(b *Builder, n *Network) (*Composed, error) {
	g, err := n.Lower()
	if err != nil {
		return nil, err
	}
	for i, o := range g.Ops {
		if !composable(o) {
			name := strings.TrimPrefix(fmt.Sprintf("%T", o), "*graph.")
			return nil, fmt.Errorf("nn: composed layers do not have the operation %s of %s", name, g.Paths[i])
		}
	}
	l := &Composed{kind: "operations", path: "operations", channels: n.In.C, replayed: g}
	for _, p := range n.Params {
		l.order = append(l.order, b.Param(p.Path, p.Decay, p.init, p.Shape...))
	}
	return l, nil
}

// composable reports that composed layers have an operation.
func composable(o graph.Op) bool {
	switch o := o.(type) {
	case *graph.Parameter, *graph.Scale, *graph.Multiply, *graph.Plus, *graph.Add, *graph.Concat, *graph.ChannelConv, *graph.LayerNorm,
		*graph.GlobalPool, *graph.Reduce, *graph.Softmax, *graph.Clamp, *graph.Sigmoid, *graph.Tanh, *graph.Root:
		return true
	case *graph.Linear:
		return !o.Transposed
	case *graph.Variance:
		return o.Norm == nil
	}
	return false
}
