package ce

import (
	"math"
	"slices"

	"cenet/nn"
	"cenet/nn/kernel"
)

// layer makes an nn.Layer of a Block: it asks for its parameters and its memory.
type layer struct {
	Block
	path string
	norm *nn.BatchNorm // the one before the block, for Variance = Ratio; nil: Ratio is Biased

	params   []bound
	ratio    []float32 // (C), (σ²_BN+ε)/σ²_BN
	out, in  nn.Tensor
	epilogue nn.Epilogue
}

// bound ties a parameter or buffer, whose memory comes when the network is built, to the fields that use it.
type bound struct {
	param      *nn.Param
	buffer     *nn.Buffer
	data, grad *[]float32
}

// New returns the block of a site. It panics where Options.Validate or Options.GroupSize would return an error, which the
// caller checks first.
func New(b *nn.Builder, s nn.Site, o Options) nn.Layer {
	if err := o.Validate(); err != nil {
		panic(err.Error())
	}
	g, err := o.GroupSize(s.Channels, s.Stem())
	if err != nil {
		panic(err.Error())
	}
	c := s.Channels
	l := &layer{Block: Block{options: o, channels: c, g: g}, path: s.Path, norm: s.Norm}
	if o.decorrelates() {
		l.bd = newDecorrelation(o, c, g)
		l.buffer(&l.bd.runningP, b.Buffer(s.Path+"/running_p", func(x []float32) { identities(x, g) }, c/g, g, g))
		l.buffer(&l.bd.runningMean, b.Buffer(s.Path+"/running_mean", kernel.Zero, c))
	}
	if o.reweights() {
		h := o.Hidden(c)
		l.ir = &reweighting{options: o, channels: c, hidden: h}
		l.param(&l.ir.w1, &l.ir.dw1, b.Param(s.Path+"/w1", true, nn.Uniform(1/math.Sqrt(float64(c))), h, c))
		if o.LayerNorm {
			l.param(&l.ir.gamma, &l.ir.dgamma, b.Param(s.Path+"/ln/gamma", false, nn.Constant(1), h))
			l.param(&l.ir.beta, &l.ir.dbeta, b.Param(s.Path+"/ln/beta", false, nn.Constant(0), h))
		}
		l.param(&l.ir.w2, &l.ir.dw2, b.Param(s.Path+"/w2", true, nn.Uniform(1/math.Sqrt(float64(h))), c, h))
		l.buffer(&l.ir.runningScale, b.Buffer(s.Path+"/running_scale", kernel.Zero, 1))
		if o.CorrectBias {
			l.buffer(&l.ir.runningWeight, b.Buffer(s.Path+"/running_weight", kernel.Zero, 1))
		}
	}
	if o.learns() {
		l.param(&l.w, &l.dw, b.Param(s.Path+"/lambda", false, nn.Constant(float32(o.logit())), 1))
	}
	return l
}

// Of returns the block of a layer that New made, for statistics, and nil of any other.
func Of(l nn.Layer) *Block {
	if l, ok := l.(*layer); ok {
		return &l.Block
	}
	return nil
}

func (l *layer) param(data, grad *[]float32, p *nn.Param) {
	l.params = append(l.params, bound{param: p, data: data, grad: grad})
}

func (l *layer) buffer(data *[]float32, b *nn.Buffer) {
	l.params = append(l.params, bound{buffer: b, data: data})
}

// identities sets x to identity matrices of g×g, one after the other.
func identities(x []float32, g int) {
	kernel.Zero(x)
	for i := 0; i < len(x); i += g * g {
		for j := range g {
			x[i+j*g+j] = 1
		}
	}
}

// Epilogue is what runs after the block.
func (l *layer) Epilogue() *nn.Epilogue { return &l.epilogue }

// Plan keeps the shape. It refuses images of one pixel if the variance in an image is unbiased, and in training a
// batch of one pixel if channels are decorrelated.
func (l *layer) Plan(p *nn.Plan, x nn.Value) nn.Value {
	p.Step(l.path)
	if x.C != l.channels {
		p.Failf("takes %d channels, not %d", l.channels, x.C)
	}
	if l.ir != nil && l.options.Variance == Unbiased && x.Pixels() == 1 {
		p.Failf("images of one pixel have no unbiased variance: set ce.variance to %q, or leave the block out here", Biased)
	}
	if l.bd != nil {
		p.NeedsBatch(x)
	}
	var y nn.Value
	cut := cutImages(x.N, x.Pixels(), l.channels, l.g)
	l.source = nil
	if u := p.RecomputeInput(x); u != nil {
		l.source = u
		y = p.EpilogueOutput(&l.out, x.Shape, &l.epilogue)
	} else if p.Training {
		y = p.EpilogueOutput(&l.out, x.Shape, &l.epilogue, x)
	} else {
		y = p.InPlace(&l.out, x)
	}
	p.Scratch(&l.inputs, p.Workers*cut.largest()*l.channels)
	p.Grad(&l.in, x)
	hold := p.Keep
	if !p.Training {
		hold, l.recalled = p.Persistent, true
		p.Prepare(l.recall)
	}
	l.reserve(x.N, x.Pixels(), p.Workers, hold, p.Keep, p.Scratch)
	if l.options.Variance == Ratio && l.ir != nil {
		p.Scratch(&l.ratio, l.channels)
	}
	p.Report("CE", y, l.cost(x.Shape))
	return y
}

// cost of one forward pass in evaluation: P and the weights are applied as one matrix, after the variances were taken.
func (l *layer) cost(s nn.Shape) (c nn.Cost) {
	if l.bd != nil {
		c.MACs += s.Len() * l.g
	} else {
		c.Other += s.Len()
	}
	if l.ir != nil {
		c.MACs += 2 * s.N * l.channels * l.ir.hidden
		c.Other += 2*s.Len() + s.N*(4*l.ir.hidden+l.channels)
	}
	return c
}

// bind ties parameters and buffers to their memory.
func (l *layer) bind() {
	for _, b := range l.params {
		if b.param != nil {
			*b.data, *b.grad = b.param.Data, b.param.Grad
		} else {
			*b.data = b.buffer.Data
		}
	}
}

// recall sets what evaluation applies to all images.
func (l *layer) recall() {
	l.bind()
	l.setLambda()
	if l.bd != nil {
		for group := range l.bd.groups {
			l.bd.recall(group, l.lambda)
		}
	}
	if l.ir != nil {
		for part := range 2 {
			l.ir.pack(part)
		}
	}
}

// Folds reports that batch decorrelation alone is, in evaluation, one matrix for all images.
func (l *layer) Folds() bool { return l.ir == nil }

// Fold makes of a convolution's weight and bias those with batch decorrelation after it.
func (l *layer) Fold(weight, bias []float32) {
	l.bd.scaled, l.bd.shift = make([]float32, l.channels*l.g), make([]float32, l.channels)
	l.recall()
	mix := func(x []float32, t kernel.Epilogue) {
		kernel.MixChannels(x, slices.Clone(x), l.bd.scaled, nil, nil, l.channels, l.g, t)
	}
	mix(weight, kernel.Epilogue{})
	mix(bias, kernel.Epilogue{Bias: l.bd.shift})
}

// Forward applies the block.
func (l *layer) Forward(c *nn.Context, x nn.Tensor) nn.Tensor {
	l.bind()
	l.fit(x.N, x.Pixels())
	if l.ir != nil {
		l.ir.setFactor(l.normRatio(c.Train))
	}
	y := l.out.First(x.N)
	l.operations = l.epilogue.Fuse()
	l.ceiling, l.bounded = l.epilogue.Bounded()
	l.forward(c, y.Data, x.Data, c.Train)
	return l.epilogue.Apply(c, y)
}

// normRatio returns (σ²_BN+ε)/σ²_BN of the BatchNorm before the block; nil without such a BatchNorm or with another Variance.
func (l *layer) normRatio(train bool) []float32 {
	if l.options.Variance != Ratio || l.norm == nil {
		return nil
	}
	variance := l.norm.RunningVariance.Data
	if train {
		variance = l.norm.Variance()
	}
	for i, v := range variance {
		l.ratio[i] = float32(ratioFactor(float64(v), float64(l.norm.Epsilon)))
	}
	return l.ratio
}

// Backward is the reverse of Forward.
func (l *layer) Backward(c *nn.Context, dy nn.Tensor) nn.Tensor {
	if l.in.Data == nil {
		panic("ce: the block is at the input of the network")
	}
	dx := l.in.First(dy.N)
	l.backward(c, dx.Data, dy.Data)
	return dx
}
