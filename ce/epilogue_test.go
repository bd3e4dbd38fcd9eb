package ce_test

import (
	"slices"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/stream"
)

// apart hides that a layer can run an epilogue.
type apart struct{ nn.Layer }

// What runs as an epilogue gives the same bits as behind the block: a rectifier, and a sum with a rectifier.
func TestEpilogue(t *testing.T) {
	shape := nn.Shape{N: 5, H: 5, W: 4, C: 24}
	for _, branch := range []ce.Branch{ce.Both, ce.Decorrelate, ce.Reweight} {
		for preset, options := range ce.Presets {
			o := options()
			o.Branch = branch
			step := func(hide bool) [][]float32 {
				b := nn.NewBuilder()
				block := func(path string) []nn.Layer {
					norm := nn.NewBatchNorm(b, path+"/bn", 24, 2)
					l := ce.New(b, nn.Site{Path: path, Stage: 1, Channels: 24, Norm: norm}, o)
					if hide {
						l = apart{l}
					}
					return []nn.Layer{norm, l, &nn.Tap{}}
				}
				net, err := b.Build(nn.NewSequential(append(block("a"), nn.NewReLU6("relu"),
					nn.NewResidual("sum", nn.NewSequential(block("b")...), nil))...), shape, nn.Options{Seed: 1, InputGrad: true})
				if err != nil {
					t.Fatal(err)
				}
				c := nn.NewContext(1)
				defer c.Close()
				c.Train = true
				x, dy, s := nn.NewTensor(shape), nn.NewTensor(shape), stream.New(1, "input")
				for i := range x.Data {
					x.Data[i], dy.Data[i] = float32(s.Normal()), float32(s.Normal())
				}
				results := [][]float32{slices.Clone(net.Forward(c, x).Data)}
				results = append(results, slices.Clone(net.Backward(c, dy).Data))
				for _, p := range net.Params {
					results = append(results, p.Grad)
				}
				c.Train = false
				return append(results, slices.Clone(net.Forward(c, x).Data))
			}
			want, got := step(true), step(false)
			for i := range want {
				if !slices.Equal(want[i], got[i]) {
					t.Errorf("%s, %s: result %d differs", branch, preset, i)
				}
			}
		}
	}
}
