package model

import (
	"errors"
	"fmt"

	"cenet/nn"
)

// vggDepths are the numbers of convolutions in the five stages.
var vggDepths = map[string][]int{
	"vgg11": {1, 1, 2, 2, 2},
	"vgg13": {2, 2, 2, 2, 2},
	"vgg16": {2, 2, 3, 3, 3},
	"vgg19": {2, 2, 4, 4, 4},
}

// vgg returns the network with BatchNorm of five stages with the given number of 3×3 convolutions each and a pooling after every stage. For
// small images, the convolutions have no biases and one linear layer follows. Every convolution is a unit with a site.
//
// References:
//
//	Simonyan, Zisserman: Very deep convolutional networks (2015), table 1; biases with BatchNorm as in torchvision.
func vgg(depths ...int) func(*nn.Builder, Spec) (nn.Layer, error) {
	return func(b *nn.Builder, s Spec) (nn.Layer, error) {
		if err := s.check(); err != nil {
			return nil, err
		}
		if s.Strided {
			return nil, errors.New("model: the stem of this network has no stride")
		}
		var layers []nn.Layer
		in := s.Inputs
		for i, width := range []int{64, 128, 256, 512, 512} {
			for j := range depths[i] {
				path, out := unitPath(i+1, j, ""), s.channels(width)
				layers = append(layers, nn.NewConv(b, path+"/conv", nn.ConvSpec{In: in, Out: out, Kernel: 3, Stride: 1, Pad: 1}))
				if !s.Small {
					layers = append(layers, nn.NewBias(b, path+"/bias", out))
				}
				norm, batchNorm := s.norm(b, path+"/bn", out, 1)
				layers = append(layers, norm)
				layers = append(layers, s.at(b, nn.Site{
					Path: path + "/block", Stage: i + 1, Unit: j, Position: 1, Last: true, Channels: out, Norm: batchNorm,
				})...)
				layers = append(layers, s.relu(path+"/relu"), &nn.Tap{Path: path})
				in = out
			}
			layers = append(layers, nn.NewMaxPool(fmt.Sprintf("stage%d/pool", i+1), 2, 2, 0))
		}
		layers = append(layers, nn.NewFlatten())
		if s.Small {
			return nn.NewSequential(append(layers, nn.NewLinear(b, "fc", in, s.Classes))...), nil
		}
		layers = append(layers, classifier(b, s, 49*in, s.channels(4096), s.Classes)...)
		return nn.NewSequential(layers...), nil
	}
}

// classifier is two linear layers of the given width with ReLU and dropout, and one to the classes.
func classifier(b *nn.Builder, s Spec, in, width, classes int) []nn.Layer {
	return []nn.Layer{
		nn.NewLinear(b, "fc1", in, width), s.relu("fc1/relu"), nn.NewDropout("fc1/dropout", 0.5),
		nn.NewLinear(b, "fc2", width, width), s.relu("fc2/relu"), nn.NewDropout("fc2/dropout", 0.5),
		nn.NewLinear(b, "fc3", width, classes),
	}
}
