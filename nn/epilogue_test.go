package nn_test

import (
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/nntest"
	"cenet/nn/stream"
)

// To observe what a layer hands to its epilogue changes nothing, and shows values before they are bounded.
func TestTapInEpilogue(t *testing.T) {
	shape := nn.Shape{N: 3, H: 4, W: 4, C: 5}
	x, s := nn.NewTensor(shape), stream.New(1, "input")
	for i := range x.Data {
		x.Data[i] = float32(s.Normal())
	}
	step := func(observe bool) (y, dx []float32, negative, seen int) {
		b := nn.NewBuilder()
		taps := [2]*nn.Tap{{Path: "first"}, {Path: "second"}}
		if observe {
			for _, tap := range taps {
				tap.Observe = func(x nn.Tensor) {
					seen++
					for _, v := range x.Data {
						if v < 0 {
							negative++
						}
					}
				}
			}
		}
		net, err := b.Build(nn.NewSequential(
			nn.NewBatchNorm(b, "a", 5, 1), taps[0], nn.NewReLU6("r"),
			nn.NewResidual("sum", nn.NewSequential(nn.NewBatchNorm(b, "b", 5, 1), taps[1]), nil)), shape, nn.Options{InputGrad: true})
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(1)
		defer c.Close()
		c.Train = true
		y = slices.Clone(net.Forward(c, x).Data)
		dy := nn.NewTensor(shape)
		copy(dy.Data, x.Data)
		return y, slices.Clone(net.Backward(c, dy).Data), negative, seen
	}
	y0, dx0, _, _ := step(false)
	y1, dx1, negative, seen := step(true)
	if !slices.Equal(y0, y1) || !slices.Equal(dx0, dx1) {
		t.Error("a tap in use changes the result")
	}
	if seen != 2 || negative == 0 {
		t.Errorf("%d taps saw %d negative values", seen, negative)
	}
	if slices.Min(y1) < 0 {
		t.Error("the output is not rectified")
	}
}

func TestEpilogue(t *testing.T) {
	for name, build := range map[string]func(b *nn.Builder, path string) nn.Layer{
		"batch norm": func(b *nn.Builder, path string) nn.Layer { return nn.NewBatchNorm(b, path, 6, 2) },
		"SE":         func(b *nn.Builder, path string) nn.Layer { return nn.NewSE(b, path, 6, 2, 2) },
	} {
		t.Run(name, func(t *testing.T) {
			nntest.Epilogue(t, 6, func(b *nn.Builder, path string) []nn.Layer { return []nn.Layer{build(b, path)} })
		})
	}
}
