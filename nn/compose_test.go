package nn_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cenet/nn"
	"cenet/nn/nntest"
	"cenet/nn/stream"
)

// stdGate is y = x + x·sigmoid(std(x)·w + b).
func stdGate(b *nn.Builder, path string, channels int) nn.Layer {
	return nn.Compose(b, "std gate", path, channels, func(o *nn.Ops, x nn.Node) nn.Node {
		w, bias := o.Param("w", true, nn.Constant(1), channels), o.Param("b", false, nn.Constant(0), channels)
		gate := o.Sigmoid(o.Add(o.Mul(o.Std(x, 1e-5), w), bias))
		return o.Add(x, o.Mul(x, gate))
	})
}

func TestCompose(t *testing.T) {
	in := nn.Shape{N: 3, H: 4, W: 3, C: 8}
	wrong := []nn.Shape{{N: 1, H: 9, W: 9, C: 5}}
	for _, k := range []nntest.Case{
		{Name: "std gate", Build: func(b *nn.Builder) nn.Layer { return stdGate(b, "l", 8) }},
		{Name: "norm, std gate, ReLU", Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewBatchNorm(b, "l", 8, 1), &nn.Tap{}, stdGate(b, "g", 8), nn.NewReLU("r"))
		}},
		{Name: "sum that ends in a std gate", Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSum("l", nn.NewSequential(nn.NewConv(b, "c", nn.ConvSpec{In: 8, Out: 8, Kernel: 3, Stride: 1, Pad: 1}),
				nn.NewBatchNorm(b, "n", 8, 1), stdGate(b, "g", 8)), nil)
		}},
	} {
		k.In, k.Path = in, "l"
		if !strings.HasPrefix(k.Name, "sum") {
			k.Bad = wrong
		}
		nntest.Run(t, k)
	}
}

// A composed SE has the bits of the one that is written by hand: outputs, gradients and evaluation, by itself and in a network. There it
// needs no more memory: its input, which a BatchNorm makes, is not kept.
func TestComposedSE(t *testing.T) {
	alone := func(b *nn.Builder, se func(path string) nn.Layer) nn.Layer { return se("se") }
	network := func(b *nn.Builder, se func(path string) nn.Layer) nn.Layer {
		unit := func(path string) nn.Layer {
			return nn.NewResidual(path, nn.NewSequential(nn.NewConv(b, path+"/c", nn.ConvSpec{In: 24, Out: 24, Kernel: 3, Stride: 1, Pad: 1}),
				nn.NewBatchNorm(b, path+"/n", 24, 1), se(path+"/se")), nil)
		}
		return nn.NewSequential(unit("a"), unit("b"), unit("c"))
	}
	for name, build := range map[string]func(b *nn.Builder, se func(path string) nn.Layer) nn.Layer{"alone": alone, "network": network} {
		for _, in := range []nn.Shape{{N: 16, H: 7, W: 6, C: 24}, {N: 16, H: 1, W: 1, C: 24}} {
			t.Run(name+"/"+in.String(), func(t *testing.T) {
				hand := func(b *nn.Builder) nn.Layer {
					return build(b, func(path string) nn.Layer { return nn.NewHandSE(b, path, 24, 6) })
				}
				composed := func(b *nn.Builder) nn.Layer {
					return build(b, func(path string) nn.Layer { return nn.NewSE(b, path, 24, 4, 4) })
				}
				want, got := nntest.Step(t, nntest.Case{In: in, Build: hand}), nntest.Step(t, nntest.Case{In: in, Build: composed})
				for i := range want {
					if !slices.Equal(want[i], got[i]) {
						t.Errorf("result %d differs", i)
					}
				}
				if m, limit := memoryOf(t, composed, in), memoryOf(t, hand, in); in.Pixels() > 1 && float64(m) > 1.03*float64(limit) {
					t.Errorf("%d bytes, by hand %d", m, limit)
				}
			})
		}
	}
}

// memoryOf is what a network reserves for training.
func memoryOf(t *testing.T, build func(b *nn.Builder) nn.Layer, in nn.Shape) int {
	b := nn.NewBuilder()
	net, err := b.Build(build(b), in, nn.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	return net.Memory
}

// What runs after a composed layer gives the same bits in its passes as after them, also where its reverse reads its output.
func TestComposedEpilogue(t *testing.T) {
	for name, build := range map[string]func(b *nn.Builder, path string) nn.Layer{
		"std gate": func(b *nn.Builder, path string) nn.Layer { return stdGate(b, path, 6) },
		"sigmoid": func(b *nn.Builder, path string) nn.Layer {
			return nn.Compose(b, "sigmoid", path, 6, func(o *nn.Ops, x nn.Node) nn.Node { return o.Sigmoid(x) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			nntest.Epilogue(t, 6, func(b *nn.Builder, path string) []nn.Layer {
				return []nn.Layer{nn.NewConv(b, path+"/c", nn.ConvSpec{In: 6, Out: 6, Kernel: 3, Stride: 1, Pad: 1}), build(b, path)}
			})
		})
	}
}

// Operations that do not fit each other are refused as the layer is made, by the layer and the operation; images that do not fit, by Build.
func TestComposeRefuses(t *testing.T) {
	for want, list := range map[string]func(o *nn.Ops, x nn.Node) nn.Node{
		"nn: l: Mul does not fit 2×8×8×6 and 1×1×1×5": func(o *nn.Ops, x nn.Node) nn.Node {
			return o.Mul(x, o.Param("w", true, nn.Constant(1), 5))
		},
		"nn: l: Linear does not fit 2×8×8×6": func(o *nn.Ops, x nn.Node) nn.Node {
			return o.Linear(x, o.Param("w", true, nn.Constant(1), 6, 2), nn.Node{})
		},
		"nn: l: Linear takes a parameter of shape (6, out) for its weight": func(o *nn.Ops, x nn.Node) nn.Node {
			return o.Linear(o.Mean(x), o.Param("w", true, nn.Constant(1), 5, 2), nn.Node{})
		},
		"nn: l: the output is the input": func(_ *nn.Ops, x nn.Node) nn.Node { return x },
		"nn: l: the output does not depend on the input": func(o *nn.Ops, _ nn.Node) nn.Node {
			return o.Sigmoid(o.Param("w", true, nn.Constant(1), 6))
		},
		"nn: l: no row 2 of l/w [2 6]": func(o *nn.Ops, x nn.Node) nn.Node {
			return o.Mul(x, o.Row(o.Param("w", true, nn.Constant(1), 2, 6), 2))
		},
		"the list's own": func(*nn.Ops, nn.Node) nn.Node { panic("the list's own") },
	} {
		func() {
			defer func() {
				if v := recover(); v != want {
					t.Errorf("panic %v, want %s", v, want)
				}
			}()
			nn.Compose(nn.NewBuilder(), "bad", "l", 6, list)
		}()
	}
	b := nn.NewBuilder()
	l := nn.Compose(b, "conv", "l", 6, func(o *nn.Ops, x nn.Node) nn.Node {
		return o.Conv("conv", x, nn.ConvSpec{In: 6, Out: 2, Kernel: 5, Stride: 1})
	})
	if _, err := b.Build(l, nn.Shape{N: 1, H: 3, W: 9, C: 6}, nn.Options{}); err == nil || !strings.HasPrefix(err.Error(), "l/conv: ") {
		t.Errorf("small images: %v", err)
	}
}

// BenchmarkSE compares a step of squeeze-and-excitation written by hand and composed, in turn, as a layer by itself.
func BenchmarkSE(b *testing.B) {
	for _, s := range []nn.Shape{{N: 64, H: 32, W: 32, C: 16}, {N: 64, H: 8, W: 8, C: 64}, {N: 32, H: 14, W: 14, C: 256}} {
		b.Run(s.String(), func(b *testing.B) {
			var steps [2]func()
			for i, build := range []func(b *nn.Builder) nn.Layer{
				func(b *nn.Builder) nn.Layer { return nn.NewHandSE(b, "l", s.C, max(4, s.C/16)) },
				func(b *nn.Builder) nn.Layer { return nn.NewSE(b, "l", s.C, 16, 4) },
			} {
				builder := nn.NewBuilder()
				net, err := builder.Build(build(builder), s, nn.Options{Seed: 1, Workers: 1, InputGrad: true})
				if err != nil {
					b.Fatal(err)
				}
				c := nn.NewContext(1)
				defer c.Close()
				c.Train = true
				x, dy, random := nn.NewTensor(s), nn.NewTensor(s), stream.New(1, "bench")
				for i := range x.Data {
					x.Data[i], dy.Data[i] = float32(random.Normal()), float32(random.Normal())
				}
				steps[i] = func() {
					net.Forward(c, x)
					net.Backward(c, dy)
				}
				b.Logf("%d bytes", net.Memory)
			}
			var times [2][]float64
			for b.Loop() {
				for i, step := range steps {
					begun := time.Now()
					step()
					times[i] = append(times[i], time.Since(begun).Seconds())
				}
			}
			for i := range times {
				slices.Sort(times[i])
			}
			hand, composed := times[0][len(times[0])/2], times[1][len(times[1])/2]
			b.ReportMetric(1e6*hand, "hand-µs")
			b.ReportMetric(1e6*composed, "composed-µs")
			b.ReportMetric(composed/hand, "ratio")
		})
	}
}
