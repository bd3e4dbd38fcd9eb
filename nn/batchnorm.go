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
	late                bool // the layer before computes it
	unmade              Unmade
	remade              Tensor                     // the input, computed again for the backward pass
	remake              func(c *Context, x Tensor) // of remade, or nil
	mean, variance, inv []float32                  // (C), of the batch
	scale, shift        []float32                  // (C)
	gain, slope, offset []float32                  // (C), likewise of the gradient
	parts               []float32                  // (chunks, 2, C)
	moments             []float32                  // (chunks, 2, C), taken of the input as it was written
	fresh               *fresh                     // where they are taken so
	sums                []float32                  // (2, C)
	x, out, dy, grad    Tensor                     // of the pass under way
	chunks              kernel.Chunks
	tail                Tail
	join                kernel.Tail // of the pass under way
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

// Tail is what runs behind the normalisation.
//
// The backward pass of a rectifier needs no output: whether the normalised value was within the bounds is computed again from
// the input, to the same bits.
func (n *BatchNorm) Tail() *Tail { return &n.tail }

// Plan keeps the shape. In training it refuses one image of one pixel.
func (n *BatchNorm) Plan(p *Plan, x Value) Value {
	p.Step(n.path)
	if x.C != Size(n.Gamma.Shape) {
		p.Failf("normalises %d channels, not %d", Size(n.Gamma.Shape), x.C)
	}
	p.NeedsBatch(x)
	y := p.Fleeting(&n.y, x.Shape, x)
	switch n.tail.kind {
	case none, clamps:
		n.unmade = Unmade{taps: n.tail.taps[:len(n.tail.taps):len(n.tail.taps)], rows: n.again, add: n.addSums, len: 2 * x.C}
		y.again, y.unmade = n.again, &n.unmade
	case adds:
		p.read([]Value{y}) // for what it bounds
	}
	n.wanted, n.inPlace = !x.fixed, n.tail.kind == none || n.tail.kind == clamps
	if n.inPlace {
		n.dx = Tensor{Shape: x.Shape}
		y.first = min(y.first, x.first)
	} else {
		p.Grad(&n.dx, x)
	}
	n.late = p.late(x, &y, n.gradient)
	if n.remake = p.remade(&n.remade, x); n.remake != nil {
		y.again, y.unmade = nil, nil
	}
	for _, s := range []*[]float32{&n.mean, &n.variance, &n.inv} {
		p.Keep(s, x.C)
	}
	for _, s := range []*[]float32{&n.scale, &n.shift} {
		p.keepFor(s, x.C, x)
	}
	for _, s := range []*[]float32{&n.gain, &n.slope, &n.offset} {
		p.gradFor(s, x.C, x)
	}
	n.fresh = p.fresh(x, n.look, &n.moments, 2*x.C)
	p.Scratch(&n.sums, 2*x.C)
	p.Scratch(&n.parts, kernel.RowChunks(x.Rows(), x.C).Count()*2*x.C)
	p.Report("BatchNorm", y, Cost{Other: 2 * y.Len()})
	return y
}

// Folds tells that in evaluation each channel is scaled and shifted.
func (n *BatchNorm) Folds() bool { return true }

// Fold makes of a convolution's weight (k, C) and bias (C) those with the normalisation behind it.
func (n *BatchNorm) Fold(weight, bias []float32) {
	c := len(bias)
	inv, scale, shift := make([]float32, c), make([]float32, c), make([]float32, c)
	kernel.NormScale(scale, shift, inv, n.Gamma.Data, n.Beta.Data, n.RunningMean.Data, n.RunningVariance.Data, n.Epsilon)
	kernel.ScaleRows(weight, weight, scale)
	kernel.Affine(bias, bias, scale, shift)
}

// Forward normalises.
func (n *BatchNorm) Forward(c *Context, x Tensor) Tensor {
	n.x, n.chunks = x, rows(x)
	mean, variance := n.RunningMean.Data, n.RunningVariance.Data
	if c.Train {
		mean, variance = n.mean, n.variance
		if n.fresh != nil {
			kernel.CombineMoments(mean, variance, n.moments, kernel.Chunks{N: x.Rows(), Size: n.fresh.chunks.Size * x.Pixels()})
		} else {
			c.Run(n.chunks.Count(), (*normMoments)(n))
			kernel.CombineMoments(mean, variance, n.parts, n.chunks)
		}
		m := float32(x.Rows())
		kernel.RunningAverage(n.RunningMean.Data, mean, n.Momentum, 1)
		kernel.RunningAverage(n.RunningVariance.Data, variance, n.Momentum, m/max(1, m-1))
	}
	kernel.NormScale(n.scale, n.shift, n.inv, n.Gamma.Data, n.Beta.Data, mean, variance, n.Epsilon)
	switch {
	case n.unmade.now(c):
		return Tensor{Shape: x.Shape}
	case n.unmade.is:
		n.out = NewTensor(x.Shape)
	default:
		n.out = n.y.First(x.N)
	}
	n.join = n.tail.Join()
	c.Run(n.chunks.Count(), (*normApply)(n))
	return n.tail.Finish(c, n.out)
}

// again computes rows of the output of the last Forward once more.
func (n *BatchNorm) again(y []float32, lo, hi int) { n.apply(y, n.tail.fused(), lo, hi) }

// Backward takes the gradient through the statistics of the batch too, in the place of dy unless the tail has an addend.
func (n *BatchNorm) Backward(c *Context, dy Tensor) Tensor {
	n.dy = dy
	if n.remake != nil {
		n.x = n.remade.First(dy.N)
		n.remake(c, n.x)
	}
	kernel.Zero(n.sums)
	if n.unmade.is {
		kernel.Reduce(n.sums, n.unmade.sums, n.unmade.parts)
	} else {
		c.Run(n.chunks.Count(), (*normSums)(n))
		kernel.Reduce(n.sums, n.parts, n.chunks.Count())
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
	if !n.late {
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
	lo, hi := n.chunks.Range(part)
	moments(n.parts, part, n.x.C, n.x.Between(lo, hi))
}

// look takes the moments of a part of the input as it is written.
func (n *BatchNorm) look(part int, x []float32) { moments(n.moments, part, n.y.C, x) }

// moments writes those of the rows x of c channels to a part of parts.
func moments(parts []float32, part, c int, x []float32) {
	s := parts[2*c*part:][:2*c]
	kernel.Moments(s[:c], s[c:], x)
}

func (n *normApply) Do(_, part int) {
	lo, hi := n.chunks.Range(part)
	(*BatchNorm)(n).apply(n.out.Between(lo, hi), n.join, lo, hi)
}

// apply writes the rows lo to hi−1 of the output to y.
func (n *BatchNorm) apply(y []float32, join kernel.Tail, lo, hi int) {
	x := n.x.Between(lo, hi)
	switch {
	case join.Addend != nil && !join.Clamp:
		kernel.Affine(y, x, n.scale, n.shift)
		kernel.Add(y, n.tail.addend.Between(lo, hi))
	case join.Addend != nil:
		kernel.AffineAddClamp(y, x, n.tail.addend.Between(lo, hi), n.scale, n.shift, join.Ceiling)
	case join.Clamp:
		kernel.AffineClamp(y, x, n.scale, n.shift, join.Ceiling)
	default:
		kernel.Affine(y, x, n.scale, n.shift)
	}
}

func (n *normSums) Do(_, part int) {
	lo, hi := n.chunks.Range(part)
	s := n.parts[2*n.x.C*part:][:2*n.x.C]
	kernel.Zero(s)
	if dy := n.dy.Between(lo, hi); n.tail.kind == adds {
		kernel.NormSumsClamp(s, dy, n.x.Between(lo, hi), n.out.Between(lo, hi), n.mean, n.tail.ceiling)
	} else {
		(*BatchNorm)(n).addSums(s, lo, dy)
	}
}

// addSums adds to the sums s those of the gradient dy with respect to the rows from lo on, where the tail has no addend.
func (n *BatchNorm) addSums(s []float32, lo int, dy []float32) {
	x := n.x.Between(lo, lo+len(dy)/n.x.C)
	if n.tail.kind == clamps {
		kernel.NormSumsAffine(s, dy, x, n.mean, n.scale, n.shift, n.tail.ceiling)
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
	if n.tail.kind == clamps {
		kernel.NormBackwardAffine(dx, dy, x, n.gain, n.slope, n.offset, n.scale, n.shift, n.tail.ceiling)
	} else {
		kernel.NormBackward(dx, dy, x, n.gain, n.slope, n.offset)
	}
}
