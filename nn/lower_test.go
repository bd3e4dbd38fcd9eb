package nn_test

import (
	"slices"
	"strings"
	"testing"

	"cenet/nn"
)

// A network whose memory is reserved by its first pass computes what another does, and says the same of its memory.
func TestLazy(t *testing.T) {
	var want []float32
	var memory int
	for _, o := range []nn.Options{{Seed: 1}, {Seed: 1, Lazy: true}} {
		b := nn.NewBuilder()
		root := nn.NewSequential(nn.NewConv(b, "c", nn.ConvSpec{In: 2, Out: 3, Kernel: 3, Stride: 1}), nn.NewBatchNorm(b, "n", 3, 1),
			nn.NewReLU("r"))
		net, err := b.Build(root, nn.Shape{N: 2, H: 5, W: 4, C: 2}, o)
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(1)
		defer c.Close()
		x := nn.NewTensor(net.In)
		for i := range x.Data {
			x.Data[i] = float32(i % 7)
		}
		c.Train = true
		y := slices.Clone(net.Forward(c, x).Data)
		if want == nil {
			want, memory = y, net.Memory
		}
		if !slices.Equal(y, want) || net.Memory != memory {
			t.Errorf("%+v: other output, or %d bytes in the place of %d", o, net.Memory, memory)
		}
	}
}

// own is a layer that does not say what it is made of.
type own struct{ nn.Layer }

// A network with a layer that does not say what it is made of is not lowered, and the error names the layer.
func TestNotLowered(t *testing.T) {
	b := nn.NewBuilder()
	net, err := b.Build(nn.NewSequential(nn.NewFlatten(), own{nn.NewReLU("r")}), nn.Shape{N: 1, H: 2, W: 2, C: 1}, nn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := net.Lower(); err == nil || !strings.Contains(err.Error(), "nn_test.own") {
		t.Errorf("error %v", err)
	}
}
