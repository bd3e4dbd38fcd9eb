package nn

import "math"

// NewECA returns efficient channel attention: y = x·a, a = sigmoid(w∗m), where m (N, 1, 1, C) is the mean of each channel in the image and
// ∗ a convolution over neighbouring channels with zeros beyond both ends. The length of w is ECASize(channels).
//
// References:
//
//	Wang et al.: ECA-Net: Efficient channel attention for deep convolutional neural networks (2020), section 3.2.
func NewECA(b *Builder, path string, channels int) *Composed {
	k := ECASize(channels)
	return Compose(b, "ECA", path, channels, func(o *Ops, x Node) Node {
		w := o.Param("weight", true, Uniform(1/math.Sqrt(float64(k))), 1, 1, k)
		return o.Scale(x, o.Sigmoid(o.ChannelConv(o.Mean(x), w)))
	})
}

// ECASize is the length of ECA's convolution, |log₂(C)/γ + b/γ| with γ = 2 and b = 1, truncated, plus 1 where that is even (equation 12 of
// the paper, as its authors' code rounds).
func ECASize(channels int) int {
	k := int(math.Abs((math.Log2(float64(channels)) + 1) / 2))
	return k + 1 - k%2
}
