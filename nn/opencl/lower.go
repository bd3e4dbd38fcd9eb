//go:build opencl

package opencl

import (
	"fmt"

	"cenet/nn/graph"
)

// forward emits the forward pass of an operation: in training if b.train is set, and keeping what its backward pass needs.
func (b *builder) forward(op graph.Op) {
	switch o := op.(type) {
	case *graph.Add:
		b.each("sum", b.size(o.Y), b.value(o.Y), b.value(o.A), b.value(o.B))
	case *graph.Flatten:
		b.aliasValue(o.Y, o.X)
	default:
		b.d.fail("preparing a network", fmt.Errorf("no kernel for %T", op))
	}
}

// backward emits the backward pass of an operation, which follows those of all that read what it writes.
func (b *builder) backward(op graph.Op) {
	switch o := op.(type) {
	case *graph.Add:
		b.aliasGrad(o.A, o.Y)
		b.aliasGrad(o.B, o.Y)
	case *graph.Flatten:
		b.aliasGrad(o.X, o.Y)
	default:
		b.d.fail("preparing a network", fmt.Errorf("no kernel for the gradient of %T", op))
	}
}
