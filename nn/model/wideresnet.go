package model

import "cenet/nn"

// wideResNet returns the wide residual network for small images of the given depth, 6n+4: three stages of n units of two 3×3
// convolutions, each with BatchNorm and ReLU before it, of 16, 32 and 64 times the widening factor of channels. The site of a
// unit is after its second BatchNorm.
//
// References:
//
//	Zagoruyko, Komodakis: Wide residual networks (2016), table 1; without dropout.
func wideResNet(depth, factor int) func(*nn.Builder, Spec) (nn.Layer, error) {
	return func(b *nn.Builder, s Spec) (nn.Layer, error) {
		if err := s.check(); err != nil {
			return nil, err
		}
		in := s.channels(16)
		layers := []nn.Layer{nn.NewConv(b, "stem/conv", nn.ConvSpec{In: s.Inputs, Out: in, Kernel: 3, Stride: 1, Pad: 1})}
		for i := range 3 {
			out := s.channels(16 << i * factor)
			for j := range (depth - 4) / 6 {
				u := preactivated{stage: i + 1, index: j, in: in, out: out, stride: 1}
				if i > 0 && j == 0 {
					u.stride = 2
				}
				layers = append(layers, u.build(b, s), &nn.Tap{Path: unitPath(i+1, j, "")})
				in = out
			}
		}
		layers = append(layers, s.normAlone(b, "head/bn", in, 1), s.relu("head/relu"),
			nn.NewGlobalPool("pool"), nn.NewLinear(b, "fc", in, s.Classes))
		return nn.NewSequential(layers...), nil
	}
}

// preactivated is one unit. Where its shape changes, the shortcut begins after the first ReLU.
type preactivated struct {
	stage, index, in, out, stride int
}

func (u preactivated) path(name string) string { return unitPath(u.stage, u.index, name) }

func (u preactivated) build(b *nn.Builder, s Spec) nn.Layer {
	first := []nn.Layer{s.normAlone(b, u.path("bn1"), u.in, 1), s.relu(u.path("relu1"))}
	norm, batchNorm := s.norm(b, u.path("bn2"), u.out, 1)
	branch := []nn.Layer{nn.NewConv(b, u.path("conv1"), nn.ConvSpec{In: u.in, Out: u.out, Kernel: 3, Stride: u.stride, Pad: 1}), norm}
	branch = append(branch, s.at(b, nn.Site{
		Path: u.path("block"), Stage: u.stage, Unit: u.index, Position: 2, Last: true, Channels: u.out, Norm: batchNorm,
	})...)
	branch = append(branch, s.relu(u.path("relu2")),
		nn.NewConv(b, u.path("conv2"), nn.ConvSpec{In: u.out, Out: u.out, Kernel: 3, Stride: 1, Pad: 1}))
	if u.stride == 1 && u.in == u.out {
		return nn.NewSum(u.path("sum"), nn.NewSequential(append(first, branch...)...), nil)
	}
	shortcut := nn.NewConv(b, u.path("shortcut/conv"), nn.ConvSpec{In: u.in, Out: u.out, Kernel: 1, Stride: u.stride})
	return nn.NewSequential(append(first, nn.NewSum(u.path("sum"), nn.NewSequential(branch...), shortcut))...)
}
