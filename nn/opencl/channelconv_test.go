//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// Sizes are of less than a work-item, of less and of more than a tile of the weights' gradient, and of windows wider than a row.
var channelConvs = []struct{ rows, c, k int }{{1, 1, 1}, {1, 1, 3}, {3, 5, 3}, {2, 17, 5}, {2, 3, 9}, {4, 256, 5}, {9, 130, 3}, {7, 512, 7}}

// spread returns n numbers of very different sizes, so that the order of their sum tells.
func (b *bench) spread(n int) []float32 {
	x := b.values(n)
	for i := range x {
		x[i] *= float32(math.Exp2(float64(b.s.IntN(30))))
	}
	return x
}

func TestChannelConv(t *testing.T) {
	b := newBench(t)
	for _, s := range channelConvs {
		n := s.rows * s.c
		x, dy, w, dw := b.spread(n), b.spread(n), b.spread(s.k), b.values(s.k)
		dX, dY, dW, ddW, got := b.on(x), b.on(dy), b.on(w), b.on(dw), b.empty(n)
		want := make([]float32, n)
		kernel.ChannelConv(want, x, w, s.c)
		b.run(fmt.Sprintf("forward %+v", s), got, want, b.each("channel_conv", n, got, dX, dW, s.k, s.c))
		kernel.ChannelConvInput(want, dy, w, s.c, 0.3)
		b.run(fmt.Sprintf("input %+v", s), got, want, b.each("channel_conv_input", n, got, dY, dW, float32(0.3), s.k, s.c))
		weight := b.grid("channel_conv_weight", group, group*s.k, 1, ddW, dY, dX, s.k, s.c, n)
		for range 2 { // the second adds to the first
			kernel.ChannelConvWeight(dw, dy, x, s.c)
			b.run(fmt.Sprintf("weight %+v", s), ddW, dw, weight)
		}
	}
}

// A convolution of channels that no block absorbs, here after a GlobalPool, has its own backward pass.
func TestChannelConvAlone(t *testing.T) {
	b := newBench(t)
	const k = 5
	s := graph.Shape{N: 3, H: 3, W: 5, C: 33}
	gb := graph.NewBuilder(s)
	g := gb.Graph(gb.ChannelConv(gb.GlobalPool(0), 0))
	g.Params, g.ParamLen, g.Decayed = []graph.Array{{Path: "w", Shape: []int{1, 1, k}, Len: k}}, k, k
	e := b.passes(g, true)
	x, dy, w, dw := b.spread(s.Len()), b.spread(s.N*s.C), b.spread(k), make([]float32, k)
	if err := e.Push(graph.Host{Params: w}); err != nil {
		t.Fatal(err)
	}
	m, y, dm, dx := make([]float32, s.N*s.C), make([]float32, s.N*s.C), make([]float32, s.N*s.C), make([]float32, s.Len())
	image := s.Pixels() * s.C
	for i := range s.N {
		kernel.MeanRows(m[i*s.C:][:s.C], x[i*image:][:image])
	}
	kernel.ChannelConv(y, m, w, s.C)
	kernel.ChannelConvWeight(dw, dy, m, s.C)
	kernel.ChannelConvInput(dm, dy, w, s.C, 1)
	for i := range s.N {
		kernel.SpreadMean(dx[i*image:][:image], dm[i*s.C:][:s.C])
	}
	b.compare(e, x, dy, y, dx, dw)
}

// passes opens the halves of a step of a graph.
func (b *bench) passes(g *graph.Graph, inputGrad bool) *Executor {
	b.Helper()
	e, err := Processor(b.Info).Open(g, graph.Options{Training: &graph.Training{}, InputGrad: inputGrad})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { e.Close() })
	return e.(*Executor)
}

// compare runs the halves of a step and compares output, the input's gradient, where that is there, and those of parameters.
func (b *bench) compare(e *Executor, x, dy, y, dx, grads []float32) {
	b.Helper()
	got, err := e.Forward(x, graph.Random{Train: true})
	if err != nil {
		b.Fatal(err)
	}
	b.equal("output", got, y)
	if got, err = e.Backward(dy); err != nil {
		b.Fatal(err)
	}
	b.equal("gradient of the input", got, dx)
	all := make([]float32, len(grads))
	if err := e.Pull(graph.Host{Grads: all}); err != nil {
		b.Fatal(err)
	}
	b.equal("gradients of parameters", all, grads)
}

func (b *bench) equal(what string, got, want []float32) {
	b.Helper()
	if len(got) != len(want) {
		b.Fatalf("%s: %d numbers, not %d", what, len(got), len(want))
	}
	for i, v := range got {
		if math.Float32bits(v) != math.Float32bits(want[i]) {
			b.Fatalf("%s: %d of %d is %v, not %v", what, i, len(want), v, want[i])
		}
	}
}

// The block of efficient channel attention is package nn's, forward in training and evaluation and back.
func TestECA(t *testing.T) {
	b := newBench(t)
	for _, s := range []nn.Shape{{N: 3, H: 4, W: 3, C: 8}, {N: 2, H: 3, W: 5, C: 33}, {N: 2, H: 2, W: 2, C: 2}, {N: 5, H: 7, W: 7, C: 512}} {
		for _, inputGrad := range []bool{true, false} {
			t.Run(fmt.Sprint(s, inputGrad), func(t *testing.T) {
				nb := nn.NewBuilder()
				net, err := nb.Build(nn.NewECA(nb, "eca", s.C), s, nn.Options{Seed: 3, Workers: 1, InputGrad: inputGrad})
				if err != nil {
					t.Fatal(err)
				}
				g, err := net.Lower()
				if err != nil {
					t.Fatal(err)
				}
				b := &bench{t, b.Device, b.builder, b.s}
				e := b.passes(g, inputGrad)
				if err := e.Push(net.Host()); err != nil {
					t.Fatal(err)
				}
				c := nn.NewContext(1)
				defer c.Close()
				c.Train = true
				x, dy := b.values(s.Len()), b.values(s.Len())
				y := slices.Clone(net.Forward(c, nn.Tensor{Shape: s, Data: x}).Data) // Backward may write there
				dx := net.Backward(c, nn.Tensor{Shape: s, Data: append([]float32(nil), dy...)}).Data
				b.compare(e, x, dy, y, dx, net.Host().Grads)
				got := make([]float32, len(y))
				if err := e.Infer(got, x); err != nil {
					t.Fatal(err)
				}
				c.Train = false
				b.equal("output in evaluation", got, net.Forward(c, nn.Tensor{Shape: s, Data: x}).Data)
			})
		}
	}
}
