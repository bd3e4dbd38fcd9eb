package nn

import (
	"math"

	"cenet/nn/kernel"
)

// Linear is a fully connected layer on images of one pixel: y = x·W + b, W of shape (In, Out).
type Linear struct {
	Weight *Param // (in, out)
	Bias   *Param // (out)

	path    string
	in, out int
	bfloat  bool // products are in bfloat16
	y, dx   Tensor
	x, dy   Tensor // of the pass under way
	now     Tensor // what it computes
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
		p.Failf("takes images of 1×1×%d, not %d×%d×%d", l.in, x.H, x.W, x.C)
	}
	l.bfloat = p.Precision == BFloat16
	y := p.Transient(&l.y, Shape{x.N, 1, 1, l.out}, x)
	y.intact = true
	p.Grad(&l.dx, x)
	p.Report("linear", y, Cost{MACs: y.N * l.in * l.out})
	return y
}

// linearBlock is the number of columns of a product in one part.
const linearBlock = 128

// Forward multiplies.
func (l *Linear) Forward(c *Context, x Tensor) Tensor {
	l.x, l.now = x, l.y.First(x.N)
	c.Run(kernel.Chunks{N: l.out, Size: linearBlock}.Count(), (*linearForward)(l))
	return l.now
}

// Backward multiplies by the transposes.
func (l *Linear) Backward(c *Context, dy Tensor) Tensor {
	l.dy = dy
	c.Run(kernel.Chunks{N: l.out, Size: linearBlock}.Count(), (*linearWeight)(l))
	kernel.SumRows(l.Bias.Grad, dy.Data)
	if l.dx.Data == nil {
		return l.dx
	}
	l.now = l.dx.First(dy.N)
	c.Run(kernel.Chunks{N: l.in, Size: linearBlock}.Count(), (*linearInput)(l))
	return l.now
}

type (
	linearForward Linear
	linearWeight  Linear
	linearInput   Linear
)

func (l *linearForward) Do(_, part int) {
	lo, hi := kernel.Chunks{N: l.out, Size: linearBlock}.Range(part)
	(*Linear)(l).product(false, false, l.x.N, hi-lo, l.in, l.x.Data, l.in, l.Weight.Data[lo:], l.out, false, l.now.Data[lo:], l.out)
	for n := range l.x.N {
		kernel.Add(l.now.Data[n*l.out:][lo:hi], l.Bias.Data[lo:hi])
	}
}

func (l *linearWeight) Do(_, part int) {
	lo, hi := kernel.Chunks{N: l.out, Size: linearBlock}.Range(part)
	(*Linear)(l).product(true, false, l.in, hi-lo, l.dy.N, l.x.Data, l.in, l.dy.Data[lo:], l.out, true, l.Weight.Grad[lo:], l.out)
}

func (l *linearInput) Do(_, part int) {
	lo, hi := kernel.Chunks{N: l.in, Size: linearBlock}.Range(part)
	(*Linear)(l).product(false, true, l.dy.N, hi-lo, l.out, l.dy.Data, l.out, l.Weight.Data[lo*l.out:], l.out, false, l.now.Data[lo:], l.in)
}

// product is kernel.Gemm in the layer's precision.
func (l *Linear) product(tA, tB bool, m, n, k int, a []float32, lda int, b []float32, ldb int, add bool, c []float32, ldc int) {
	switch {
	case l.bfloat:
		kernel.BFloatGemm(tA, tB, m, n, k, a, lda, b, ldb, add, c, ldc)
	case add:
		kernel.Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 1, c, ldc)
	default:
		kernel.Gemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, ldc)
	}
}
