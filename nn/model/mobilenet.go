package model

import (
	"cenet/nn"
)

// mobileNetV2 has the published rows of inverted residuals. Their numbers of channels are multiples of 8. Every unit offers a site after
// its last BatchNorm.
//
// References:
//
//	Sandler et al.: MobileNetV2 (2018), table 2; the rounding of channels is torchvision's.
func mobileNetV2(b *nn.Builder, s Spec) (nn.Layer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	in, stride := s.eighths(32), 2
	if s.Small {
		stride = s.smallStride()
	}
	layers := s.convNorm(b, "stem", nn.ConvSpec{In: s.Inputs, Out: in, Kernel: 3, Stride: stride, Pad: 1}, s.relu6("stem/relu"))
	layers = append(layers, &nn.Tap{Path: "stem"})
	for i, row := range []struct{ expansion, channels, units, stride int }{
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		for j := range row.units {
			u := inverted{stage: i + 1, index: j, in: in, out: s.eighths(row.channels), expansion: row.expansion, stride: 1}
			if j == 0 {
				u.stride = row.stride
			}
			layers = append(layers, u.build(b, s), &nn.Tap{Path: u.path("")})
			in = u.out
		}
	}
	last := 1280
	if s.Width > 1 {
		last = s.eighths(1280)
	}
	layers = append(layers, s.convNorm(b, "head", nn.ConvSpec{In: in, Out: last, Kernel: 1, Stride: 1}, s.relu6("head/relu"))...)
	layers = append(layers, nn.NewGlobalPool("pool"), nn.NewDropout("dropout", 0.2), nn.NewLinear(b, "fc", last, s.Classes))
	return nn.NewSequential(layers...), nil
}

// inverted is one inverted residual: 1×1 to expansion times the channels, 3×3 depthwise, 1×1 back, and the sum where shapes allow.
type inverted struct {
	stage, index, in, out, expansion, stride int
}

func (u inverted) path(name string) string { return unitPath(u.stage, u.index, name) }

func (u inverted) build(b *nn.Builder, s Spec) nn.Layer {
	wide := u.in * u.expansion
	var branch []nn.Layer
	if u.expansion > 1 {
		branch = s.convNorm(b, u.path("expand"), nn.ConvSpec{In: u.in, Out: wide, Kernel: 1, Stride: 1}, s.relu6(u.path("expand/relu")))
	}
	depthwise := nn.ConvSpec{In: wide, Out: wide, Kernel: 3, Stride: u.stride, Pad: 1, Groups: wide}
	branch = append(branch, s.convNorm(b, u.path("depthwise"), depthwise, s.relu6(u.path("depthwise/relu")))...)
	norm, batchNorm := s.norm(b, u.path("project/bn"), u.out, s.lastGain())
	branch = append(branch, nn.NewConv(b, u.path("project/conv"), nn.ConvSpec{In: wide, Out: u.out, Kernel: 1, Stride: 1}), norm)
	branch = append(branch, s.at(b, nn.Site{
		Path: u.path("block"), Stage: u.stage, Unit: u.index, Position: 1, Last: true, Channels: u.out, Norm: batchNorm,
	})...)
	if u.stride > 1 || u.in != u.out {
		return nn.NewSequential(branch...)
	}
	return nn.NewSum(u.path("sum"), nn.NewSequential(branch...), nil)
}
