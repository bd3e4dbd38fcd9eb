//go:build opencl

package opencl

import (
	"fmt"
	"slices"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/graph"
)

// The whole block, forward in training and evaluation and back, equals package ce's bit for bit, with every option.
func TestEquilibrium(t *testing.T) {
	b := newBench(t)
	options := func(change func(o *ce.Options)) ce.Options {
		o := ce.Official()
		change(&o)
		return o
	}
	for _, c := range []struct {
		name  string
		shape nn.Shape
		o     ce.Options
	}{
		{"official", nn.Shape{N: 5, H: 6, W: 7, C: 32}, ce.Official()},
		{"large images", nn.Shape{N: 2, H: 32, W: 31, C: 64}, ce.Official()},
		{"an image a part", nn.Shape{N: 3, H: 16, W: 16, C: 64}, ce.Official()},
		{"groups of 64", nn.Shape{N: 3, H: 30, W: 31, C: 64}, options(func(o *ce.Options) { o.Group = 64 })},
		{"odd", nn.Shape{N: 4, H: 5, W: 3, C: 21}, ce.Official()},
		{"groups of 24", nn.Shape{N: 4, H: 9, W: 3, C: 48}, options(func(o *ce.Options) { o.Group = 24 })},
		{"groups of 4", nn.Shape{N: 4, H: 9, W: 3, C: 20}, ce.Official()},
		{"whole", nn.Shape{N: 4, H: 12, W: 11, C: 96}, options(func(o *ce.Options) { o.Group = 0 })},
		{"paper", nn.Shape{N: 6, H: 4, W: 4, C: 24}, options(func(o *ce.Options) { *o = ce.Paper(); o.Variance = ce.Biased })},
		{"centred", nn.Shape{N: 5, H: 6, W: 6, C: 32}, options(func(o *ce.Options) { o.Centre, o.Rescale = true, true })},
		{"decorrelation", nn.Shape{N: 5, H: 6, W: 7, C: 32}, options(func(o *ce.Options) { o.Branch = ce.Decorrelate })},
		{"reweighting", nn.Shape{N: 5, H: 6, W: 7, C: 32}, options(func(o *ce.Options) { o.Branch = ce.Reweight })},
		{"fixed", nn.Shape{N: 17, H: 2, W: 2, C: 16}, options(func(o *ce.Options) {
			o.LearnLambda, o.Lambda, o.DetachScale, o.LayerNorm = false,
				0.3, true, false
		})},
	} {
		t.Run(c.name, func(t *testing.T) {
			nb := nn.NewBuilder()
			net, err := nb.Build(ce.New(nb, nn.Site{Path: "ce", Channels: c.shape.C, Stage: 1}, c.o), c.shape,
				nn.Options{Seed: 3, Workers: 1, InputGrad: true})
			if err != nil {
				t.Fatal(err)
			}
			g, err := net.Lower()
			if err != nil {
				t.Fatal(err)
			}
			b := &bench{t, b.Device, b.builder, b.s}
			compareBlock(b, net, g, c.shape)
		})
	}
}

// slab is what a network's parameters, gradients or buffers are in one piece.
func slab(n int, arrays []graph.Array, data func(i int) []float32) []float32 {
	x := make([]float32, n)
	for i, a := range arrays {
		copy(x[a.Offset:], data(i))
	}
	return x
}

// compareBlock runs a network of one block twice forward in training, then back, and in evaluation, here and on the device.
func compareBlock(b *bench, net *nn.Network, g *graph.Graph, s nn.Shape) {
	b.Helper()
	for _, p := range net.Params { // away from where they begin
		for i, v := range b.values(len(p.Data)) {
			p.Data[i] += 0.3 * v
		}
	}
	state := func() (params, grads, buffers []float32) {
		return slab(g.ParamLen, g.Params, func(i int) []float32 { return net.Params[i].Data }),
			slab(g.ParamLen, g.Params, func(i int) []float32 { return net.Params[i].Grad }),
			slab(g.BufferLen, g.Buffers, func(i int) []float32 { return net.Buffers[i].Data })
	}
	params, grads, buffers := state()
	dev := &builder{d: b.Device, g: g, n: s.N, train: true, params: b.on(params), grads: b.on(grads), buffers: b.on(buffers), wantsInput: true}
	var calls, back, infer []*Call
	dev.calls = &calls
	x, dy := b.values(s.Len()), b.values(s.Len())
	ddy := b.on(dy)
	dev.images = b.on(x)
	y, grad := b.empty(s.Len()), b.empty(s.Len())
	mix := g.Ops[len(g.Ops)-1].(*graph.Mix)
	prepare := func(calls *[]*Call, pass func()) {
		dev.calls = calls
		pass()
		dev.clock++
	}
	_, _, err := dev.build(func() {
		calls, back, infer = nil, nil, nil
		prepare(&calls, func() { dev.mix(mix, y, Epilogue{}) })
		prepare(&back, func() { dev.mixBackward(mix, grad, ddy) })
		dev.train = false
		prepare(&infer, func() { dev.mix(mix, y, Epilogue{}) })
		dev.train = true
	})
	if err != nil {
		b.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	for pass := range 2 {
		c.Train = true
		want := slices.Clone(net.Forward(c, nn.Tensor{Shape: s, Data: slices.Clone(x)}).Data)
		b.run(fmt.Sprint("output, pass ", pass), y, want, calls...)
		wantGrad := net.Backward(c, nn.Tensor{Shape: s, Data: slices.Clone(dy)}).Data
		b.run(fmt.Sprint("gradient, pass ", pass), grad, wantGrad, back...)
		_, grads, buffers := state()
		b.same("gradients of parameters", dev.grads, grads)
		b.same("buffers", dev.buffers, buffers)
	}
	c.Train = false
	b.run("output in evaluation", y, net.Forward(c, nn.Tensor{Shape: s, Data: slices.Clone(x)}).Data, infer...)
}
