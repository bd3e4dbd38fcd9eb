package network

import (
	"testing"

	"cenet/nn"
)

// Without dropout a step of training is the same whatever its seed.
func TestWithoutDropout(t *testing.T) {
	setup, err := Paper("mobilenetv2", "none")
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width = 0.25
	in := nn.Shape{N: 2, H: 32, W: 32, C: 3}
	net, err := New(&setup, in, 5, nn.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	c.Train = true
	x := nn.NewTensor(in)
	for i := range x.Data {
		x.Data[i] = float32(i%7) - 3
	}
	output := func(seed uint64, off bool) float32 {
		c.Random.Seed, c.Random.Off = seed, off
		return net.Forward(c, x).Data[0]
	}
	if output(1, false) == output(2, false) {
		t.Error("dropout drops the same with another seed")
	}
	if output(1, true) != output(2, true) {
		t.Error("something is random without dropout")
	}
}
