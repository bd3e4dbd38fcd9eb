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
	conv      *kernel.Conv
	y, dx     Tensor
	packed    []float32 // the weights, in the order of the pass under way
	stage     []float32 // (workers, …): pictures copied for the pass under way
	parts     []float32 // partial weight gradients
	x, out    Tensor    // of the pass under way
	dy        Tensor
	more      Tensor        // added to the gradient with respect to the input, where it has data; not for depthwise
	chunks    kernel.Chunks // pictures

	remade Tensor // the input, computed again for the backward pass
	again  maker  // of remade, or nil
	late   maker  // of the output's gradient, where the layer behind leaves it to this one
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

// k is the number of weights of one output channel.
func (l *Conv) k() int { return l.Kernel * l.Kernel * l.In / l.Groups }

// cut makes up to 8 chunks of pictures for the weight gradient of a depthwise convolution.
func (l *Conv) cut(n int) kernel.Chunks { return kernel.Chunks{N: n, Size: (n + 7) / 8} }

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
	l.again = p.Again(&l.remade, x)
	y := p.Fleeting(&l.y, Shape{x.N, l.window.OutH, l.window.OutW, l.Out})
	y.late = &l.late
	p.Grad(&l.dx, x)
	k := l.k()
	if l.depthwise {
		p.Scratch(&l.parts, l.cut(x.N).Count()*k*l.Out)
	} else {
		l.conv = kernel.NewConv(l.window, l.Out, l.Groups)
		p.Scratch(&l.packed, max(l.conv.PackedLen(), l.conv.PackedInputLen()))
		p.Scratch(&l.stage, p.Workers*kernel.AlignUp(l.conv.ScratchLen(x.N)))
		p.Scratch(&l.parts, l.conv.WeightScratchLen(x.N))
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
	if l.depthwise {
		c.Run(x.N, (*depthwiseForward)(l))
		return l.out
	}
	c.Run(l.conv.PackParts(), (*convPack)(l))
	c.Run(l.conv.ForwardParts(x.N), (*convForward)(l))
	return l.out
}

// Backward computes both gradients. Where the weights' is summed by chunks of pictures, all that is done to some pictures is done
// while they are in cache: their input is computed again, the gradient of their output where the layer behind has left it, and
// both gradients.
func (l *Conv) Backward(c *Context, dy Tensor) Tensor {
	if l.again != nil {
		l.x = l.remade.First(dy.N)
	}
	l.dy, l.out = dy, l.dx
	if l.dx.Data != nil {
		l.out = l.dx.First(dy.N)
	}
	if l.depthwise {
		l.chunks = l.cut(dy.N)
		c.Run(l.chunks.Count(), (*depthwiseBackward)(l))
		kernel.Reduce(l.Weight.Grad, l.parts, l.chunks.Count())
		return l.out
	}
	if l.out.Data != nil {
		c.Run(l.conv.PackInputParts(), (*convPackInput)(l))
	}
	var together bool
	if l.chunks, together = l.conv.WeightChunks(dy.N); together {
		c.Run(l.chunks.Count(), (*convBackward)(l))
	} else {
		c.Run(l.chunks.Count(), (*convMake)(l))
		c.Run(l.conv.WeightParts(dy.N), (*convWeight)(l))
		if l.out.Data != nil {
			c.Run(l.conv.InputParts(dy.N), (*convInput)(l))
		}
	}
	l.conv.AddWeight(l.Weight.Grad, l.parts, dy.N)
	return l.out
}

// make computes what the backward pass reads of the pictures lo to hi−1.
func (l *Conv) make(lo, hi int) {
	if l.again != nil {
		l.again(l.x, lo*l.x.Pixels(), hi*l.x.Pixels())
	}
	if l.late != nil {
		l.late(l.dy, lo*l.dy.Pixels(), hi*l.dy.Pixels())
	}
}

type (
	convPack          Conv
	convForward       Conv
	convPackInput     Conv
	convBackward      Conv
	convMake          Conv
	convInput         Conv
	convWeight        Conv
	depthwiseForward  Conv
	depthwiseBackward Conv
)

// room is a worker's share of stage.
func (l *Conv) room(worker int) []float32 {
	size := kernel.AlignUp(l.conv.ScratchLen(l.y.N))
	return l.stage[worker*size : (worker+1)*size]
}

func (l *convPack) Do(_, part int) { l.conv.Pack(l.packed, l.Weight.Data, part) }

func (l *convForward) Do(worker, part int) {
	l.conv.Forward(l.out.Data, l.x.Data, l.packed, (*Conv)(l).room(worker), l.x.N, part)
}

func (l *convPackInput) Do(_, part int) { l.conv.PackInput(l.packed, l.Weight.Data, part) }

func (l *convBackward) Do(worker, part int) {
	dw := l.parts[part*len(l.Weight.Data):][:len(l.Weight.Data)]
	kernel.Zero(dw)
	lo, hi := l.chunks.Range(part)
	for step := l.conv.Step(); lo < hi; lo += step {
		end := min(lo+step, hi)
		(*Conv)(l).make(lo, end)
		l.conv.WeightPictures(dw, l.dy.Data, l.x.Data, lo, end)
		if l.out.Data != nil {
			l.conv.InputPictures(l.out.Data, l.dy.Data, l.packed, (*Conv)(l).room(worker), lo, end, kernel.Tail{Addend: l.more.Data})
		}
	}
}

func (l *convMake) Do(_, part int) { (*Conv)(l).make(l.chunks.Range(part)) }

func (l *convInput) Do(worker, part int) {
	l.conv.InputTail(l.out.Data, l.dy.Data, l.packed, (*Conv)(l).room(worker), l.dy.N, part, kernel.Tail{Addend: l.more.Data})
}

func (l *convWeight) Do(_, part int) {
	l.conv.Weight(l.Weight.Grad, l.dy.Data, l.x.Data, l.parts, l.dy.N, part)
}

func (l *depthwiseForward) Do(_, n int) {
	kernel.Depthwise(l.out.Picture(n), l.x.Picture(n), l.Weight.Data, l.window)
}

func (l *depthwiseBackward) Do(_, part int) {
	dw := l.parts[part*len(l.Weight.Data):][:len(l.Weight.Data)]
	kernel.Zero(dw)
	lo, hi := l.chunks.Range(part)
	for n := lo; n < hi; n++ {
		(*Conv)(l).make(n, n+1)
		pic, dy := l.x.Picture(n), l.dy.Picture(n)
		kernel.DepthwiseWeight(dw, dy, pic, l.window)
		if l.out.Data != nil {
			kernel.DepthwiseInput(l.out.Picture(n), dy, l.Weight.Data, l.window)
		}
	}
}
