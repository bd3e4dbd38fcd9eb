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
	stage     []float32 // (workers, share): images copied for the pass under way; see kernel.Conv.ScratchLen
	share     int       // floats of stage that a worker has
	paired    []float32 // in bfloat16, where the gradient is not by images: input and output gradient as Pair prepares them
	parts     []float32 // partial weight gradients
	x, out    Tensor    // of the pass under way
	dy        Tensor
	chunks    kernel.Chunks // images, of the pass under way

	byImages bool // weights have partial gradients by chunks of images
	step     int  // images that stay in cache while all is done to them
	fusion   convFusion
	inputs   []float32 // (workers, step, …): the input as fusion.source computes it
	observed bool      // fusion.onWrite is called in the pass under way
}

// NewConv returns a convolution with weights drawn from N(0, 2/(k²·Out/Groups)) (He et al. 2015, fan out). It panics if the groups do not
// divide the channels. A stride below 1 is an error of Build.
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

// maxParts is the largest number of parts of a backward pass by images.
const maxParts = 8

// cut cuts n images into these parts.
func (l *Conv) cut(n int) kernel.Chunks {
	return kernel.Chunks{N: n, Size: (n + maxParts - 1) / maxParts}
}

// Plan refuses images of other channels, or smaller than the window, and a stride or a padding that is not possible.
func (l *Conv) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if l.Stride < 1 || l.Pad < 0 {
		p.Failf("stride %d and padding %d, expected a stride of at least 1 and no negative padding", l.Stride, l.Pad)
	}
	if x.C != l.In {
		p.Failf("takes %d channels, not %d", l.In, x.C)
	}
	l.window = kernel.NewWindow(x.H, x.W, x.C, l.Kernel, l.Kernel, l.Stride, l.Pad)
	if l.window.Positions() <= 0 {
		p.Failf("the %d×%d window does not fit images of %d×%d", l.Kernel, l.Kernel, x.H, x.W)
	}
	l.byImages, l.step = true, max(1, 1<<15/(x.H*x.W*x.C))
	if !l.depthwise {
		if l.conv = kernel.NewConv(l.window, l.Out, l.Groups); p.Precision == BFloat16 {
			l.conv = kernel.NewBFloatConv(l.window, l.Out, l.Groups)
		}
		l.byImages, l.step = l.conv.ByImages(x.N), l.conv.Step()
	}
	l.fusion.take(p, x, l.byImages)
	y := p.Transient(&l.y, Shape{x.N, l.window.OutH, l.window.OutW, l.Out})
	y.intact = true
	l.fusion.offer(&y, l.byImages, l.recomputeAll)
	p.Grad(&l.dx, x)
	k := l.k()
	if l.fusion.source != nil {
		p.Scratch(&l.inputs, p.Workers*l.inputLen())
	}
	if l.byImages {
		p.Scratch(&l.parts, l.cut(x.N).Count()*k*l.Out)
	}
	if !l.depthwise {
		p.Scratch(&l.packed, max(l.conv.PackedLen(), l.conv.PackedInputLen()))
		l.share = kernel.AlignUp(l.conv.ScratchLen(x.N))
		p.Scratch(&l.stage, p.Workers*l.share)
		if n := l.conv.PairLen(x.N); p.Training && !l.byImages && (x.fixed || n > x.Len()) {
			p.backward(&l.paired, n)
		}
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

// inputLen is the number of floats of as many images as are taken at a time.
func (l *Conv) inputLen() int { return kernel.AlignUp(l.step * l.window.H * l.window.W * l.In) }

// Forward convolves. An input that is not computed yet is computed some images before they are used.
func (l *Conv) Forward(c *Context, x Tensor) Tensor {
	l.x, l.observed = x, c.Train && l.fusion.onWrite != nil
	l.compute(c, l.y.First(x.N))
	return l.out
}

// recomputeAll computes the output of the last Forward once more.
func (l *Conv) recomputeAll(c *Context, y Tensor) {
	l.observed = false
	l.compute(c, y)
}

func (l *Conv) compute(c *Context, y Tensor) {
	l.out = y
	if !l.depthwise {
		c.Run(l.conv.PackParts(), (*convPack)(l))
	}
	if l.byImages {
		l.chunks = kernel.Chunks{N: y.N, Size: min(l.step, l.cut(y.N).Size)}
		c.Run(l.chunks.Count(), (*convImages)(l))
	} else {
		c.Run(l.conv.ForwardParts(y.N), (*convForward)(l))
	}
}

// Backward computes both gradients. By images, all that is done to some of them is done while they are in cache: their input is
// computed again, so is their outputs' gradient where the next layer has left it, and with these both gradients.
func (l *Conv) Backward(c *Context, dy Tensor) Tensor {
	l.dy, l.out, l.chunks = dy, l.dx, l.cut(dy.N)
	if l.dx.Data != nil {
		l.out = l.dx.First(dy.N)
		if !l.depthwise {
			c.Run(l.conv.PackInputParts(), (*convPackInput)(l))
		}
	}
	if l.fusion.recomputeInput != nil {
		l.x = l.fusion.input.First(dy.N)
		c.Run(l.chunks.Count(), (*convRecompute)(l))
	}
	if l.byImages {
		c.Run(l.chunks.Count(), (*convBackward)(l))
		kernel.Reduce(l.Weight.Grad, l.parts, l.chunks.Count())
		return l.out
	}
	if l.fusion.deferred != nil {
		c.Run(l.chunks.Count(), (*convDeferred)(l))
	}
	if n := l.conv.PairParts(dy.N); n > 0 {
		if l.paired == nil {
			l.paired = l.dx.Data // which is not written until the weights' gradient is there
		}
		c.Run(n, (*convPair)(l))
	}
	c.Run(l.conv.WeightParts(), (*convWeight)(l))
	if l.out.Data != nil {
		c.Run(l.conv.InputParts(dy.N), (*convInput)(l))
	}
	return l.out
}

// input returns the images lo to hi−1 of the input.
func (l *Conv) input(worker, lo, hi int) []float32 {
	if l.fusion.source == nil {
		return l.x.Images(lo, hi)
	}
	x := l.inputs[worker*l.inputLen():][:(hi-lo)*l.x.Pixels()*l.In]
	l.fusion.source.Rows(x, lo*l.x.Pixels(), hi*l.x.Pixels())
	return x
}

// outputGradient returns the images lo to hi−1 of the gradient with respect to the output.
func (l *Conv) outputGradient(lo, hi int) []float32 {
	dy := l.dy.Images(lo, hi)
	if l.fusion.deferred != nil {
		l.fusion.deferred(dy, lo*l.dy.Pixels(), hi*l.dy.Pixels())
	}
	return dy
}

type (
	convPack      Conv
	convForward   Conv
	convImages    Conv
	convPackInput Conv
	convRecompute Conv
	convDeferred  Conv
	convBackward  Conv
	convInput     Conv
	convPair      Conv
	convWeight    Conv
)

// room is a worker's share of stage.
func (l *Conv) room(worker int) []float32 {
	return l.stage[worker*l.share : (worker+1)*l.share]
}

func (l *convPack) Do(_, part int) { l.conv.Pack(l.packed, l.Weight.Data, part) }

func (l *convForward) Do(worker, part int) {
	l.conv.Forward(l.out.Data, l.x.Data, l.packed, (*Conv)(l).room(worker), l.x.N, part)
}

func (l *convImages) Do(worker, part int) {
	lo, hi := l.chunks.Range(part)
	x, y := l.x.Data, l.out.Images(lo, hi)
	if x == nil {
		x = (*Conv)(l).input(worker, lo, hi)
	} else {
		x = l.x.Images(lo, hi)
	}
	if l.depthwise {
		for n := range hi - lo {
			kernel.Depthwise(y[n*l.y.Pixels()*l.Out:], x[n*l.x.Pixels()*l.In:], l.Weight.Data, l.window)
		}
	} else {
		l.conv.ForwardImages(y, x, l.packed, (*Conv)(l).room(worker), hi-lo)
	}
	if l.observed {
		l.fusion.onWrite(lo*l.y.Pixels(), y)
	}
}

func (l *convPackInput) Do(_, part int) { l.conv.PackInput(l.packed, l.Weight.Data, part) }

func (l *convRecompute) Do(_, part int) {
	lo, hi := l.chunks.Range(part)
	l.fusion.recomputeInput(l.x.Images(lo, hi), lo*l.x.Pixels(), hi*l.x.Pixels())
}

func (l *convDeferred) Do(_, part int) { (*Conv)(l).outputGradient(l.chunks.Range(part)) }

func (l *convBackward) Do(worker, part int) {
	dw := l.parts[part*len(l.Weight.Data):][:len(l.Weight.Data)]
	kernel.Zero(dw)
	first, last := l.chunks.Range(part)
	for lo := first; lo < last; lo += l.step {
		hi := min(lo+l.step, last)
		x, dy := (*Conv)(l).input(worker, lo, hi), (*Conv)(l).outputGradient(lo, hi)
		if l.depthwise {
			for n := range hi - lo {
				kernel.DepthwiseWeight(dw, dy[n*l.dy.Pixels()*l.Out:], x[n*l.x.Pixels()*l.In:], l.window)
			}
		} else {
			l.conv.Weight(dw, dy, x, (*Conv)(l).room(worker), hi-lo)
		}
		if l.out.Data == nil {
			continue
		}
		dx := l.out.Images(lo, hi)
		if l.depthwise {
			for n := range hi - lo {
				kernel.DepthwiseInput(dx[n*l.x.Pixels()*l.In:], dy[n*l.dy.Pixels()*l.Out:], l.Weight.Data, l.window)
			}
		} else {
			var t kernel.Epilogue
			if l.fusion.gradAddend.Data != nil {
				t.Addend = l.fusion.gradAddend.Images(lo, hi)
			}
			l.conv.InputImages(dx, dy, l.packed, (*Conv)(l).room(worker), hi-lo, t)
		}
		if l.fusion.source != nil {
			l.fusion.source.Gradient(lo*l.x.Pixels(), dx)
		}
	}
}

func (l *convPair) Do(_, part int) { l.conv.Pair(l.paired, l.dy.Data, l.x.Data, l.dy.N, part) }

func (l *convWeight) Do(_, part int) {
	l.conv.WeightPart(l.Weight.Grad, l.dy.Data, l.x.Data, l.paired, l.dy.N, part)
}

func (l *convInput) Do(worker, part int) {
	l.conv.InputEpilogue(l.out.Data, l.dy.Data, l.packed, (*Conv)(l).room(worker), l.dy.N, part,
		kernel.Epilogue{Addend: l.fusion.gradAddend.Data})
}
