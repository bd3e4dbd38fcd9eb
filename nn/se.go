package nn

import "math"

// SEOptions are the settings of squeeze-and-excitation.
type SEOptions struct {
	Reduction int `toml:"reduction" default:"16" range:"[1,4096]" doc:"channels for each hidden unit"`
	MinHidden int `toml:"min_hidden" default:"4" range:"[1,4096]" doc:"hidden units at least"`
}

// NewSE returns squeeze-and-excitation, y = x·a with a = sigmoid(W₂·ReLU(W₁·m + b₁) + b₂), where m (N, 1, 1, C) is the mean of each channel
// in the image. The hidden layer has max(minHidden, channels/reduction) units. It panics if reduction is below 1.
//
// References:
//
//	Hu et al.: Squeeze-and-excitation networks (2018), section 3.
func NewSE(b *Builder, path string, channels, reduction, minHidden int) *Composed {
	if reduction < 1 {
		panic("nn: SE with a reduction below 1")
	}
	hidden := max(minHidden, channels/reduction)
	in, out := Uniform(1/math.Sqrt(float64(channels))), Uniform(1/math.Sqrt(float64(hidden)))
	return Compose(b, "SE", path, channels, func(o *Ops, x Node) Node {
		h := o.ReLU(o.Linear(o.Mean(x), o.Param("w1", true, in, channels, hidden), o.Param("b1", false, in, hidden)))
		a := o.Linear(h, o.Param("w2", true, out, hidden, channels), o.Param("b2", false, out, channels))
		return o.Scale(x, o.Sigmoid(a))
	})
}
