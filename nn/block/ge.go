package block

import "cenet/nn"

// NewGE returns gather-excite without parameters and with global extent, GE-θ⁻ of the paper: y = x·sigmoid(mean of x over the pixels).
//
// References:
//
//	Hu et al.: Gather-excite: Exploiting feature context in convolutional neural networks (2018), section 3.1.
func NewGE(b *nn.Builder, path string, channels int) nn.Layer {
	return nn.Compose(b, "GE", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		return o.Mul(x, o.Sigmoid(o.Mean(x)))
	})
}
