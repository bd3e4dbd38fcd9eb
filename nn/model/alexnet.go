package model

import (
	"errors"
	"fmt"

	"cenet/nn"
)

// alexNet has five convolutions with biases and no normalisation; where there is a block, a BatchNorm is put before it. Every
// convolution is a unit with a site. For small images the first has 3×3 taps and stride 1, and one linear layer follows.
//
// References:
//
//	Krizhevsky: One weird trick for parallelizing convolutional neural networks (2014), in torchvision's form.
func alexNet(b *nn.Builder, s Spec) (nn.Layer, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Strided {
		return nil, errors.New("model: the stem of this network has no stride")
	}
	var layers []nn.Layer
	in := s.Inputs
	for i, c := range []struct {
		nn.ConvSpec
		pool bool
	}{
		{nn.ConvSpec{Out: 64, Kernel: 11, Stride: 4, Pad: 2}, true},
		{nn.ConvSpec{Out: 192, Kernel: 5, Stride: 1, Pad: 2}, true},
		{nn.ConvSpec{Out: 384, Kernel: 3, Stride: 1, Pad: 1}, false},
		{nn.ConvSpec{Out: 256, Kernel: 3, Stride: 1, Pad: 1}, false},
		{nn.ConvSpec{Out: 256, Kernel: 3, Stride: 1, Pad: 1}, true},
	} {
		if s.Small && i == 0 {
			c.Kernel, c.Stride, c.Pad = 3, 1, 1
		}
		path := unitPath(i+1, 0, "")
		c.In, c.Out = in, s.channels(c.Out)
		in = c.Out
		layers = append(layers, nn.NewConv(b, path+"/conv", c.ConvSpec), nn.NewBias(b, path+"/bias", in))
		layers = append(layers, s.normed(b, nn.Site{Path: path + "/block", Stage: i + 1, Position: 1, Last: true, Channels: in}, path+"/bn")...)
		layers = append(layers, s.relu(path+"/relu"), &nn.Tap{Path: path})
		if c.pool {
			layers = append(layers, nn.NewMaxPool(fmt.Sprintf("stage%d/pool", i+1), 3, 2, 0))
		}
	}
	layers = append(layers, nn.NewFlatten())
	if s.Small { // 32×32 pixels have become 3×3
		return nn.NewSequential(append(layers, nn.NewLinear(b, "fc", 9*in, s.Classes))...), nil
	}
	layers = append(layers, nn.NewDropout("dropout", 0.5))
	head := classifier(b, s, 36*in, s.channels(4096), s.Classes)
	return nn.NewSequential(append(layers, append(head[:5:5], head[6])...)...), nil
}

// normed makes a BatchNorm and the block of a site after it, or, where there is no block, the tap alone.
func (s Spec) normed(b *nn.Builder, site nn.Site, path string) []nn.Layer {
	apart := nn.NewBuilder()
	site.Norm = nn.NewBatchNorm(apart, path, site.Channels, 1)
	layers := s.at(b, site)
	if len(layers) == 1 {
		return layers
	}
	b.Adopt(apart)
	return append([]nn.Layer{site.Norm}, layers...)
}
