// Package model holds the backbones. A backbone puts a channel block where a factory makes one for a site; which block that
// is, it does not know.
package model

import (
	"fmt"
	"strings"

	"cenet/nn"
)

// A Spec says how a backbone is varied.
type Spec struct {
	Classes      int
	Width        float64 // multiplies the number of channels
	Small        bool    // stem for small images: 3×3 of stride 1 without pooling in place of 7×7 of stride 2 with it
	Strided      bool    // with Small: the stem has stride 2, for a quarter of the work
	ZeroLastGain bool    // γ of the last BatchNorm of every residual branch starts at 0
	Inputs       int     // channels of the images
	Block        nn.Factory
	Norm         string // one of Norms; "": BatchNorm
	NormGroup    int    // channels in a group of GroupNorm, fewer where they do not divide the channels
	Rectifier    string // one of Rectifiers; "": the backbone's own
}

// A Backbone builds its layers with the builder given.
type Backbone func(b *nn.Builder, s Spec) (nn.Layer, error)

// Backbones by name.
var Backbones = map[string]Backbone{
	"resnet18":  resnet(residual{kind: basic}, 2, 2, 2, 2),
	"resnet34":  resnet(residual{kind: basic}, 3, 4, 6, 3),
	"resnet50":  resnet(residual{kind: bottleneck}, 3, 4, 6, 3),
	"resnet101": resnet(residual{kind: bottleneck}, 3, 4, 23, 3),
	"resnet152": resnet(residual{kind: bottleneck}, 3, 8, 36, 3),

	"resnext50":    resnet(residual{bottleneck, 2, 32}, 3, 4, 6, 3),
	"resnext101":   resnet(residual{bottleneck, 4, 32}, 3, 4, 23, 3),
	"wideresnet50": resnet(residual{bottleneck, 2, 1}, 3, 4, 6, 3),
	"wrn-28-10":    wideResNet(28, 10),

	"alexnet":     alexNet,
	"mobilenetv2": mobileNetV2,

	"shufflenetv2-0.5": shuffleNetV2([3]int{48, 96, 192}, 1024),
	"shufflenetv2-1.0": shuffleNetV2([3]int{116, 232, 464}, 1024),
	"shufflenetv2-1.5": shuffleNetV2([3]int{176, 352, 704}, 1024),
	"shufflenetv2-2.0": shuffleNetV2([3]int{244, 488, 976}, 2048),

	"vgg11": vgg(vggDepths["vgg11"]...),
	"vgg13": vgg(vggDepths["vgg13"]...),
	"vgg16": vgg(vggDepths["vgg16"]...),
	"vgg19": vgg(vggDepths["vgg19"]...),

	"resnet20":  cifarResNet(20),
	"resnet32":  cifarResNet(32),
	"resnet44":  cifarResNet(44),
	"resnet56":  cifarResNet(56),
	"resnet110": cifarResNet(110),
}

// Staged tells whether a backbone is a residual network in stages, of which the paper leaves the last without Channel
// Equilibrium. In other backbones a block stands in every unit unless a file says otherwise.
func Staged(backbone string) bool {
	return strings.HasPrefix(backbone, "res") || strings.HasPrefix(backbone, "wide")
}

// smallStride is the stride of the stem for small images.
func (s Spec) smallStride() int {
	if s.Strided {
		return 2
	}
	return 1
}

// channels scales a published number of channels, to at least 1.
func (s Spec) channels(n int) int { return max(1, int(float64(n)*s.Width)) }

// eighths scales a published number of channels to a multiple of 8, no less than nine tenths of what was asked for.
func (s Spec) eighths(n int) int {
	exact := float64(float64(n) * s.Width)
	c := max(8, int(exact+4)/8*8)
	if float64(c) < 0.9*exact {
		c += 8
	}
	return c
}

// lastGain is γ of the last BatchNorm of a residual branch at the start.
func (s Spec) lastGain() float32 {
	if s.ZeroLastGain {
		return 0
	}
	return 1
}

// convNorm makes a convolution, a BatchNorm and, where it is not nil, what follows.
func (s Spec) convNorm(b *nn.Builder, path string, c nn.ConvSpec, behind nn.Layer) []nn.Layer {
	layers := []nn.Layer{nn.NewConv(b, path+"/conv", c), s.normAlone(b, path+"/bn", c.Out, 1)}
	if behind != nil {
		layers = append(layers, behind)
	}
	return layers
}

// unitPath is the path of something in a unit of a stage, or of the unit itself.
func unitPath(stage, unit int, name string) string {
	p := fmt.Sprintf("stage%d/unit%d", stage, unit)
	if name != "" {
		p += "/" + name
	}
	return p
}

// at makes the block of a site and a tap behind it, named like the site.
func (s Spec) at(b *nn.Builder, site nn.Site) []nn.Layer {
	var layers []nn.Layer
	if s.Block != nil {
		if l := s.Block(b, site); l != nil {
			layers = append(layers, l)
		}
	}
	return append(layers, &nn.Tap{Path: site.Path})
}

func (s Spec) check() error {
	if s.Classes < 1 || s.Inputs < 1 || !(s.Width > 0) {
		return fmt.Errorf("model: %d classes, %d input channels, width %g: all must be positive", s.Classes, s.Inputs, s.Width)
	}
	return s.checkNorm()
}
