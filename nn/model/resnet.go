package model

import (
	"fmt"

	"cenet/nn"
)

// kind of residual unit.
type kind int

const (
	basic      kind = iota // 3×3, 3×3
	bottleneck             // 1×1, 3×3, 1×1 to four times the width; the stride on the 3×3
)

// A residual says what residual units are like.
type residual struct {
	kind
	wider  int // times the published width, in the middle of a bottleneck; 0 means 1
	groups int // of the middle convolution of a bottleneck; 0 means 1
}

// resnet returns the residual network with the given number of units in each of its four stages of 64, 128, 256 and 512 channels.
//
// References:
//
//	He et al.: Deep residual learning for image recognition (2016), table 1; the stride of a bottleneck is on its 3×3
//	convolution, as in torchvision.
//	Xie et al.: Aggregated residual transformations (2017), table 1: 32×4d is twice the width in 32 groups.
//	Zagoruyko, Komodakis: Wide residual networks (2016), section 3.4.
func resnet(k residual, units ...int) func(*nn.Builder, Spec) (nn.Layer, error) {
	return func(b *nn.Builder, s Spec) (nn.Layer, error) {
		if err := s.check(); err != nil {
			return nil, err
		}
		return residualNet(b, s, k, units, []int{64, 128, 256, 512}), nil
	}
}

// cifarResNet returns the residual network for small images of the given depth, 6n+2: three stages of 16, 32 and 64
// channels with n basic units each. A unit that changes the shape has a 1×1 convolution as shortcut.
//
// References:
//
//	He et al. (2016), section 4.2, option B.
func cifarResNet(depth int) func(*nn.Builder, Spec) (nn.Layer, error) {
	return func(b *nn.Builder, s Spec) (nn.Layer, error) {
		if err := s.check(); err != nil {
			return nil, err
		}
		s.Small = true
		n := (depth - 2) / 6
		return residualNet(b, s, residual{kind: basic}, []int{n, n, n}, []int{16, 32, 64}), nil
	}
}

func residualNet(b *nn.Builder, s Spec, k residual, units, widths []int) nn.Layer {
	in := s.channels(widths[0])
	stem := nn.ConvSpec{In: s.Inputs, Out: in, Kernel: 7, Stride: 2, Pad: 3}
	if s.Small {
		stem.Kernel, stem.Stride, stem.Pad = 3, s.smallStride(), 1
	}
	norm, batchNorm := s.norm(b, "stem/bn", in, 1)
	layers := []nn.Layer{nn.NewConv(b, "stem/conv", stem), norm}
	layers = append(layers, s.at(b, nn.Site{Path: "stem/block", Position: 1, Last: true, Channels: in, Norm: batchNorm})...)
	layers = append(layers, s.relu("stem/relu"), &nn.Tap{Path: "stem"})
	if !s.Small {
		layers = append(layers, nn.NewMaxPool("stem/pool", 3, 2, 1))
	}
	for i, count := range units {
		for j := range count {
			stride := 1
			if i > 0 && j == 0 {
				stride = 2
			}
			u := unit{residual: k, stage: i + 1, index: j, in: in, width: s.channels(widths[i]), stride: stride}
			layers = append(layers, u.build(b, s), &nn.Tap{Path: u.path("")})
			in = u.out()
		}
	}
	layers = append(layers, nn.NewGlobalPool("pool"), nn.NewLinear(b, "fc", in, s.Classes))
	return nn.NewSequential(layers...)
}

// unit is one residual unit.
type unit struct {
	residual
	stage, index int
	in, width    int
	stride       int
}

func (u unit) out() int {
	if u.kind == bottleneck {
		return 4 * u.width
	}
	return u.width
}

func (u unit) path(name string) string { return unitPath(u.stage, u.index, name) }

func (u unit) build(b *nn.Builder, s Spec) nn.Layer {
	convs := []nn.ConvSpec{
		{In: u.in, Out: u.width, Kernel: 3, Stride: u.stride, Pad: 1},
		{In: u.width, Out: u.width, Kernel: 3, Stride: 1, Pad: 1},
	}
	if u.kind == bottleneck {
		middle := u.width * max(1, u.wider)
		groups := max(1, u.groups)
		for middle%groups != 0 { // a narrow network has fewer
			groups--
		}
		convs = []nn.ConvSpec{
			{In: u.in, Out: middle, Kernel: 1, Stride: 1},
			{In: middle, Out: middle, Kernel: 3, Stride: u.stride, Pad: 1, Groups: groups},
			{In: middle, Out: u.out(), Kernel: 1, Stride: 1},
		}
	}
	var branch []nn.Layer
	for i, c := range convs {
		last := i == len(convs)-1
		gamma := float32(1)
		if last {
			gamma = s.lastGain()
		}
		norm, batchNorm := s.norm(b, u.path(fmt.Sprintf("bn%d", i+1)), c.Out, gamma)
		branch = append(branch, nn.NewConv(b, u.path(fmt.Sprintf("conv%d", i+1)), c), norm)
		site := nn.Site{
			Path:  u.path(fmt.Sprintf("block%d", i+1)),
			Stage: u.stage, Unit: u.index, Position: i + 1, Last: last, Channels: c.Out, Norm: batchNorm,
		}
		if last {
			site.Path = u.path("block")
		}
		branch = append(branch, s.at(b, site)...)
		if !last {
			branch = append(branch, s.relu(u.path(fmt.Sprintf("relu%d", i+1))))
		}
	}
	var shortcut nn.Layer
	if u.stride != 1 || u.in != u.out() {
		shortcut = nn.NewSequential(
			nn.NewConv(b, u.path("shortcut/conv"), nn.ConvSpec{In: u.in, Out: u.out(), Kernel: 1, Stride: u.stride}),
			s.normAlone(b, u.path("shortcut/bn"), u.out(), 1))
	}
	return s.rectifiedSum(u.path("sum"), u.path("relu"), nn.NewSequential(branch...), shortcut)
}
