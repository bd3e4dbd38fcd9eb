package nn

import "cenet/nn/kernel"

// BatchNorm normalises each channel over all pixels of the batch, then scales by γ and shifts by β:
//
//	y = γ·(x − μ)/√(σ² + ε) + β
//
// In training μ and the biased σ² are those of the batch, and the running mean and the running, unbiased variance move
// towards them by momentum; in evaluation the running ones are used.
//
// References:
//
//	Ioffe, Szegedy: Batch normalization (2015).
type BatchNorm struct {
	Gamma, Beta                  *Param
	RunningMean, RunningVariance *Buffer
	Epsilon, Momentum            float32

	path                string
	y, dx               Tensor
	wanted              bool // the gradient with respect to the input
	inPlace             bool // it takes the place of the output's
	fusion              normFusion
	mean, variance, inv []float32 // (C), of the batch
	scale, shift        []float32 // (C)
	gain, slope, offset []float32 // (C), those of the gradient
	parts               []float32 // (segments, 2, C)
	sums                []float32 // (2, C)
	x, out, dy, grad    Tensor    // of the pass under way
	chunks              kernel.Chunks
	segments            kernel.Segments // of which sums are taken
	epilogue            Epilogue
	operations          kernel.Epilogue // of the pass under way
}

// NewBatchNorm returns the normalisation of channels channels, with γ = gamma at the start, ε = 1e-5 and momentum 0.1.
func NewBatchNorm(b *Builder, path string, channels int, gamma float32) *BatchNorm {
	return &BatchNorm{
		path:            path,
		Gamma:           b.Param(path+"/gamma", false, Constant(gamma), channels),
		Beta:            b.Param(path+"/beta", false, Constant(0), channels),
		RunningMean:     b.Buffer(path+"/running_mean", kernel.Zero, channels),
		RunningVariance: b.Buffer(path+"/running_variance", ones, channels),
		Epsilon:         1e-5,
		Momentum:        0.1,
	}
}

func ones(x []float32) { kernel.Fill(x, 1) }

// Variance returns the biased variance σ² of each channel over the batch of the last Forward in training, before ε.
func (n *BatchNorm) Variance() []float32 { return n.variance }

// Epilogue is what runs after the normalisation.
//
// The backward pass of a rectifier needs no output: whether the normalised value was within the bounds is computed again from
// the input, to the same bits.
func (n *BatchNorm) Epilogue() *Epilogue { return &n.epilogue }

// Plan keeps the shape. In training it refuses one image of one pixel.
func (n *BatchNorm) Plan(p *Plan, x Value) Value {
	p.Step(n.path)
	if x.C != Size(n.Gamma.Shape) {
		p.Failf("normalises %d channels, not %d", Size(n.Gamma.Shape), x.C)
	}
	p.NeedsBatch(x)
	y := p.Transient(&n.y, x.Shape, x)
	if n.epilogue.kind == addClamp {
		p.read([]Value{y}) // for what it bounds
		y.needed = p.Training
	}
	n.wanted, n.inPlace = !x.fixed, n.epilogue.kind == noEpilogue || n.epilogue.kind == clampOutput
	if n.inPlace {
		n.dx = Tensor{Shape: x.Shape}
		y.first = min(y.first, x.first)
	} else {
		p.Grad(&n.dx, x)
	}
	n.segments = kernel.ImageSegments(x.N, x.Pixels(), x.C)
	n.fusion.plan(p, n, x, &y)
	for _, s := range []*[]float32{&n.mean, &n.variance, &n.inv} {
		p.Keep(s, x.C)
	}
	for _, s := range []*[]float32{&n.scale, &n.shift} {
		p.keepFor(s, x.C, x)
	}
	for _, s := range []*[]float32{&n.gain, &n.slope, &n.offset} {
		p.gradFor(s, x.C, x)
	}
	p.Scratch(&n.sums, 2*x.C)
	p.Scratch(&n.parts, n.segments.Count()*2*x.C)
	p.Report("BatchNorm", y, Cost{Other: 2 * y.Len()})
	return y
}

// Folds reports that in evaluation each channel is scaled and shifted.
func (n *BatchNorm) Folds() bool { return true }

// Fold makes of a convolution's weight (k, C) and bias (C) those with the normalisation after it.
func (n *BatchNorm) Fold(weight, bias []float32) {
	c := len(bias)
	inv, scale, shift := make([]float32, c), make([]float32, c), make([]float32, c)
	kernel.NormScale(scale, shift, inv, n.Gamma.Data, n.Beta.Data, n.RunningMean.Data, n.RunningVariance.Data, n.Epsilon)
	kernel.ScaleRows(weight, weight, scale)
	kernel.Affine(bias, bias, scale, shift)
}

// Forward normalises.
func (n *BatchNorm) Forward(c *Context, x Tensor) Tensor {
	n.x, n.chunks, n.segments.N = x, rows(x), x.N
	mean, variance := n.RunningMean.Data, n.RunningVariance.Data
	if c.Train {
		mean, variance = n.mean, n.variance
		parts := n.fusion.moments
		if !n.fusion.onWrite {
			parts = n.parts
			c.Run(n.segments.Count(), (*normMoments)(n))
		}
		kernel.CombineMoments(mean, variance, parts, n.segments)
		m := float32(x.Rows())
		kernel.RunningAverage(n.RunningMean.Data, mean, n.Momentum, 1)
		kernel.RunningAverage(n.RunningVariance.Data, variance, n.Momentum, m/max(1, m-1))
	}
	kernel.NormScale(n.scale, n.shift, n.inv, n.Gamma.Data, n.Beta.Data, mean, variance, n.Epsilon)
	switch {
	case n.fusion.output.skipsOutput(c):
		return Tensor{Shape: x.Shape}
	case n.fusion.output.active:
		n.out = NewTensor(x.Shape)
	default:
		n.out = n.y.First(x.N)
	}
	n.operations = n.epilogue.Fuse()
	c.Run(n.chunks.Count(), (*normApply)(n))
	return n.epilogue.Apply(c, n.out)
}

// recomputeRows computes rows of the output of the last Forward once more.
func (n *BatchNorm) recomputeRows(y []float32, lo, hi int) {
	n.apply(y, n.epilogue.operations(), lo, hi)
}

// Backward takes the gradient through the statistics of the batch too, in the place of dy unless the epilogue has an addend.
func (n *BatchNorm) Backward(c *Context, dy Tensor) Tensor {
	n.dy = dy
	if n.fusion.recomputeInput != nil {
		n.x = n.fusion.input.First(dy.N)
		n.fusion.recomputeInput(c, n.x)
	}
	kernel.Zero(n.sums)
	if n.fusion.output.active {
		kernel.Reduce(n.sums, n.fusion.output.sums, n.segments.Count())
	} else {
		c.Run(n.segments.Count(), (*normSums)(n))
		kernel.Reduce(n.sums, n.parts, n.segments.Count())
	}
	kernel.NormParams(n.Gamma.Grad, n.Beta.Grad, n.sums, n.inv)
	if !n.wanted {
		return Tensor{Shape: dy.Shape}
	}
	n.grad = dy
	if !n.inPlace {
		n.grad = n.dx.First(dy.N)
	}
	kernel.NormSlopes(n.gain, n.slope, n.offset, n.Gamma.Data, n.mean, n.inv, n.sums, n.x.Rows())
	if !n.fusion.deferred {
		c.Run(n.chunks.Count(), (*normBackward)(n))
	}
	return n.grad
}

type (
	normMoments  BatchNorm
	normApply    BatchNorm
	normSums     BatchNorm
	normBackward BatchNorm
)

func (n *normMoments) Do(_, part int) {
	lo, hi := n.segments.Range(part)
	moments(n.parts, part, n.x.C, n.x.Between(lo, hi))
}

// takeMoments takes the moments of some images of the input, which begin with row lo, as they are written.
func (n *BatchNorm) takeMoments(lo int, x []float32) {
	for part := n.segments.At(lo); len(x) > 0; part++ {
		first, end := n.segments.Range(part)
		size := (end - first) * n.y.C
		moments(n.fusion.moments, part, n.y.C, x[:size])
		x = x[size:]
	}
}

// moments writes those of the rows x of c channels to a part of parts.
func moments(parts []float32, part, c int, x []float32) {
	s := parts[2*c*part:][:2*c]
	kernel.Moments(s[:c], s[c:], x)
}

func (n *normApply) Do(_, part int) {
	lo, hi := n.chunks.Range(part)
	(*BatchNorm)(n).apply(n.out.Between(lo, hi), n.operations, lo, hi)
}

// apply writes the rows lo to hi−1 of the output to y.
func (n *BatchNorm) apply(y []float32, e kernel.Epilogue, lo, hi int) {
	x := n.x.Between(lo, hi)
	switch {
	case e.Addend != nil && !e.Clamp:
		kernel.Affine(y, x, n.scale, n.shift)
		kernel.Add(y, n.epilogue.addend.Between(lo, hi))
	case e.Addend != nil:
		kernel.AffineAddClamp(y, x, n.epilogue.addend.Between(lo, hi), n.scale, n.shift, e.Ceiling)
	case e.Clamp:
		kernel.AffineClamp(y, x, n.scale, n.shift, e.Ceiling)
	default:
		kernel.Affine(y, x, n.scale, n.shift)
	}
}

func (n *normSums) Do(_, part int) {
	lo, hi := n.segments.Range(part)
	s := n.parts[2*n.x.C*part:][:2*n.x.C]
	kernel.Zero(s)
	if dy := n.dy.Between(lo, hi); n.epilogue.kind == addClamp {
		kernel.NormSumsClamp(s, dy, n.x.Between(lo, hi), n.out.Between(lo, hi), n.mean, n.epilogue.ceiling)
	} else {
		(*BatchNorm)(n).addSums(s, lo, dy)
	}
}

// addSums adds to the sums s those of the gradient dy with respect to the rows from lo on, where the epilogue has no addend.
func (n *BatchNorm) addSums(s []float32, lo int, dy []float32) {
	x := n.x.Between(lo, lo+len(dy)/n.x.C)
	if n.epilogue.kind == clampOutput {
		kernel.NormSumsAffine(s, dy, x, n.mean, n.scale, n.shift, n.epilogue.ceiling)
	} else {
		kernel.NormSums(s, dy, x, n.mean)
	}
}

func (n *normBackward) Do(_, part int) {
	lo, hi := n.chunks.Range(part)
	(*BatchNorm)(n).gradient(n.grad.Between(lo, hi), lo, hi)
}

// gradient writes the rows lo to hi−1 of the gradient with respect to the input to dx.
func (n *BatchNorm) gradient(dx []float32, lo, hi int) {
	dy, x := n.dy.Between(lo, hi), n.x.Between(lo, hi)
	if n.epilogue.kind == clampOutput {
		kernel.NormBackwardAffine(dx, dy, x, n.gain, n.slope, n.offset, n.scale, n.shift, n.epilogue.ceiling)
	} else {
		kernel.NormBackward(dx, dy, x, n.gain, n.slope, n.offset)
	}
}
