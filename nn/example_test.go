package nn_test

import (
	"fmt"
	"testing"

	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/nntest"
)

// square is a new layer: y = x², element by element.
type square struct {
	path     string
	x, y, dx nn.Tensor
}

func (l *square) Plan(p *nn.Plan, x nn.Value) nn.Value {
	p.Step(l.path)                     // its name, in errors and in the summary
	y := p.Transient(&l.y, x.Shape, x) // memory for the output; x is kept for Backward
	p.Grad(&l.dx, x)                   // and for the gradient with respect to x
	p.Report("square", y, nn.Cost{Other: y.Len()})
	return y
}

func (l *square) Forward(_ *nn.Context, x nn.Tensor) nn.Tensor {
	l.x = x
	y := l.y.First(x.N) // a batch may have fewer images than planned
	kernel.Multiply(y.Data, x.Data, x.Data)
	return y
}

func (l *square) Backward(_ *nn.Context, dy nn.Tensor) nn.Tensor {
	if l.dx.Data == nil { // it is not needed
		return l.dx
	}
	dx := l.dx.First(dy.N)
	kernel.Multiply(dx.Data, dy.Data, l.x.Data)
	kernel.Times(dx.Data, dx.Data, 2) // 2x·dy
	return dx
}

// A new layer needs Plan, Forward and Backward, and nothing of fusions: layers that know of them stay apart from it. With a Lower it runs
// on other devices too. Its test is a Case of the suite, as TestSquare.
func ExampleLayer() {
	b := nn.NewBuilder()
	net, err := b.Build(nn.NewSequential(&square{path: "square"}, nn.NewGlobalPool("mean")), nn.Shape{N: 1, H: 1, W: 2, C: 1}, nn.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := nn.NewContext(1)
	defer c.Close()
	fmt.Println(net.Forward(c, nn.Tensor{Shape: net.In, Data: []float32{3, 4}}).Data)
	// Output: [12.5]
}

func TestSquare(t *testing.T) {
	nntest.Run(t, nntest.Case{Name: "square", In: nn.Shape{N: 3, H: 4, W: 3, C: 5}, Path: "l", CPUOnly: true,
		Build: func(*nn.Builder) nn.Layer { return &square{path: "l"} }})
}
