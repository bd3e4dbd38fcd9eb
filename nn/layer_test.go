package nn_test

import (
	"fmt"
	"testing"

	"cenet/nn"
	"cenet/nn/nntest"
	"cenet/nn/stream"
)

// spread gives entries that stay apart from each other and from 0 and 6, where rectifiers and maxima have kinks.
func spread(i int, s *stream.Stream) float32 {
	return float32(s.IntN(400))/37 - 5.2
}

func TestLayers(t *testing.T) {
	conv := func(s nn.ConvSpec) func(b *nn.Builder) nn.Layer {
		return func(b *nn.Builder) nn.Layer { return nn.NewConv(b, "l", s) }
	}
	wrongChannels := []nn.Shape{{N: 1, H: 9, W: 9, C: 5}}
	for _, k := range []nntest.Case{
		{Name: "conv 3x3", In: nn.Shape{N: 9, H: 9, W: 7, C: 3}, Build: conv(nn.ConvSpec{In: 3, Out: 5, Kernel: 3, Stride: 1, Pad: 1}),
			Bad: wrongChannels},
		{Name: "conv 3x3 stride 2", In: nn.Shape{N: 3, H: 9, W: 8, C: 4}, Build: conv(nn.ConvSpec{In: 4, Out: 6, Kernel: 3, Stride: 2, Pad: 1}),
			Bad: wrongChannels},
		{Name: "conv 1x1", In: nn.Shape{N: 2, H: 9, W: 9, C: 7}, Build: conv(nn.ConvSpec{In: 7, Out: 3, Kernel: 1, Stride: 1}),
			Bad: wrongChannels},
		{Name: "conv 1x1 stride 2", In: nn.Shape{N: 2, H: 5, W: 5, C: 3}, Build: conv(nn.ConvSpec{In: 3, Out: 4, Kernel: 1, Stride: 2}),
			Bad: wrongChannels},
		{Name: "conv 7x7 stride 2", In: nn.Shape{N: 2, H: 13, W: 11, C: 3}, Build: conv(nn.ConvSpec{In: 3, Out: 4, Kernel: 7, Stride: 2, Pad: 3}),
			Bad: wrongChannels},
		{Name: "conv without padding", In: nn.Shape{N: 2, H: 6, W: 6, C: 2}, Build: conv(nn.ConvSpec{In: 2, Out: 3, Kernel: 5, Stride: 1}),
			Bad: []nn.Shape{{N: 1, H: 4, W: 9, C: 2}}},
		{Name: "conv in groups", In: nn.Shape{N: 3, H: 5, W: 6, C: 6}, Build: conv(nn.ConvSpec{In: 6, Out: 4, Kernel: 3, Stride: 1, Pad: 1,
			Groups: 2}), Bad: wrongChannels},
		{Name: "conv 1x1 in groups", In: nn.Shape{N: 2, H: 5, W: 6, C: 6}, Build: conv(nn.ConvSpec{In: 6, Out: 9, Kernel: 1, Stride: 1,
			Groups: 3}), Bad: wrongChannels},
		{Name: "depthwise", In: nn.Shape{N: 9, H: 6, W: 5, C: 5}, Build: conv(nn.ConvSpec{In: 5, Out: 5, Kernel: 3, Stride: 2, Pad: 1,
			Groups: 5}), Bad: []nn.Shape{{N: 1, H: 9, W: 9, C: 4}}},
		{Name: "batch norm", In: nn.Shape{N: 4, H: 5, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer { return nn.NewBatchNorm(b, "l", 6, 1) },
			Bad: append(wrongChannels, nn.Shape{N: 1, H: 1, W: 1, C: 6})},
		{Name: "batch norm in parts", In: nn.Shape{N: 3, H: 40, W: 40, C: 8}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewBatchNorm(b, "l",
				8, 1)
		}, Bad: wrongChannels},
		{Name: "ReLU", In: nn.Shape{N: 2, H: 3, W: 4, C: 5}, Build: func(*nn.Builder) nn.Layer { return nn.NewReLU("l") }, Input: spread},
		{Name: "ReLU6", In: nn.Shape{N: 2, H: 3, W: 4, C: 5}, Build: func(*nn.Builder) nn.Layer { return nn.NewReLU6("l") }, Input: spread},
		{Name: "linear", In: nn.Shape{N: 3, H: 1, W: 1, C: 7}, Build: func(b *nn.Builder) nn.Layer { return nn.NewLinear(b, "l", 7, 4) },
			Bad: []nn.Shape{{N: 1, H: 2, W: 1, C: 7}, {N: 1, H: 1, W: 1, C: 6}}},
		{Name: "max pool", In: nn.Shape{N: 2, H: 7, W: 6, C: 3}, Build: func(*nn.Builder) nn.Layer { return nn.NewMaxPool("l", 3, 2, 1) }},
		{Name: "global pool", In: nn.Shape{N: 2, H: 4, W: 3, C: 5}, Build: func(*nn.Builder) nn.Layer { return nn.NewGlobalPool("l") }},
		{Name: "SE", In: nn.Shape{N: 3, H: 4, W: 3, C: 8}, Build: func(b *nn.Builder) nn.Layer { return nn.NewSE(b, "l", 8, 16, 4) },
			Bad: wrongChannels},
		{Name: "identity residual", In: nn.Shape{N: 2, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewResidual("l", nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nil)
		}, Bad: nil},
		{Name: "projected residual", In: nn.Shape{N: 2, H: 4, W: 4, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewResidual("l", nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 6, Kernel: 3, Stride: 2, Pad: 1}),
				nn.NewConv(b, "s", nn.ConvSpec{In: 4, Out: 6, Kernel: 1, Stride: 2}))
		}},
		{Name: "batch norm, ReLU6", In: nn.Shape{N: 4, H: 5, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewBatchNorm(b, "l", 6, 3), &nn.Tap{}, nn.NewReLU6("r"))
		}, Bad: wrongChannels},
		{Name: "residual that ends in batch norm", In: nn.Shape{N: 3, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewReLU("r"), nn.NewResidual("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nn.NewBatchNorm(b, "n", 4, 1), &nn.Tap{}), nil),
				nn.NewGlobalPool("g"))
		}, Input: spread},
		{Name: "projected residual that ends in batch norm", In: nn.Shape{N: 3, H: 4, W: 4, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewResidual("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 6, Kernel: 3, Stride: 2, Pad: 1}), nn.NewBatchNorm(b, "n", 6, 1)),
				nn.NewSequential(nn.NewConv(b, "s", nn.ConvSpec{In: 4, Out: 6, Kernel: 1, Stride: 2}), nn.NewBatchNorm(b, "m", 6, 1)))
		}},
		{Name: "residual that ends in SE", In: nn.Shape{N: 3, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewReLU("r"), nn.NewResidual("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nn.NewSE(b, "se", 4, 4, 3), &nn.Tap{}), nil),
				nn.NewSE(b, "s", 4, 4, 2), nn.NewReLU6("r"))
		}, Input: spread},
		{Name: "residual of rectified parts", In: nn.Shape{N: 3, H: 4, W: 4, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewReLU("r"), nn.NewResidual("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nn.NewBatchNorm(b, "n", 4, 1), nn.NewReLU("rr"),
				nn.NewConv(b, "d", nn.ConvSpec{In: 4, Out: 4, Kernel: 1, Stride: 1}), nn.NewSE(b, "se", 4, 4, 2)), nil), nn.NewGlobalPool("g"))
		}, Input: spread},
		{Name: "sum", In: nn.Shape{N: 2, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSum("l", nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nil)
		}},
		{Name: "sum that ends in batch norm", In: nn.Shape{N: 3, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSum("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nn.NewBatchNorm(b, "n", 4, 1), &nn.Tap{}), nil)
		}},
		{Name: "sum that ends in SE", In: nn.Shape{N: 3, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSum("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nn.NewSE(b, "se", 4, 4, 2)), nil)
		}},
		{Name: "shuffle of halves", In: nn.Shape{N: 3, H: 4, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewShuffle("l", nil, nn.NewConv(b, "c", nn.ConvSpec{In: 3, Out: 3, Kernel: 3, Stride: 1, Pad: 1}))
		}, Bad: []nn.Shape{{N: 1, H: 4, W: 3, C: 5}}},
		{Name: "shuffle of two branches", In: nn.Shape{N: 3, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewShuffle("l", nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 3, Kernel: 3, Stride: 2, Pad: 1}),
				nn.NewConv(b, "d", nn.ConvSpec{In: 4, Out: 3, Kernel: 1, Stride: 2}))
		}},
		{Name: "flatten", In: nn.Shape{N: 3, H: 4, W: 3, C: 2}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewFlatten(), nn.NewLinear(b, "l", 24, 3))
		}, Bad: []nn.Shape{{N: 1, H: 4, W: 3, C: 5}}},
		{Name: "bias", In: nn.Shape{N: 3, H: 4, W: 3, C: 5}, Build: func(b *nn.Builder) nn.Layer { return nn.NewBias(b, "l", 5) },
			Bad: []nn.Shape{{N: 1, H: 4, W: 3, C: 4}}},
		{Name: "dropout", In: nn.Shape{N: 3, H: 4, W: 3, C: 5}, Build: func(b *nn.Builder) nn.Layer { return nn.NewDropout("l", 0.3) }},
	} {
		k.Path = "l"
		nntest.Run(t, k)
	}
}

// BenchmarkConvStep measures both passes of a convolution layer, with one worker and with two.
func BenchmarkConvStep(b *testing.B) {
	for _, s := range []nn.Shape{{N: 64, H: 32, W: 32, C: 16}, {N: 64, H: 16, W: 16, C: 32}, {N: 64, H: 8, W: 8, C: 64},
		{N: 64, H: 4, W: 4, C: 512}} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("3x3-%v/workers-%d", s, workers), func(b *testing.B) {
				builder := nn.NewBuilder()
				conv := nn.NewConv(builder, "l", nn.ConvSpec{In: s.C, Out: s.C, Kernel: 3, Stride: 1, Pad: 1})
				net, err := builder.Build(conv, s, nn.Options{Seed: 1, Workers: workers, InputGrad: true})
				if err != nil {
					b.Fatal(err)
				}
				c := nn.NewContext(workers)
				defer c.Close()
				c.Train = true
				x, dy, random := nn.NewTensor(s), nn.NewTensor(s), stream.New(1, "bench")
				for i := range x.Data {
					x.Data[i], dy.Data[i] = float32(random.Normal()), float32(random.Normal())
				}
				for b.Loop() {
					net.Forward(c, x)
					net.Backward(c, dy)
				}
				b.ReportMetric(float64(6*9*s.C*s.Len())*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
			})
		}
	}
}
