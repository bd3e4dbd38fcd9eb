package block

import "cenet/nn"

// NewSRM returns style recalibration, which scales channels by their mean and standard deviation over the pixels:
//
//	y = x·sigmoid(norm(w₀·mean(x) + w₁·std(x))),  std(x) = √(variance of x + 1e-5),
//
// with two weights a channel, 0 at the start, and a batch normalisation.
//
// References:
//
//	Lee et al.: SRM: A style-based recalibration module for convolutional neural networks (2019), section 3.
func NewSRM(b *nn.Builder, path string, channels int) nn.Layer {
	return nn.Compose(b, "SRM", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		w := o.Param("cfc", true, nn.Constant(0), 2, channels)
		z := o.Add(o.Mul(o.Mean(x), o.Row(w, 0)), o.Mul(o.Std(x, 1e-5), o.Row(w, 1)))
		return o.Mul(x, o.Sigmoid(o.BatchNorm("bn", z, 1)))
	})
}
