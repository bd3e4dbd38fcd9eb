package block

import (
	"cenet/ce"
	"cenet/nn"
)

// IterNormOptions are the settings of the block.
type IterNormOptions struct {
	Group int `toml:"group" default:"64" range:"[1,256]" doc:"channels of a group, halved until that divides them"`
}

// NewIterNorm returns iterative normalisation: it decorrelates channels in groups of at most the given size, by five steps of Newton's
// iteration towards Σ^(−1/2), then scales and shifts them,
//
//	y = γ·P(x − μ) + β,  P ≈ (Σ + εI)^(−1/2),  ε = 1e-5,
//
// with running averages of μ and P in evaluation. It is the batch decorrelation of package ce with other options.
//
// References:
//
//	Huang et al.: Iterative normalization: Beyond standardization towards efficient whitening (2019), section 3.
func NewIterNorm(b *nn.Builder, s nn.Site, group int) nn.Layer {
	options := ce.Official()
	options.Branch, options.Group, options.StemGroup = ce.Decorrelate, group, group
	options.Steps, options.Rescale, options.Centre = 5, true, true
	return nn.Compose(b, "IterNorm", s.Path, s.Channels, func(o *nn.Ops, x nn.Node) nn.Node {
		white := o.Layer("whiten", x, func(b *nn.Builder, path string) nn.Layer {
			site := s
			site.Path = path
			return ce.New(b, site, options)
		})
		one := func(name string, v float32) nn.Node { return o.Param(name, false, nn.Constant(v), 1, s.Channels, 1, 1) }
		return o.Add(o.Mul(white, one("weight", 1)), one("bias", 0))
	})
}
