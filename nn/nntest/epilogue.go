package nntest

import (
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/stream"
)

// apart hides that a layer can run an epilogue, and lets it have a gradient of its own to work in.
type apart struct{ nn.Layer }

func (l apart) Backward(c *nn.Context, dy nn.Tensor) nn.Tensor {
	return l.Layer.Backward(c, nn.Tensor{Shape: dy.Shape, Data: slices.Clone(dy.Data)})
}

// Epilogue checks that what the last of a branch's layers runs as its epilogue gives the same bits as after it: a rectifier, and a sum
// with a rectifier. branch builds the layers, which leave the number of channels.
func Epilogue(t *testing.T, channels int, branch func(b *nn.Builder, path string) []nn.Layer) {
	shape := nn.Shape{N: 5, H: 5, W: 4, C: channels}
	step := func(hide bool) [][]float32 {
		b := nn.NewBuilder()
		layers := func(path string) []nn.Layer {
			list := branch(b, path)
			if last := &list[len(list)-1]; hide {
				*last = apart{*last}
			}
			return append(list, &nn.Tap{})
		}
		net, err := b.Build(nn.NewSequential(append(layers("a"), nn.NewReLU6("relu"),
			nn.NewResidual("sum", nn.NewSequential(layers("b")...), nil))...), shape, nn.Options{Seed: 1, InputGrad: true})
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
			t.Errorf("result %d differs", i)
		}
	}
}
