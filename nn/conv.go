package nn

import "cenet/nn/kernel"

// ConvSpec says what a convolution is. Groups cut input and output channels into as many independent convolutions; with as
// many groups as channels it is depthwise.
type ConvSpec struct {
	In, Out     int
	Kernel      int // side of the square window
	Stride, Pad int
	Groups      int // 0 means 1
}

// Conv is a 2-D convolution without bias. Its weight has the shape (kH, kW, In/Groups, Out): the matrix that multiplies a
// window's pixels is contiguous, with the output channels innermost.
type Conv struct {
	ConvSpec
	Weight *Param

	path      string
	depthwise bool
	window    kernel.Window
	y, dx     Tensor
	wT        []float32 // (Out, K), K = kH·kW·In/Groups: what gonum multiplies fastest by
	col, dcol []float32 // (workers, tile, K)
	parts     []float32 // (chunks, Out, K): partial weight gradients
	x, out    Tensor    // of the pass under way
	dy        Tensor
	chunks    kernel.Chunks // pictures
}

// NewConv returns a convolution with weights drawn from N(0, 2/(k²·Out/Groups)) (He et al. 2015, fan out).
func NewConv(b *Builder, path string, s ConvSpec) *Conv {
	s.Groups = max(1, s.Groups)
	if s.In%s.Groups != 0 || s.Out%s.Groups != 0 {
		panic("nn: groups do not divide the channels of " + path)
	}
	return &Conv{
		ConvSpec:  s,
		path:      path,
		depthwise: s.Groups == s.In && s.In == s.Out && s.Groups > 1,
		Weight:    b.Param(path+"/weight", true, He(s.Kernel*s.Kernel*s.Out/s.Groups), s.Kernel, s.Kernel, s.In/s.Groups, s.Out),
	}
}

// tile is the number of window positions that are multiplied at once.
const tile = 64

// k is the number of weights of one output channel.
func (l *Conv) k() int { return l.Kernel * l.Kernel * l.In / l.Groups }

// cut makes chunks of pictures for the weight gradient: up to 8, fewer where weights are many, so that the partial sums stay
// small. A function of the shape alone.
func (l *Conv) cut(n int) kernel.Chunks {
	most := min(8, max(2, (1<<20)/(l.k()*l.Out)))
	return kernel.Chunks{N: n, Size: (n + most - 1) / most}
}

// Plan refuses pictures of other channels, or smaller than the window.
func (l *Conv) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if x.C != l.In {
		p.Failf("takes %d channels, not %d", l.In, x.C)
	}
	l.window = kernel.NewWindow(x.H, x.W, x.C, l.Kernel, l.Kernel, l.Stride, l.Pad)
	if l.window.Positions() <= 0 {
		p.Failf("the %d×%d window does not fit pictures of %d×%d", l.Kernel, l.Kernel, x.H, x.W)
	}
	y := p.Output(&l.y, Shape{x.N, l.window.OutH, l.window.OutW, l.Out}, x)
	p.Grad(&l.dx, x)
	k := l.k()
	p.Scratch(&l.parts, l.cut(x.N).Count()*k*l.Out)
	if !l.depthwise {
		p.Keep(&l.wT, k*l.Out)
		p.Scratch(&l.col, p.Workers*kernel.AlignUp(tile*k))
		p.Scratch(&l.dcol, p.Workers*kernel.AlignUp(tile*k))
	}
	p.Report(l.kind(), y, Cost{MACs: y.Len() * k})
	return y
}

func (l *Conv) kind() string {
	switch {
	case l.depthwise:
		return "depthwise conv"
	case l.Groups > 1:
		return "grouped conv"
	}
	return "conv"
}

// Forward convolves.
func (l *Conv) Forward(c *Context, x Tensor) Tensor {
	l.x, l.out = x, l.y.First(x.N)
	if !l.depthwise {
		kernel.Transpose(l.wT, l.Weight.Data, l.k(), l.Out)
	}
	c.Run(x.N, (*convForward)(l))
	return l.out
}

// Backward computes both gradients picture by picture, the weights' in partial sums by chunks of pictures.
func (l *Conv) Backward(c *Context, dy Tensor) Tensor {
	l.dy, l.out = dy, l.dx
	if l.dx.Data != nil {
		l.out = l.dx.First(dy.N)
	}
	l.chunks = l.cut(dy.N)
	c.Run(l.chunks.Count(), (*convBackward)(l))
	size := len(l.Weight.Data)
	if l.depthwise {
		kernel.Reduce(l.Weight.Grad, l.parts, l.chunks.Count())
		return l.out
	}
	sum := l.parts[:size]
	kernel.Reduce(sum, l.parts[size:], l.chunks.Count()-1)
	kernel.AddTransposed(l.Weight.Grad, sum, l.Out, l.k())
	return l.out
}

type (
	convForward  Conv
	convBackward Conv
)

func (l *convForward) Do(worker, n int) {
	pic, out := l.x.Picture(n), l.out.Picture(n)
	if l.depthwise {
		kernel.Depthwise(out, pic, l.Weight.Data, l.window)
		return
	}
	k := (*Conv)(l).k()
	buffer := l.col[worker*kernel.AlignUp(tile*k):][:tile*k]
	in, of := l.In/l.Groups, l.Out/l.Groups
	for g := range l.Groups {
		for lo := 0; lo < l.window.Positions(); lo += tile {
			hi := min(lo+tile, l.window.Positions())
			col, stride := (*Conv)(l).windows(buffer, pic, g*in, (g+1)*in, lo, hi)
			kernel.Gemm(false, true, hi-lo, of, k, 1, col, stride, l.wT[g*of*k:], k, 0, out[lo*l.Out+g*of:], l.Out)
		}
	}
}

// windows returns the pixels of the window at positions lo to hi−1, channels c0 to c1−1, as a matrix with its row stride.
func (l *Conv) windows(buffer, pic []float32, c0, c1, lo, hi int) (col []float32, stride int) {
	if l.window.Pointwise() {
		return pic[lo*l.In+c0:], l.In
	}
	kernel.Im2col(buffer, pic, l.window, c0, c1, lo, hi)
	return buffer, l.k()
}

func (l *convBackward) Do(worker, part int) {
	k := (*Conv)(l).k()
	size := k * l.Out
	dw := l.parts[part*size:][:size]
	kernel.Zero(dw)
	lo, hi := l.chunks.Range(part)
	for n := lo; n < hi; n++ {
		(*Conv)(l).backward(dw, worker, n)
	}
}

// backward adds the weight gradient of picture n to dw and writes the gradient with respect to the picture.
func (l *Conv) backward(dw []float32, worker, n int) {
	pic, dy := l.x.Picture(n), l.dy.Picture(n)
	var dpic []float32
	if l.out.Data != nil {
		dpic = l.out.Picture(n)
		kernel.Zero(dpic)
	}
	if l.depthwise {
		kernel.DepthwiseWeight(dw, dy, pic, l.window)
		if dpic != nil {
			kernel.DepthwiseInput(dpic, dy, l.Weight.Data, l.window)
		}
		return
	}
	k := l.k()
	buffer := l.col[worker*kernel.AlignUp(tile*k):][:tile*k]
	dcol := l.dcol[worker*kernel.AlignUp(tile*k):][:tile*k]
	in, of := l.In/l.Groups, l.Out/l.Groups
	for g := range l.Groups {
		for lo := 0; lo < l.window.Positions(); lo += tile {
			hi := min(lo+tile, l.window.Positions())
			d := dy[lo*l.Out+g*of:]
			col, stride := l.windows(buffer, pic, g*in, (g+1)*in, lo, hi)
			kernel.Gemm(true, false, of, k, hi-lo, 1, d, l.Out, col, stride, 1, dw[g*of*k:], k)
			switch {
			case dpic == nil:
			case l.window.Pointwise():
				kernel.Gemm(false, false, hi-lo, k, of, 1, d, l.Out, l.wT[g*of*k:], k, 0, dpic[lo*l.In+g*in:], l.In)
			default:
				kernel.Gemm(false, false, hi-lo, k, of, 1, d, l.Out, l.wT[g*of*k:], k, 0, dcol, k)
				kernel.Col2im(dpic, dcol, l.window, g*in, (g+1)*in, lo, hi)
			}
		}
	}
}
