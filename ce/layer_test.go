package ce_test

import (
	"fmt"
	"strings"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/nntest"
)

// Every branch and preset passes the suite of layers, after a BatchNorm.
func TestLayer(t *testing.T) {
	for _, branch := range []ce.Branch{ce.Both, ce.Decorrelate, ce.Reweight} {
		for preset, options := range ce.Presets {
			o := options()
			o.Branch = branch
			k := nntest.Case{
				Name: fmt.Sprintf("%s %s", branch, preset), Path: "ce",
				In: nn.Shape{N: 5, H: 5, W: 4, C: 24},
				Build: func(b *nn.Builder) nn.Layer {
					norm := nn.NewBatchNorm(b, "bn", 24, 1)
					return nn.NewSequential(norm, ce.New(b, nn.Site{Path: "ce", Stage: 1, Channels: 24, Norm: norm}, o))
				},
			}
			if branch != ce.Decorrelate && o.Variance == ce.Unbiased {
				k.Bad = []nn.Shape{{N: 3, H: 1, W: 1, C: 24}}
			}
			nntest.Run(t, k)
		}
	}
}

// A single sample has no covariance: its decorrelation is refused. Its reweighting is, where the variance is to be unbiased.
func TestOneSample(t *testing.T) {
	for _, branch := range []ce.Branch{ce.Both, ce.Decorrelate, ce.Reweight} {
		for preset, options := range ce.Presets {
			o := options()
			o.Branch = branch
			b := nn.NewBuilder()
			_, err := b.Build(ce.New(b, nn.Site{Path: "ce", Stage: 1, Channels: 8}, o), nn.Shape{N: 1, H: 1, W: 1, C: 8},
				nn.Options{InputGrad: true})
			if taken := branch == ce.Reweight && o.Variance != ce.Unbiased; taken != (err == nil) || err != nil &&
				!strings.HasPrefix(err.Error(), "ce: ") {
				t.Errorf("%s %s: %v", branch, preset, err)
			}
		}
	}
}
