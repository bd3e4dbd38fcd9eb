package nn_test

import (
	"math"
	"strings"
	"testing"

	"cenet/nn"
)

// Settings that no layer can have are an error of Build, which names the layer, and not a wrong network.
func TestImpossibleLayers(t *testing.T) {
	in := nn.Shape{N: 2, H: 8, W: 8, C: 4}
	conv := func(s nn.ConvSpec) func(*nn.Builder) nn.Layer {
		return func(b *nn.Builder) nn.Layer { return nn.NewConv(b, "l", s) }
	}
	layer := func(l nn.Layer) func(*nn.Builder) nn.Layer { return func(*nn.Builder) nn.Layer { return l } }
	for _, c := range []struct {
		name  string
		in    nn.Shape
		build func(b *nn.Builder) nn.Layer
		want  string
	}{
		{"convolution without stride", in, conv(nn.ConvSpec{In: 4, Out: 4, Kernel: 3}),
			"l: stride 0 and padding 0, expected a stride of at least 1"},
		{"negative stride", in, conv(nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: -1}), "l: stride -1"},
		{"negative padding", in, conv(nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: -1}), "l: stride 1 and padding -1"},
		{"pooling without stride", in, layer(nn.NewMaxPool("l", 2, 0, 0)), "l: window 2, stride 0"},
		{"pooling without window", in, layer(nn.NewMaxPool("l", 0, 1, 0)), "l: window 0, stride 1"},
		{"more padding than window", in, layer(nn.NewMaxPool("l", 3, 1, 2)), "l: window 3, stride 1 and padding 2"},
		{"dropout of all", in, layer(nn.NewDropout("l", 1)), "l: drops with probability 1"},
		{"dropout of NaN", in, layer(nn.NewDropout("l", math.NaN())), "l: drops with probability NaN"},
		{"no images", nn.Shape{H: 8, W: 8, C: 4}, layer(nn.NewGlobalPool("l")), "nn: input of shape 0×8×8×4"},
		{"no pixels", nn.Shape{N: 2, W: 8, C: 4}, layer(nn.NewGlobalPool("l")), "nn: input of shape 2×0×8×4"},
	} {
		b := nn.NewBuilder()
		if _, err := b.Build(c.build(b), c.in, nn.Options{}); err == nil || !strings.HasPrefix(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// panics returns what f panics with, "" if it does not.
func panics(f func()) (text string) {
	defer func() {
		if v := recover(); v != nil {
			text, _ = v.(string)
			if text == "" {
				text = "not a text"
			}
		}
	}()
	f()
	return ""
}

// What only a mistake in a program leads to is a panic with one sentence, before any arithmetic.
func TestMisusePanics(t *testing.T) {
	build := func(o nn.Options) *nn.Network {
		b := nn.NewBuilder()
		net, err := b.Build(nn.NewSequential(nn.NewConv(b, "conv", nn.ConvSpec{In: 2, Out: 3, Kernel: 1, Stride: 1}), nn.NewGlobalPool("pool"),
			nn.NewLinear(b, "fc", 3, 5)),
			nn.Shape{N: 4, H: 2, W: 2, C: 2}, o)
		if err != nil {
			t.Fatal(err)
		}
		return net
	}
	net, inference := build(nn.Options{}), build(nn.Options{Inference: true})
	one, two, training := nn.NewContext(1), nn.NewContext(2), nn.NewContext(1)
	defer one.Close()
	defer two.Close()
	defer training.Close()
	training.Train = true
	x, logits := nn.NewTensor(net.In), nn.NewTensor(net.Out)
	loss := nn.NewCrossEntropy(4, 5, 0)
	labels := []int{0, 1, 2, 4}
	for _, c := range []struct {
		want string
		f    func()
	}{
		{"", func() { net.Forward(training, x); net.Backward(training, logits); loss.Loss(training, logits, labels) }},
		{"nn: images of another shape", func() { net.Forward(one, nn.NewTensor(nn.Shape{N: 4, H: 2, W: 3, C: 2})) }},
		{"nn: images of another shape", func() { net.Forward(one, nn.NewTensor(nn.Shape{N: 5, H: 2, W: 2, C: 2})) }},
		{"nn: images with less data", func() { net.Forward(one, nn.Tensor{Shape: net.In, Data: x.Data[1:]}) }},
		{"nn: a Context of more workers", func() { net.Forward(two, x) }},
		{"nn: training of a network that was built for inference", func() { inference.Forward(training, x) }},
		{"nn: a network that was built for inference has no backward", func() { inference.Backward(training, logits) }},
		{"nn: a gradient of another shape", func() { net.Backward(training, nn.NewTensor(nn.Shape{N: 4, H: 1, W: 1, C: 4})) }},
		{"nn: loss of another number of classes", func() { nn.NewCrossEntropy(4, 6, 0).Loss(one, logits, labels) }},
		{"nn: loss of another number of classes", func() { nn.NewCrossEntropy(4, 4, 0).Loss(training, logits, labels) }},
		{"nn: loss of no images, or of more", func() { nn.NewCrossEntropy(3, 5, 0).Loss(one, logits, labels) }},
		{"nn: loss with fewer labels", func() { loss.Loss(one, logits, labels[:3]) }},
		{"nn: loss with a label that is not a class", func() { loss.Loss(one, logits, []int{0, 1, 2, 5}) }},
		{"nn: loss with a label that is not a class", func() { loss.Loss(one, logits, []int{0, 1, 2, -1}) }},
		{"nn: loss of no images or no classes", func() { nn.NewCrossEntropy(4, 0, 0) }},
		{"nn: loss of no images or no classes, or with a smoothing", func() { nn.NewCrossEntropy(4, 5, 1.5) }},
		{"nn: fc/weight has the shape [3 0]", func() { nn.NewLinear(nn.NewBuilder(), "fc", 3, 0) }},
		{"nn: c/weight has the shape [0 0 2 3]", func() { nn.NewConv(nn.NewBuilder(), "c", nn.ConvSpec{In: 2, Out: 3, Stride: 1}) }},
		{"nn: groups do not divide", func() { nn.NewConv(nn.NewBuilder(), "c", nn.ConvSpec{In: 2, Out: 3, Kernel: 1, Stride: 1, Groups: 2}) }},
		{"nn: bn/gamma has the shape [-1]", func() { nn.NewBatchNorm(nn.NewBuilder(), "bn", -1, 1) }},
		{"nn: groups that do not divide", func() { nn.NewGroupNorm(nn.NewBuilder(), "gn", 4, 0, 1) }},
		{"nn: SE with a reduction below 1", func() { nn.NewSE(nn.NewBuilder(), "se", 4, 0, 1) }},
		{"nn: two parameters or buffers are called fc/weight", func() {
			b := nn.NewBuilder()
			nn.NewLinear(b, "fc", 3, 5)
			nn.NewLinear(b, "fc",
				3, 5)
		}},
	} {
		if got := panics(c.f); (got == "") != (c.want == "") || !strings.HasPrefix(got, c.want) {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
