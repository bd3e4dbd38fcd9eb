package nn_test

import (
	"math"
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/nntest"
	"cenet/nn/stream"
)

// notFused keeps a layer from doing work of the layers before and after it, and them from doing its work.
type notFused struct{ nn.Layer }

func (l notFused) Plan(p *nn.Plan, x nn.Value) nn.Value { return l.Layer.Plan(p, x.Shared()).Shared() }

func (l notFused) Backward(c *nn.Context, dy nn.Tensor) nn.Tensor {
	return l.Layer.Backward(c, nn.Tensor{Shape: dy.Shape, Data: slices.Clone(dy.Data)})
}

// chain is a network in which every fusion that layers offer each other takes place: with convolutions in groups, depthwise and, of
// images that are large enough, in one group, whose weights have partial gradients by images.
func chain(b *nn.Builder, tap *nn.Tap, hide func(nn.Layer) nn.Layer) nn.Layer {
	conv := func(path string, in, out, size, stride, groups int) nn.Layer {
		return hide(nn.NewConv(b, path, nn.ConvSpec{In: in, Out: out, Kernel: size, Stride: stride, Pad: size / 2, Groups: groups}))
	}
	norm := func(path string, channels int) nn.Layer { return hide(nn.NewBatchNorm(b, path, channels, 1)) }
	return nn.NewSequential(
		conv("groups", 4, 6, 3, 1, 2), norm("n1", 6), nn.NewReLU("r1"), tap,
		conv("depthwise", 6, 6, 3, 1, 6), norm("n2", 6), nn.NewReLU6("r2"),
		conv("one", 6, 8, 1, 1, 1), norm("n3", 8), hide(nn.NewSE(b, "se", 8, 2, 2)), nn.NewReLU("r3"),
		conv("more", 8, 8, 3, 2, 2), norm("n4", 8),
		nn.NewResidual("sum", nn.NewSequential(conv("in", 8, 4, 1, 1, 2), norm("n5", 4), nn.NewReLU("r5"), conv("out", 4, 8, 1, 1, 2),
			norm("n6", 8)), nil),
		nn.NewResidual("projected", nn.NewSequential(conv("last", 8, 6, 3, 2, 2), norm("n7", 6)),
			nn.NewSequential(conv("shortcut", 8, 6, 1, 2, 1), norm("n8", 6))),
	)
}

// Fusions change nothing but rounding, and the number of workers or a tap in use not even that. It allocates nothing.
func TestFusionOffers(t *testing.T) {
	for _, shape := range []nn.Shape{{N: 5, H: 6, W: 5, C: 4}, {N: 9, H: 32, W: 31, C: 4}} {
		step := func(hidden, observed bool, workers int) (results [][]float32) {
			b, tap := nn.NewBuilder(), &nn.Tap{}
			net, err := b.Build(chain(b, tap, func(l nn.Layer) nn.Layer {
				if hidden {
					return notFused{l}
				}
				return l
			}), shape, nn.Options{Seed: 3, Workers: workers, InputGrad: true})
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			if observed {
				tap.Observe = func(x nn.Tensor) { seen = len(x.Data) }
			}
			c := nn.NewContext(workers)
			defer c.Close()
			c.Train = true
			x, dy, s := nn.NewTensor(shape), nn.NewTensor(net.Out), stream.New(1, "input")
			for _, data := range [][]float32{x.Data, dy.Data} {
				for i := range data {
					data[i] = float32(s.Normal())
				}
			}
			results = append(results, slices.Clone(net.Forward(c, x).Data), slices.Clone(net.Backward(c, dy).Data))
			for _, p := range net.Params {
				results = append(results, slices.Clone(p.Grad))
			}
			for _, b := range net.Buffers {
				results = append(results, b.Data)
			}
			if observed && seen != shape.Rows()*6 {
				t.Errorf("the tap saw %d values", seen)
			}
			if a := testing.AllocsPerRun(2, func() { net.Backward(c, dy) }); a != 0 && !hidden {
				t.Errorf("%v: a backward pass allocates %v times", shape, a)
			}
			c.Train = false
			return append(results, slices.Clone(net.Forward(c, x).Data))
		}
		want, got := step(true, false, 2), step(false, false, 2)
		for i := range want {
			var size, off float64
			for j, v := range want[i] {
				size = max(size, math.Abs(float64(v)))
				off = max(off, math.Abs(float64(got[i][j]-v)))
			}
			if !(off <= 1e-4*max(1, size)) {
				t.Errorf("%v: result %d is off by %g of %g", shape, i, off, size)
			}
		}
		observed, threeWorkers := step(false, true, 2), step(false, false, 3)
		for i, r := range got {
			if !slices.Equal(r, observed[i]) || !slices.Equal(r, threeWorkers[i]) {
				t.Errorf("%v: with a tap in use, or three workers, result %d differs", shape, i)
			}
		}
	}
}

// doubled plans a layer inside and doubles what it returns, which is why the next layer must be handed the whole value.
type doubled struct {
	nn.Layer
	fused bool
}

func (l doubled) Plan(p *nn.Plan, x nn.Value) nn.Value {
	y := l.Layer.Plan(p, x)
	if l.fused {
		return y
	}
	return y.NoFusion()
}

func (l doubled) Forward(c *nn.Context, x nn.Tensor) nn.Tensor {
	y := l.Layer.Forward(c, x)
	for i := range y.Data {
		y.Data[i] *= 2
	}
	return y
}

func (l doubled) Backward(c *nn.Context, dy nn.Tensor) nn.Tensor {
	for i := range dy.Data {
		dy.Data[i] *= 2
	}
	return l.Layer.Backward(c, dy)
}

// After NoFusion nothing is fused with a value: without it, the convolution would leave out what the layer does to the norm's output.
func TestNoFusion(t *testing.T) {
	nntest.RunSteps(t, nntest.Case{Name: "a layer around another", In: nn.Shape{N: 9, H: 9, W: 7, C: 4}, Path: "l",
		Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(doubled{Layer: nn.NewBatchNorm(b, "l", 4, 1)}, nn.NewConv(b, "c",
				nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1, Groups: 2}))
		}})
	out := func(fused bool) []float32 {
		b := nn.NewBuilder()
		net, err := b.Build(nn.NewSequential(doubled{nn.NewBatchNorm(b, "n", 4, 1), fused},
			nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 1, Stride: 1, Groups: 2})),
			nn.Shape{N: 4, H: 5, W: 5, C: 4}, nn.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(1)
		defer c.Close()
		c.Train = true
		x, s := nn.NewTensor(net.In), stream.New(1, "input")
		for i := range x.Data {
			x.Data[i] = float32(s.Normal())
		}
		return slices.Clone(net.Forward(c, x).Data)
	}
	if slices.Equal(out(true), out(false)) {
		t.Error("the convolution does not compute its input itself: the test shows nothing")
	}
}
