package ce_test

import (
	"fmt"
	"math"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/graph/reference"
	"cenet/nn/stream"
)

// The operations that the block is made of compute in float64 what its definition does: outputs, running averages and all gradients,
// these by a complex step of the definition.
func TestOperationsAsDefined(t *testing.T) {
	const channels = 8
	shape := ce.Shape{N: 3, H: 3, W: 2}
	for preset, options := range ce.Presets {
		for _, branch := range []ce.Branch{ce.Both, ce.Decorrelate, ce.Reweight} {
			for _, more := range []func(*ce.Options){
				func(*ce.Options) {},
				func(o *ce.Options) { o.Centre, o.Rescale, o.Group = true, true, 4 },
				func(o *ce.Options) { o.LayerNorm, o.CorrectBias, o.Average = false, true, ce.AverageCovariance },
			} {
				o := options()
				o.Branch = branch
				o.Reduction, o.Momentum = 2, 0.125 // a momentum that float32 has, too
				more(&o)
				t.Run(fmt.Sprintf("%s %+v", preset, o), func(t *testing.T) { asDefined(t, o, channels, shape) })
			}
		}
	}
}

func asDefined(t *testing.T, o ce.Options, channels int, shape ce.Shape) {
	b := nn.NewBuilder()
	net, err := b.Build(ce.New(b, nn.Site{Path: "ce", Stage: 1, Channels: channels}, o),
		nn.Shape{N: shape.N, H: shape.H, W: shape.W, C: channels}, nn.Options{InputGrad: true})
	if err != nil {
		t.Fatal(err)
	}
	g, err := net.Lower()
	if err != nil {
		t.Fatal(err)
	}
	group, err := o.GroupSize(channels, false)
	if err != nil {
		t.Fatal(err)
	}
	d, in, random := ce.NewDefinition(o, channels, group), reference.New(g), stream.New(1, "definition")
	in.Push(net.Host())
	normal := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = random.Normal()
		}
		return x
	}
	own := map[string][]float64{"ce/w1": d.W1, "ce/ln/gamma": d.Gamma, "ce/ln/beta": d.Beta, "ce/w2": d.W2, "ce/lambda": d.W}
	for _, a := range g.Params {
		values := in.Params[a.Offset:][:a.Len]
		copy(values, normal(a.Len))
		copy(own[a.Path], values)
	}
	n := shape.N * shape.H * shape.W * channels
	x, dy := normal(n), normal(n)
	same := func(name string, got, want []float64) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d entries, want %d", name, len(got), len(want))
		}
		var size float64
		for _, w := range want {
			size = math.Max(size, math.Abs(w))
		}
		for i, w := range want {
			if !(math.Abs(got[i]-w) <= 1e-9*math.Max(1, size)) {
				t.Fatalf("%s[%d] is %.12g, defined as %.12g", name, i, got[i], w)
			}
		}
	}
	for range 2 {
		want, after := d.Forward(x, shape, true)
		dx, dp := d.Gradient(x, dy, shape, true)
		same("output", in.Forward(x, graph.Random{Train: true}), want)
		clear(in.Grads)
		same("input gradient", in.Backward(dy), dx)
		grads := map[string][]float64{"ce/w1": dp.W1, "ce/ln/gamma": dp.Gamma, "ce/ln/beta": dp.Beta, "ce/w2": dp.W2, "ce/lambda": dp.W}
		for _, a := range g.Params {
			same("gradient of "+a.Path, in.Grads[a.Offset:][:a.Len], grads[a.Path])
		}
		d.Running = after
		averages := map[string][]float64{"ce/running_p": after.P, "ce/running_mean": after.Mean, "ce/running_scale": {after.Scale},
			"ce/running_weight": {after.Weight}}
		for _, a := range g.Buffers {
			same(a.Path, in.Buffers[a.Offset:][:a.Len], averages[a.Path])
		}
		want, _ = d.Forward(x, shape, false)
		same("evaluation", in.Forward(x, graph.Random{}), want)
		x = normal(n)
	}
}
