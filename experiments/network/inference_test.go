package network

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/model"
)

// A network for inference, with everything folded, computes what the network that was trained does in evaluation.
func TestInferenceAsInTraining(t *testing.T) {
	in := nn.Shape{N: 3, H: 32, W: 32, C: 3}
	x := nn.NewTensor(in)
	for i := range x.Data {
		x.Data[i] = float32(math.Sin(float64(i * i)))
	}
	c := nn.NewContext(2)
	defer c.Close()
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		for _, block := range slices.Sorted(maps.Keys(Blocks)) {
			setup, err := Paper(backbone, block)
			if err != nil {
				t.Fatal(err)
			}
			setup.Model.Width, setup.Model.Stem = 0.25, "small"
			if testing.Short() && backbone != "resnet50" {
				continue
			}
			build := func(o nn.Options) *nn.Network {
				o.Seed, o.Workers = 1, 2
				net, err := New(&setup, in, 5, o)
				if err != nil {
					t.Fatal(backbone, block, err)
				}
				return net
			}
			trained, folded := build(nn.Options{}), build(nn.Options{Inference: true})
			c.Train = true
			trained.Forward(c, x) // moves the running statistics
			for _, b := range trained.Buffers {
				if strings.HasSuffix(b.Path, "/running_scale") {
					b.Data[0] = 1 // after one step it is small, and a deep network overflows
				}
			}
			c.Train = false
			want := slices.Clone(trained.Forward(c, x).Data)
			for i, p := range trained.Params {
				copy(folded.Params[i].Data, p.Data)
			}
			folded.Forward(c, x)
			for i, b := range trained.Buffers {
				copy(folded.Buffers[i].Data, b.Data)
			}
			folded.Prepare()
			got := folded.Forward(c, x).Data
			var largest, off float64
			for i, w := range want {
				largest = max(largest, math.Abs(float64(w)))
				off = max(off, math.Abs(float64(got[i]-w)))
			}
			if !(off <= 1e-4*largest) {
				t.Errorf("%s %s: off by %.2g of %.2g", backbone, block, off, largest)
			}
		}
	}
}
