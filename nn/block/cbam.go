package block

import "cenet/nn"

// CBAMOptions are the settings of the block.
type CBAMOptions struct {
	Reduction int `toml:"reduction" default:"16" range:"[1,4096]" doc:"channels for each hidden unit"`
	MinHidden int `toml:"min_hidden" default:"4" range:"[1,4096]" doc:"the smallest number of hidden units"`
}

// NewCBAM returns the convolutional block attention module. It scales channels, then pixels:
//
//	z = x·sigmoid(f(mean of x over pixels) + f(maximum of x over pixels)),  f(m) = W₂·ReLU(W₁·m + b₁) + b₂
//	y = z·sigmoid(norm(w∗[maximum of z over channels, mean of z over channels])),  w of 7×7
//
// The hidden layer of f has max(least, channels/reduction) units. The normalisation of the map is not in the paper, but in the authors'
// code.
//
// References:
//
//	Woo et al.: CBAM: Convolutional block attention module (2018), section 3.
func NewCBAM(b *nn.Builder, path string, channels, reduction, least int) nn.Layer {
	hidden := max(least, channels/reduction)
	return nn.Compose(b, "CBAM", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		w1, b1 := o.Param("w1", true, uniform(channels), channels, hidden), o.Param("b1", false, uniform(channels), hidden)
		w2, b2 := o.Param("w2", true, uniform(hidden), hidden, channels), o.Param("b2", false, uniform(hidden), channels)
		f := func(m nn.Node) nn.Node { return o.Linear(o.ReLU(o.Linear(m, w1, b1)), w2, b2) }
		z := o.Mul(x, o.Sigmoid(o.Add(f(o.Mean(x)), f(o.Max(x)))))
		pair := o.Concat(o.ChannelMax(z), o.ChannelMean(z))
		m := o.Conv("conv", pair, nn.ConvSpec{In: 2, Out: 1, Kernel: 7, Stride: 1, Pad: 3})
		return o.Mul(z, o.Sigmoid(o.BatchNorm("bn", m, 1)))
	})
}
