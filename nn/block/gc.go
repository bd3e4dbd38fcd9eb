package block

import "cenet/nn"

// GCOptions are the settings of the block.
type GCOptions struct {
	Reduction int `toml:"reduction" default:"16" range:"[1,4096]" doc:"channels for each hidden unit"`
	MinHidden int `toml:"min_hidden" default:"4" range:"[1,4096]" doc:"the smallest number of hidden units"`
}

// NewGC returns the global context block. It adds to every pixel what two layers make of a mean over all pixels, weighted by attention:
//
//	a = softmax(w∗x) over the pixels,  m = Σ a·x,  y = x + W₂·ReLU(layer norm(W₁·m + b₁)) + b₂,
//
// w, W₁ and W₂ being convolutions of 1×1. The hidden layer has max(least, channels/reduction) units. W₂ and b₂ start at 0: the block is the
// identity then. The authors' code has a bias of w. It is left out here: a softmax does not change by it.
//
// References:
//
//	Cao et al.: GCNet: Non-local networks meet squeeze-excitation networks and beyond (2019), section 3.4.
func NewGC(b *nn.Builder, path string, channels, reduction, least int) nn.Layer {
	hidden := max(least, channels/reduction)
	return nn.Compose(b, "GC", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		a := o.Softmax(o.Conv("mask", x, nn.ConvSpec{In: channels, Out: 1, Kernel: 1, Stride: 1}))
		w1, b1 := o.Param("w1", true, uniform(channels), channels, hidden), o.Param("b1", false, uniform(channels), hidden)
		gamma, beta := o.Param("gamma", false, nn.Constant(1), hidden), o.Param("beta", false, nn.Constant(0), hidden)
		w2, b2 := o.Param("w2", true, nn.Constant(0), hidden, channels), o.Param("b2", false, nn.Constant(0), channels)
		h := o.ReLU(o.LayerNorm(o.Linear(o.Sum(o.Mul(x, a)), w1, b1), gamma, beta, 1e-5))
		return o.Add(x, o.Linear(h, w2, b2))
	})
}
