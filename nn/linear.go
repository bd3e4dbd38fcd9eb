package nn

import (
	"math"

	"cenet/nn/kernel"
)

// Linear is a fully connected layer on pictures of one pixel: y = x·W + b, W of shape (In, Out).
type Linear struct {
	Weight *Param // (in, out)
	Bias   *Param // (out)

	path    string
	in, out int
	y, dx   Tensor
	x       Tensor
}

// NewLinear returns a layer with bias, both drawn from U(−1/√in, 1/√in), as PyTorch draws them.
func NewLinear(b *Builder, path string, in, out int) *Linear {
	init := Uniform(1 / math.Sqrt(float64(in)))
	return &Linear{
		path: path, in: in, out: out,
		Weight: b.Param(path+"/weight", true, init, in, out),
		Bias:   b.Param(path+"/bias", false, init, out),
	}
}

// Plan takes (N, 1, 1, in) to (N, 1, 1, out).
func (l *Linear) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if x.H != 1 || x.W != 1 || x.C != l.in {
		p.Failf("takes pictures of 1×1×%d, not %d×%d×%d", l.in, x.H, x.W, x.C)
	}
	y := p.Output(&l.y, Shape{x.N, 1, 1, l.out}, x)
	p.Grad(&l.dx, x)
	p.Report("linear", y, Cost{MACs: y.N * l.in * l.out})
	return y
}

// Forward multiplies.
func (l *Linear) Forward(c *Context, x Tensor) Tensor {
	l.x = x
	y := l.y.First(x.N)
	kernel.Gemm(false, false, x.N, l.out, l.in, 1, x.Data, l.in, l.Weight.Data, l.out, 0, y.Data, l.out)
	kernel.AddRow(y.Data, l.Bias.Data)
	return y
}

// Backward multiplies by the transposes.
func (l *Linear) Backward(c *Context, dy Tensor) Tensor {
	kernel.Gemm(true, false, l.in, l.out, dy.N, 1, l.x.Data, l.in, dy.Data, l.out, 1, l.Weight.Grad, l.out)
	kernel.SumRows(l.Bias.Grad, dy.Data)
	if l.dx.Data == nil {
		return l.dx
	}
	dx := l.dx.First(dy.N)
	kernel.Gemm(false, true, dy.N, l.in, l.out, 1, dy.Data, l.out, l.Weight.Data, l.out, 0, dx.Data, l.in)
	return dx
}
