// Package model holds the backbones. A backbone puts a channel block where a factory makes one for a site; which block that
// is, it does not know.
package model

import (
	"fmt"

	"cenet/nn"
)

// A Spec says how a backbone is varied.
type Spec struct {
	Classes   int
	Width     float64  // multiplies the number of channels
	Small     bool     // stem for small images: 3×3 of stride 1 without pooling, instead of 7×7 of stride 2 with pooling
	Strided   bool     // with Small: the stem has stride 2, for a quarter of the work
	LastGamma *float32 // γ of the last BatchNorm of every residual branch at the start; nil: 1
	Inputs    int      // channels of the images
	Block     nn.Factory
	Norm      string // one of Norms; "": BatchNorm
	NormGroup int    // channels in a group of GroupNorm, fewer where they do not divide the channels
	Rectifier string // one of Rectifiers; "": the backbone's own
}

// A Backbone is a network that channel blocks are put into, and its properties.
type Backbone struct {
	Label   string   // for people
	Aliases []string // what torchvision and timm call it, where they call it otherwise
	Small   bool     // its first layers are for small images, whatever the Spec says
	Staged  bool     // it is a residual network in stages, see Staged
	// New builds its layers with the builder given.
	New func(b *nn.Builder, s Spec) (nn.Layer, error)
	// Torch is the name of a path in torchvision's state dictionaries, with slashes, see TorchName; nil: torchvision does not have it.
	Torch func(path, block string) string
}

// Backbones by name. A new backbone is one value here.
var Backbones = map[string]Backbone{
	"resnet18":  {Label: "ResNet-18", Staged: true, New: resnet(residual{kind: basic}, 2, 2, 2, 2), Torch: residualNames},
	"resnet34":  {Label: "ResNet-34", Staged: true, New: resnet(residual{kind: basic}, 3, 4, 6, 3), Torch: residualNames},
	"resnet50":  {Label: "ResNet-50", Staged: true, New: resnet(residual{kind: bottleneck}, 3, 4, 6, 3), Torch: residualNames},
	"resnet101": {Label: "ResNet-101", Staged: true, New: resnet(residual{kind: bottleneck}, 3, 4, 23, 3), Torch: residualNames},
	"resnet152": {Label: "ResNet-152", Staged: true, New: resnet(residual{kind: bottleneck}, 3, 8, 36, 3), Torch: residualNames},
	"resnext50": {Label: "ResNeXt-50 (32×4d)", Aliases: []string{"resnext50_32x4d"}, Staged: true,
		New: resnet(residual{bottleneck, 2, 32}, 3, 4, 6, 3), Torch: residualNames},
	"resnext101": {Label: "ResNeXt-101 (32×8d)", Aliases: []string{"resnext101_32x8d"}, Staged: true,
		New: resnet(residual{bottleneck, 4, 32}, 3, 4, 23, 3), Torch: residualNames},
	"wideresnet50": {Label: "Wide-ResNet-50-2", Aliases: []string{"wide_resnet50_2"}, Staged: true,
		New: resnet(residual{bottleneck, 2, 1}, 3, 4, 6, 3), Torch: residualNames},
	"wrn-28-10":   {Label: "WRN-28-10", Small: true, New: wideResNet(28, 10)},
	"alexnet":     {Label: "AlexNet", New: alexNet, Torch: alexNames},
	"mobilenetv2": {Label: "MobileNetV2", Aliases: []string{"mobilenet_v2", "mobilenetv2_100"}, New: mobileNetV2, Torch: mobileNames},
	"shufflenetv2-0.5": {Label: "ShuffleNetV2 0.5×", Aliases: []string{"shufflenet_v2_x0_5"}, New: shuffleNetV2([3]int{48, 96, 192}, 1024),
		Torch: shuffleNames},
	"shufflenetv2-1.0": {Label: "ShuffleNetV2 1×", Aliases: []string{"shufflenet_v2_x1_0"}, New: shuffleNetV2([3]int{116, 232, 464}, 1024),
		Torch: shuffleNames},
	"shufflenetv2-1.5": {Label: "ShuffleNetV2 1.5×", Aliases: []string{"shufflenet_v2_x1_5"}, New: shuffleNetV2([3]int{176, 352, 704}, 1024),
		Torch: shuffleNames},
	"shufflenetv2-2.0": {Label: "ShuffleNetV2 2×", Aliases: []string{"shufflenet_v2_x2_0"}, New: shuffleNetV2([3]int{244, 488, 976}, 2048),
		Torch: shuffleNames},
	"vgg11":     {Label: "VGG-11", Aliases: []string{"vgg11_bn"}, New: vgg(vggDepths["vgg11"]...), Torch: vggNames("vgg11")},
	"vgg13":     {Label: "VGG-13", Aliases: []string{"vgg13_bn"}, New: vgg(vggDepths["vgg13"]...), Torch: vggNames("vgg13")},
	"vgg16":     {Label: "VGG-16", Aliases: []string{"vgg16_bn"}, New: vgg(vggDepths["vgg16"]...), Torch: vggNames("vgg16")},
	"vgg19":     {Label: "VGG-19", Aliases: []string{"vgg19_bn"}, New: vgg(vggDepths["vgg19"]...), Torch: vggNames("vgg19")},
	"resnet20":  {Label: "ResNet-20", Small: true, Staged: true, New: cifarResNet(20), Torch: residualNames},
	"resnet32":  {Label: "ResNet-32", Small: true, Staged: true, New: cifarResNet(32), Torch: residualNames},
	"resnet44":  {Label: "ResNet-44", Small: true, Staged: true, New: cifarResNet(44), Torch: residualNames},
	"resnet56":  {Label: "ResNet-56", Small: true, Staged: true, New: cifarResNet(56), Torch: residualNames},
	"resnet110": {Label: "ResNet-110", Small: true, Staged: true, New: cifarResNet(110), Torch: residualNames},
}

// Staged reports whether a backbone is a residual network in stages, of which the paper leaves the last without Channel
// Equilibrium. In other backbones a block is in every unit unless a file says otherwise.
func Staged(backbone string) bool { return Backbones[backbone].Staged }

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
	if s.LastGamma == nil {
		return 1
	}
	return *s.LastGamma
}

// convNorm makes a convolution, a BatchNorm and, where it is not nil, what follows.
func (s Spec) convNorm(b *nn.Builder, path string, c nn.ConvSpec, after nn.Layer) []nn.Layer {
	layers := []nn.Layer{nn.NewConv(b, path+"/conv", c), s.normAlone(b, path+"/bn", c.Out, 1)}
	if after != nil {
		layers = append(layers, after)
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

// at makes the block of a site and a tap after it, named like the site.
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
