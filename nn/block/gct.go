package block

import "cenet/nn"

// NewGCT returns the gated channel transformation, in which channels compete or support each other by their norms over the pixels:
//
//	s = α·√(Σ x² over the pixels + ε),  y = x·(1 + tanh(γ·s/√(mean of s² over the channels + ε) + β)),  ε = 1e-5,
//
// with α = 1 and γ = β = 0 at the start: the block is the identity then.
//
// References:
//
//	Yang et al.: Gated channel transformation for visual recognition (2020), section 3.1.
func NewGCT(b *nn.Builder, path string, channels int) nn.Layer {
	const epsilon = 1e-5
	return nn.Compose(b, "GCT", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		one := func(name string, v float32) nn.Node { return o.Param(name, false, nn.Constant(v), 1, channels, 1, 1) }
		s := o.Mul(o.Sqrt(o.Sum(o.Mul(x, x)), epsilon), one("alpha", 1))
		normed := o.Mul(s, o.Rsqrt(o.ChannelMean(o.Mul(s, s)), epsilon))
		gate := o.Tanh(o.Add(o.Mul(normed, one("gamma", 0)), one("beta", 0)))
		return o.Add(x, o.Mul(x, gate))
	})
}
