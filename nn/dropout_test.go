package nn_test

import (
	"math"
	"slices"
	"testing"

	"cenet/nn"
)

// The share of zeros is P, the others keep the mean, another step drops others, and evaluation drops nothing.
func TestDropout(t *testing.T) {
	in := nn.Shape{N: 2, H: 1, W: 1, C: 40000}
	net, err := nn.NewBuilder().Build(nn.NewDropout("d", 0.25), in, nn.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	x := nn.NewTensor(in)
	for i := range x.Data {
		x.Data[i] = 3
	}
	pass := func(step uint64, train bool) []float32 {
		c.Random.Step, c.Train = step, train
		return slices.Clone(net.Forward(c, x).Data)
	}
	first := pass(1, true)
	zeros := 0
	for _, v := range first {
		switch v {
		case 0:
			zeros++
		case 4:
		default:
			t.Fatalf("%v is neither 0 nor 3/(1-P)", v)
		}
	}
	n := float64(in.Len())
	if share := float64(zeros) / n; math.Abs(share-0.25) > 4*math.Sqrt(0.25*0.75/n) {
		t.Errorf("%v of the elements are 0", share)
	}
	if !slices.Equal(first, pass(1, true)) || slices.Equal(first, pass(2, true)) || slices.Equal(first[:40000], first[40000:]) {
		t.Error("what is dropped does not follow from step and image alone")
	}
	if !slices.Equal(pass(1, false), x.Data) {
		t.Error("evaluation changes something")
	}
}

// A network whose dropout drops nothing has the gradients of the network without.
func TestDropoutBackward(t *testing.T) {
	in := nn.Shape{N: 3, H: 4, W: 4, C: 8}
	gradients := func(more ...nn.Layer) []float32 {
		b := nn.NewBuilder()
		layers := []nn.Layer{nn.NewBatchNorm(b, "bn", 8, 1), nn.NewReLU("relu"), nn.NewGlobalPool("pool")}
		root := nn.NewSequential(append(append(layers, more...), nn.NewLinear(b, "fc", 8, 5))...)
		net, err := b.Build(root, in, nn.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(1)
		defer c.Close()
		c.Train, c.Random.Off = true, true
		x := nn.NewTensor(in)
		for i := range x.Data {
			x.Data[i] = float32(math.Sin(float64(i * i)))
		}
		_, dy := nn.NewCrossEntropy(3, 5, 0).Loss(c, net.Forward(c, x), []int{0, 1, 2})
		net.Backward(c, dy)
		var all []float32
		for _, p := range net.Params {
			all = append(all, p.Grad...)
		}
		return all
	}
	if !slices.Equal(gradients(), gradients(nn.NewDropout("d", 0.5))) {
		t.Error("gradients differ")
	}
}
