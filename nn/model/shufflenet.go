package model

import "cenet/nn"

// shuffleNetV2 returns the network with the given channels in its three stages and in its last convolution. Every unit offers a
// site after the last BatchNorm of its right branch, before the ReLU.
//
// References:
//
//	Ma et al.: ShuffleNet V2 (2018), table 5.
func shuffleNetV2(stages [3]int, last int) func(*nn.Builder, Spec) (nn.Layer, error) {
	return func(b *nn.Builder, s Spec) (nn.Layer, error) {
		if err := s.check(); err != nil {
			return nil, err
		}
		in, stem := s.channels(24), nn.ConvSpec{Kernel: 3, Stride: 2, Pad: 1}
		if s.Small {
			stem.Stride = s.smallStride()
		}
		stem.In, stem.Out = s.Inputs, in
		layers := s.convNorm(b, "stem", stem, s.relu("stem/relu"))
		layers = append(layers, &nn.Tap{Path: "stem"})
		if !s.Small {
			layers = append(layers, nn.NewMaxPool("stem/pool", 3, 2, 1))
		}
		for i, units := range []int{4, 8, 4} {
			for j := range units {
				u := shuffled{stage: i + 1, index: j, in: in, half: s.channels(stages[i] / 2)}
				layers = append(layers, u.build(b, s), &nn.Tap{Path: u.path("")})
				in = 2 * u.half
			}
		}
		out := s.channels(last)
		layers = append(layers, s.convNorm(b, "head", nn.ConvSpec{In: in, Out: out, Kernel: 1, Stride: 1}, s.relu("head/relu"))...)
		layers = append(layers, nn.NewGlobalPool("pool"), nn.NewLinear(b, "fc", out, s.Classes))
		return nn.NewSequential(layers...), nil
	}
}

// shuffled is one unit of two branches of half the channels each. The first of a stage halves the image in both; in the others half of the
// channels pass.
type shuffled struct {
	stage, index, in, half int
}

func (u shuffled) path(name string) string { return unitPath(u.stage, u.index, name) }

func (u shuffled) build(b *nn.Builder, s Spec) nn.Layer {
	in, stride := u.half, 1
	var left nn.Layer
	if u.index == 0 {
		in, stride = u.in, 2
		left = nn.NewSequential(append(
			s.convNorm(b, u.path("left/depthwise"), nn.ConvSpec{In: in, Out: in, Kernel: 3, Stride: 2, Pad: 1, Groups: in}, nil),
			s.convNorm(b, u.path("left/pointwise"), nn.ConvSpec{In: in, Out: u.half, Kernel: 1, Stride: 1}, s.relu(u.path("left/relu")))...)...)
	}
	right := s.convNorm(b, u.path("expand"), nn.ConvSpec{In: in, Out: u.half, Kernel: 1, Stride: 1}, s.relu(u.path("expand/relu")))
	right = append(right, s.convNorm(b, u.path("depthwise"),
		nn.ConvSpec{In: u.half, Out: u.half, Kernel: 3, Stride: stride, Pad: 1, Groups: u.half}, nil)...)
	norm, batchNorm := s.norm(b, u.path("project/bn"), u.half, s.lastGain())
	right = append(right, nn.NewConv(b, u.path("project/conv"), nn.ConvSpec{In: u.half, Out: u.half, Kernel: 1, Stride: 1}), norm)
	right = append(right, s.at(b, nn.Site{
		Path: u.path("block"), Stage: u.stage, Unit: u.index, Position: 1, Last: true, Channels: u.half, Norm: batchNorm,
	})...)
	right = append(right, s.relu(u.path("project/relu")))
	return nn.NewShuffle(u.path("shuffle"), left, nn.NewSequential(right...))
}
