package nn

import "cenet/nn/kernel"

// Foldable is a layer that may be, in evaluation, one affine map of the channels of each pixel.
type Foldable interface {
	Layer
	// Folds reports whether it is one.
	Folds() bool
	// Fold makes of a convolution's weight (k, C) and bias (C) those of the convolution with the layer after it.
	Fold(weight, bias []float32)
}

// folded is a convolution and the affine layers after it as one convolution with a bias, for evaluation.
type folded struct {
	*Conv
	layers   []Foldable
	epilogue Epilogue

	kernels    []float32       // the weight with the layers folded in, of depthwise convolutions or in the order of Pack
	bias       []float32       // (Out)
	ones       []float32       // (Out), of depthwise convolutions
	operations kernel.Epilogue // of the pass under way
}

// Epilogue is what runs after the last of the layers.
func (f *folded) Epilogue() *Epilogue { return &f.epilogue }

// Plan is the convolution's, with memory for the folded weights.
func (f *folded) Plan(p *Plan, x Value) Value {
	y := f.Conv.Plan(p, x)
	if f.depthwise {
		p.Persistent(&f.kernels, f.k()*f.Out)
		p.Persistent(&f.ones, f.Out)
	} else {
		p.Persistent(&f.kernels, f.conv.PackedLen())
	}
	p.Persistent(&f.bias, f.Out)
	p.Prepare(f.prepare)
	return y
}

// prepare folds.
func (f *folded) prepare() {
	weight := make([]float32, len(f.Weight.Data))
	copy(weight, f.Weight.Data)
	kernel.Zero(f.bias)
	for _, l := range f.layers {
		l.Fold(weight, f.bias)
	}
	if f.depthwise {
		kernel.Copy(f.kernels, weight)
		kernel.Fill(f.ones, 1)
		return
	}
	for part := range f.conv.PackParts() {
		f.conv.Pack(f.kernels, weight, part)
	}
}

// Forward convolves and runs the epilogue.
func (f *folded) Forward(c *Context, x Tensor) Tensor {
	f.x, f.out = x, f.y.First(x.N)
	f.operations = f.epilogue.Fuse()
	if f.depthwise {
		c.Run(x.N, (*foldedDepthwise)(f))
	} else {
		f.operations.Bias = f.bias
		c.Run(f.conv.ForwardParts(x.N), (*foldedConv)(f))
	}
	return f.epilogue.Apply(c, f.out)
}

// Backward panics: folded weights are for evaluation.
func (f *folded) Backward(*Context, Tensor) Tensor {
	panic("nn: a network that was built for inference has no backward pass")
}

type (
	foldedConv      folded
	foldedDepthwise folded
)

func (f *foldedConv) Do(worker, part int) {
	f.conv.ForwardEpilogue(f.out.Data, f.x.Data, f.kernels, f.room(worker), f.x.N, part, f.operations)
}

func (f *foldedDepthwise) Do(_, n int) {
	y := f.out.Image(n)
	kernel.Depthwise(y, f.x.Image(n), f.kernels, f.window)
	if f.operations.Clamp && f.operations.Addend == nil {
		kernel.AffineClamp(y, y, f.ones, f.bias, f.operations.Ceiling)
		return
	}
	kernel.AddRow(y, f.bias)
	e := f.operations
	if e.Addend != nil {
		e.Addend = f.epilogue.addend.Image(n)
	}
	e.Apply(y)
}
