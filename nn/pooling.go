package nn

import "cenet/nn/kernel"

// A Pool takes the largest value of each window, or the mean of the whole image.
type Pool struct {
	path                string
	global              bool
	size, stride, pad   int
	window              kernel.Window
	y, dx, x, out, grad Tensor
}

// NewMaxPool returns max pooling with a size×size window; padding never wins.
func NewMaxPool(path string, size, stride, pad int) *Pool {
	return &Pool{path: path, size: size, stride: stride, pad: pad}
}

// NewGlobalPool returns the mean of each channel over the image: (N, H, W, C) to (N, 1, 1, C).
func NewGlobalPool(path string) *Pool { return &Pool{path: path, global: true} }

// Plan refuses images smaller than the window, and a window, a stride or a padding that is not possible.
func (l *Pool) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	l.window = kernel.Window{H: x.H, W: x.W, C: x.C, KH: x.H, KW: x.W, Stride: 1, OutH: 1, OutW: 1}
	if !l.global {
		if l.size < 1 || l.stride < 1 || l.pad < 0 || 2*l.pad > l.size {
			p.Failf("window %d, stride %d and padding %d, expected a window and a stride of at least 1 and a padding of at most half the window",
				l.size, l.stride, l.pad)
		}
		l.window = kernel.NewWindow(x.H, x.W, x.C, l.size, l.size, l.stride, l.pad)
	}
	if l.window.Positions() <= 0 {
		p.Failf("the %d×%d window does not fit images of %d×%d", l.size, l.size, x.H, x.W)
	}
	y := p.Transient(&l.y, Shape{x.N, l.window.OutH, l.window.OutW, x.C}, x)
	y.intact = true
	p.Grad(&l.dx, x)
	kind := "max pool"
	if l.global {
		kind = "average pool"
	}
	p.Report(kind, y, Cost{Other: y.Len() * l.window.KH * l.window.KW})
	return y
}

// Forward pools.
func (l *Pool) Forward(c *Context, x Tensor) Tensor {
	l.x, l.out = x, l.y.First(x.N)
	c.Run(x.N, (*poolForward)(l))
	return l.out
}

// Backward gives each gradient to the largest element, or to all in equal parts.
func (l *Pool) Backward(c *Context, dy Tensor) Tensor {
	if l.dx.Data == nil {
		return l.dx
	}
	l.grad = dy
	l.out = l.dx.First(dy.N)
	c.Run(dy.N, (*poolBackward)(l))
	return l.out
}

type (
	poolForward  Pool
	poolBackward Pool
)

func (l *poolForward) Do(_, n int) {
	if l.global {
		kernel.MeanRows(l.out.Image(n), l.x.Image(n))
		return
	}
	kernel.MaxPool(l.out.Image(n), l.x.Image(n), l.window)
}

func (l *poolBackward) Do(_, n int) {
	dx, dy := l.out.Image(n), l.grad.Image(n)
	if l.global {
		kernel.SpreadMean(dx, dy)
		return
	}
	kernel.Zero(dx)
	kernel.MaxPoolBackward(dx, dy, l.x.Image(n), l.window)
}
