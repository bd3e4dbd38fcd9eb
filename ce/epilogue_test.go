package ce_test

import (
	"fmt"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/nntest"
)

func TestEpilogue(t *testing.T) {
	for _, branch := range []ce.Branch{ce.Both, ce.Decorrelate, ce.Reweight} {
		for preset, options := range ce.Presets {
			o := options()
			o.Branch = branch
			t.Run(fmt.Sprintf("%s, %s", branch, preset), func(t *testing.T) {
				nntest.Epilogue(t, 24, func(b *nn.Builder, path string) []nn.Layer {
					norm := nn.NewBatchNorm(b, path+"/bn", 24, 2)
					return []nn.Layer{norm, ce.New(b, nn.Site{Path: path, Stage: 1, Channels: 24, Norm: norm}, o)}
				})
			})
		}
	}
}
