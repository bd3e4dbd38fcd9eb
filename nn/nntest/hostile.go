package nntest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/stream"
)

// An extreme is an input that ordinary images do not lead to.
type extreme struct {
	name  string
	in    func(s nn.Shape) nn.Shape         // what becomes of the shape; nil: it stays
	spoil func(x nn.Tensor)                 // what becomes of the entries; nil: they stay
	param func(path string, data []float32) // what becomes of a parameter; nil: they stay
	wild  bool                              // squares of the input are beyond float32: the output need not be finite
}

// scaled multiplies all entries.
func scaled(by float32) func(nn.Tensor) {
	return func(x nn.Tensor) {
		for i := range x.Data {
			x.Data[i] *= by
		}
	}
}

// element sets the first entry, which every layer reads.
func element(v float64) func(nn.Tensor) {
	return func(x nn.Tensor) { x.Data[0] = float32(v) }
}

// each sets every entry from its channel and image, and from what it was.
func each(f func(n, c int, was float32) float32) func(nn.Tensor) {
	return func(x nn.Tensor) {
		for i, was := range x.Data {
			x.Data[i] = f(i/(x.Pixels()*x.C), i%x.C, was)
		}
	}
}

func zeroGamma(path string, data []float32) {
	if strings.HasSuffix(path, "/gamma") {
		clear(data)
	}
}

var extremes = []extreme{
	{name: "a channel of zeros", spoil: each(func(_, c int, was float32) float32 {
		if c == 1 {
			return 0
		}
		return was
	})},
	{name: "zeros", spoil: scaled(0)},
	{name: "constant images", spoil: each(func(n, c int, _ float32) float32 { return float32(n) - float32(c)/3 })},
	{name: "one constant image", spoil: each(func(_, c int, _ float32) float32 { return 0.1 * float32(c+1) })},
	{name: "equal channels", spoil: func(x nn.Tensor) {
		for i := range x.Data {
			x.Data[i] = x.Data[i/x.C*x.C]
		}
	}},
	{name: "one image", in: func(s nn.Shape) nn.Shape { s.N = 1; return s }},
	{name: "images of one pixel", in: func(s nn.Shape) nn.Shape { s.H, s.W = 1, 1; return s }},
	{name: "fewer samples than channels", in: func(s nn.Shape) nn.Shape { return nn.Shape{N: 1, H: 1, W: 2, C: s.C} }},
	{name: "one sample", in: func(s nn.Shape) nn.Shape { return nn.Shape{N: 1, H: 1, W: 1, C: s.C} }},
	{name: "γ of zero", param: zeroGamma},
	{name: "zeros, γ of zero", spoil: scaled(0), param: zeroGamma},
	{name: "parameters of zero", param: func(_ string, data []float32) { clear(data) }},
	{name: "entries of 1e15", spoil: scaled(1e15)},
	{name: "entries of 1e-5", spoil: scaled(1e-5)},
	{name: "entries of 1e-8", spoil: scaled(1e-8)},
	{name: "entries of 1e-11", spoil: scaled(1e-11)},
	{name: "entries of 1e-15", spoil: scaled(1e-15)},
	{name: "entries of 1e-18", spoil: scaled(1e-18)},
	{name: "entries of 3e-20", spoil: scaled(3e-20)},
	{name: "entries of 1e-20", spoil: scaled(1e-20)},
	{name: "entries of 1e-21", spoil: scaled(1e-21)},
	{name: "entries of 1e-22", spoil: scaled(1e-22)},
	{name: "entries of 1e-30", spoil: scaled(1e-30)},
	{name: "entries of 1e-40", spoil: scaled(1e-40)},
	{name: "entries of 1e30", spoil: scaled(1e30), wild: true},
	{name: "the largest entries", spoil: scaled(math.MaxFloat32 / 8), wild: true},
	{name: "NaN", spoil: element(math.NaN()), wild: true},
	{name: "+Inf", spoil: element(math.Inf(1)), wild: true},
	{name: "-Inf", spoil: element(math.Inf(-1)), wild: true},
	{name: "parameters of NaN", param: func(_ string, data []float32) { kernel.Fill(data, float32(math.NaN())) }, wild: true},
	{name: "parameters of 1e30", param: func(_ string, data []float32) { kernel.Fill(data, 1e30) }, wild: true},
}

// hostile tests extreme inputs with every family of kernels, in training and in evaluation, with and without a step before, and folded. A
// shape that the layer cannot work with is refused in planning. Where squares of the input are within float32, outputs, gradients and
// buffers are finite. Elsewhere no output is trusted, but a NaN is never swallowed, and the layer whose output is the first not to be
// finite is found.
func (k Case) hostile(t *testing.T) {
	for _, family := range kernel.Families() {
		for _, e := range extremes {
			t.Run(family+"/"+e.name, func(t *testing.T) {
				defer kernel.Use(family)()
				k.extreme(t, e)
			})
		}
	}
}

func (k Case) extreme(t *testing.T, e extreme) {
	in := k.In
	if e.in != nil {
		in = e.in(in)
	}
	build := func(o nn.Options) (*nn.Network, error) {
		b := nn.NewBuilder()
		o.Seed = 5
		return b.Build(nn.NewSequential(k.Build(b)), in, o)
	}
	net, err := build(nn.Options{InputGrad: true})
	if err != nil {
		if e.in == nil || strings.Contains(err.Error(), "\n") || !k.named(t, err) {
			t.Fatalf("not built: %v", err)
		}
		return
	}
	x, dy := e.inputs(net)
	lost := !kernel.Finite(x.Data) && x.Data[0] != x.Data[0] // a NaN goes in
	c := nn.NewContext(1)
	defer c.Close()
	check := func(what string, data []float32) {
		if !e.wild && !kernel.Finite(data) {
			t.Errorf("%s: not finite", what)
		}
	}
	forward := func(what string, net *nn.Network, x nn.Tensor) {
		y := net.Forward(c, x).Data
		check(what, y)
		if lost && !slices.ContainsFunc(y, func(v float32) bool { return v != v }) {
			t.Errorf("%s: the NaN is lost", what)
		}
		finite := kernel.Finite(y)
		if path := net.FirstNotFinite(c, x); !finite && !k.knows(net, path) {
			t.Errorf("%s: not finite, and %q is named", what, path)
		}
	}

	forward("evaluation before training", net, x)
	c.Train = true
	for step := range 2 {
		net.ZeroGrad()
		forward(fmt.Sprintf("training, step %d", step), net, x)
		net.Forward(c, x)
		check("gradient of the input", net.Backward(c, nn.Tensor{Shape: dy.Shape, Data: slices.Clone(dy.Data)}).Data)
		for _, p := range net.Params {
			check("gradient of "+p.Path, p.Grad)
		}
		for _, b := range net.Buffers {
			check(b.Path, b.Data)
		}
	}
	c.Train = false
	forward("evaluation", net, x)
	forward("evaluation of one image", net, x.First(1))

	folded, err := build(nn.Options{Inference: true})
	if err != nil {
		t.Fatalf("not built for inference: %v", err)
	}
	for i, p := range folded.Params {
		copy(p.Data, net.Params[i].Data)
	}
	for i, b := range folded.Buffers {
		copy(b.Data, net.Buffers[i].Data)
	}
	forward("inference", folded, x)
}

// inputs returns a spoilt input of a network and a gradient of its output, at random, and spoils the parameters.
func (e extreme) inputs(net *nn.Network) (x, dy nn.Tensor) {
	s := stream.New(1, "input")
	x, dy = nn.NewTensor(net.In), nn.NewTensor(net.Out)
	for _, data := range [][]float32{x.Data, dy.Data} {
		for i := range data {
			data[i] = float32(s.Normal())
		}
	}
	if e.spoil != nil {
		e.spoil(x)
	}
	for _, p := range net.Params {
		if e.param != nil {
			e.param(p.Path, p.Data)
		}
	}
	return x, dy
}

// named reports whether an error begins with the path of one of the layers.
func (k Case) named(t *testing.T, err error) bool {
	b := nn.NewBuilder()
	net, ok := b.Build(k.Build(b), k.In, nn.Options{})
	if ok != nil {
		t.Fatal(ok)
	}
	path, _, found := strings.Cut(err.Error(), ": ")
	return found && k.knows(net, path)
}

// knows reports whether path is that of one of the layers.
func (k Case) knows(net *nn.Network, path string) bool {
	return path == k.Path || slices.ContainsFunc(net.Layers, func(l nn.LayerInfo) bool { return l.Path == path })
}
