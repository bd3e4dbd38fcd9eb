package model_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/graph/reference"
	"cenet/nn/model"
	"cenet/nn/nntest"
	"cenet/nn/stream"
)

// blocks are those that the operations of whole networks are tested with.
var blocks = map[string]nn.Factory{
	"none": nil,
	"se": func(b *nn.Builder, s nn.Site) nn.Layer {
		return nn.NewSE(b, s.Path, s.Channels, 16, 4)
	},
	"ce": func(b *nn.Builder, s nn.Site) nn.Layer {
		o := ce.Official()
		o.Variance = ce.Biased // images become single pixels
		return ce.New(b, s, o)
	},
}

// deep backbones are left out: where the input of a rectifier is all but zero, rounding decides on which side it is, and in many layers of
// few channels that moves outputs and gradients by a part of them. They are made of the units of the others.
var deep = []string{"resnet50", "resnet101", "resnet110", "resnet152", "resnext101", "wideresnet50", "wrn-28-10"}

// inputs is how many inputs a network is tried on: one of them is to pass. Rounding may move a rectifier of one to the other side; what is
// wrong fails all.
const inputs = 4

// A training step of backbones of every kind, with every block, is that of the operations it is made of: output, gradients, buffers.
func TestOperations(t *testing.T) {
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		if slices.Contains(deep, backbone) {
			continue
		}
		if testing.Short() && strings.ContainsAny(backbone, "1345") && !strings.HasPrefix(backbone, "resnet18") && backbone != "resnext50" {
			continue
		}
		for _, block := range slices.Sorted(maps.Keys(blocks)) {
			t.Run(backbone+"/"+block, func(t *testing.T) {
				var found *failures
				for seed := range uint64(inputs) {
					b := nn.NewBuilder()
					root, err := model.Backbones[backbone].New(b, model.Spec{Classes: 5, Width: 0.0625, Small: true, Inputs: 3, Block: blocks[block]})
					if err != nil {
						t.Fatal(err)
					}
					net, err := b.Build(root, nn.Shape{N: 4, H: 32, W: 32, C: 3}, nn.Options{Seed: 1, Workers: 1})
					if err != nil {
						t.Fatal(err)
					}
					found = &failures{TB: t}
					if step(found, net, seed); len(found.lines) == 0 {
						return
					}
				}
				t.Error(strings.Join(found.lines, "\n"))
			})
		}
	}
}

// failures keeps the errors of a try.
type failures struct {
	testing.TB
	lines []string
}

func (f *failures) Errorf(format string, args ...any) {
	f.lines = append(f.lines, fmt.Sprintf(format, args...))
}

// step compares the first step of a network, on random input.
func step(t testing.TB, net *nn.Network, seed uint64) {
	g, err := net.Lower()
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	c.Train, c.Random.Seed, c.Random.Step = true, 7, 3
	x, dy, random := nn.NewTensor(net.In), nn.NewTensor(net.Out), stream.New(seed, "step")
	for _, values := range [][]float32{x.Data, dy.Data} {
		for i := range values {
			values[i] = float32(random.Normal())
		}
	}
	wide := func(x []float32) []float64 {
		w := make([]float64, len(x))
		for i, v := range x {
			w[i] = float64(v)
		}
		return w
	}
	in := reference.New(g)
	in.Push(net.Host())
	want := in.Forward(wide(x.Data), graph.Random{Train: true, Seed: 7, Number: 3})
	nntest.Close(t, "output", net.Forward(c, x).Data, want, 1e-4, 0)
	in.Backward(wide(dy.Data))
	net.Backward(c, dy)
	var largest float64
	for _, d := range in.Grads {
		largest = max(largest, math.Abs(d))
	}
	for i, p := range net.Params {
		a := g.Params[i]
		nntest.Close(t, p.Path, p.Grad, in.Grads[a.Offset:][:a.Len], 2e-2, 1e-3*largest)
	}
	for i, b := range net.Buffers {
		a := g.Buffers[i]
		nntest.Close(t, b.Path, b.Data, in.Buffers[a.Offset:][:a.Len], 1e-4, 1e-3)
	}
}
