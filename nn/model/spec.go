// Package model holds the backbones. A backbone puts a channel block where a factory makes one for a site; which block that
// is, it does not know.
package model

import (
	"fmt"

	"cenet/nn"
)

// A Spec says how a backbone is varied.
type Spec struct {
	Classes      int
	Width        float64 // multiplies the number of channels
	Small        bool    // stem for small pictures: 3×3 of stride 1 without pooling in place of 7×7 of stride 2 with it
	ZeroLastGain bool    // γ of the last BatchNorm of every residual branch starts at 0
	Inputs       int     // channels of the pictures
	Block        nn.Factory
}

// A Backbone builds its layers with the builder given.
type Backbone func(b *nn.Builder, s Spec) (nn.Layer, error)

// Backbones by name.
var Backbones = map[string]Backbone{
	"resnet18":  resnet(basic, 2, 2, 2, 2),
	"resnet34":  resnet(basic, 3, 4, 6, 3),
	"resnet50":  resnet(bottleneck, 3, 4, 6, 3),
	"resnet101": resnet(bottleneck, 3, 4, 23, 3),
	"resnet152": resnet(bottleneck, 3, 8, 36, 3),

	"resnet20":  cifarResNet(20),
	"resnet32":  cifarResNet(32),
	"resnet44":  cifarResNet(44),
	"resnet56":  cifarResNet(56),
	"resnet110": cifarResNet(110),
}

// channels scales a published number of channels, to at least 1.
func (s Spec) channels(n int) int { return max(1, int(float64(n)*s.Width)) }

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
	return nil
}
