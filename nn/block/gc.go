package block

import "cenet/nn"

// NewGC returns the global context block. It adds to every pixel what two layers make of a mean over all pixels, weighted by attention:
//
//	a = softmax(w∗x) over the pixels,  m = Σ a·x,  y = x + W₂·ReLU(layer norm(W₁·m + b₁)) + b₂,
//
// w, W₁ and W₂ being convolutions of 1×1. The hidden layer has max(least, channels/reduction) units. W₂ and b₂ begin at 0: the block is
// the identity then. A bias of w, which the authors' code has, would change nothing in the softmax.
//
// References:
//
//	Cao et al.: GCNet: Non-local networks meet squeeze-excitation networks and beyond (2019), section 3.4.
func NewGC(b *nn.Builder, path string, channels, reduction, least int) nn.Layer {
	hidden := max(least, channels/reduction)
	return nn.Compose(b, "GC", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		a := o.Softmax(o.Conv("mask", x, nn.ConvSpec{In: channels, Out: 1, Kernel: 1, Stride: 1}))
		h := o.Linear(o.Sum(o.Mul(x, a)), o.Param("w1", true, uniform(channels), channels, hidden), o.Param("b1", false, uniform(channels), hidden))
		h = o.ReLU(o.LayerNorm(h, o.Param("gamma", false, nn.Constant(1), hidden), o.Param("beta", false, nn.Constant(0), hidden), 1e-5))
		t := o.Linear(h, o.Param("w2", true, nn.Constant(0), hidden, channels), o.Param("b2", false, nn.Constant(0), channels))
		return o.Add(x, t)
	})
}
