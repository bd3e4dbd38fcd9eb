package model_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/stream"
)

// bits are those of the output and of all gradients of one step.
func bits(t *testing.T, backbone string, workers int) (list []uint32) {
	b := nn.NewBuilder()
	root, err := model.Backbones[backbone].New(b, model.Spec{Classes: 10, Width: 0.5, Small: true, Inputs: 3})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: 9, H: 32, W: 32, C: 3}, nn.Options{Seed: 1, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(workers)
	defer c.Close()
	c.Train = true
	x, dy, random := nn.NewTensor(net.In), nn.NewTensor(net.Out), stream.New(1, "step")
	for _, values := range [][]float32{x.Data, dy.Data} {
		for i := range values {
			values[i] = float32(random.Normal())
		}
	}
	add := func(values []float32) {
		for _, v := range values {
			list = append(list, math.Float32bits(v))
		}
	}
	add(net.Forward(c, x).Data)
	net.Backward(c, dy)
	for _, p := range net.Params {
		add(p.Grad)
	}
	return list
}

// A step of a whole network gives the same bits for one worker to eight and from both families of assembly.
func TestSameBits(t *testing.T) {
	families := kernel.Families()
	fastest := families[len(families)-1]
	for _, backbone := range []string{"resnet20", "resnet50", "mobilenetv2", "shufflenetv2-0.5", "vgg11"} {
		var want []uint32
		same := func(family string, workers int) {
			t.Run(fmt.Sprintf("%s/%s/workers %d", backbone, family, workers), func(t *testing.T) {
				defer kernel.Use(family)()
				got := bits(t, backbone, workers)
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Error("the bits differ")
				}
			})
		}
		for _, family := range families[1:] {
			same(family, 2)
		}
		for workers := 1; workers <= 8; workers++ {
			same(fastest, workers)
		}
	}
}
