package nn_test

import (
	"math"
	"testing"

	"cenet/nn"
	"cenet/nn/model"
)

// The layer whose output is the first not to be finite is found in evaluation and in training, at any depth.
func TestFirstNotFinite(t *testing.T) {
	b := nn.NewBuilder()
	root, err := model.Backbones["resnet18"].New(b, model.Spec{Classes: 4, Inputs: 3, Width: 0.125, Small: true})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: 2, H: 16, W: 16, C: 3}, nn.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	x := nn.NewTensor(net.In)
	for i := range x.Data {
		x.Data[i] = float32(i%7) - 3
	}
	if got := net.FirstNotFinite(c, x); got != "" {
		t.Fatalf("%q, want none", got)
	}
	paths := map[string]bool{}
	for _, p := range net.Params {
		layer, kind := p.Path, ""
		for i := len(layer) - 1; i >= 0; i-- {
			if layer[i] == '/' {
				layer, kind = layer[:i], layer[i+1:]
				break
			}
		}
		if kind != "weight" {
			continue
		}
		paths[layer] = true
		old := p.Data[0]
		for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
			p.Data[0] = bad
			c.Train = false
			if got := net.FirstNotFinite(c, x); got != layer {
				t.Errorf("%v in %s: found %q", bad, p.Path, got)
			}
		}
		p.Data[0] = old
	}
	if len(paths) < 20 {
		t.Errorf("%d layers tried", len(paths))
	}
	c.Train = true
	p := net.Params[0]
	p.Data[0] = float32(math.NaN())
	if got := net.FirstNotFinite(c, x); got+"/weight" != p.Path {
		t.Errorf("in training: %q, want that of %s", got, p.Path)
	}
}

// What Measure tells is what Build reserves.
func TestMeasure(t *testing.T) {
	for _, o := range []nn.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Inference: true}} {
		var bytes [2]int
		for i := range bytes {
			b := nn.NewBuilder()
			root, err := model.Backbones["resnet50"].New(b, model.Spec{Classes: 10, Inputs: 3, Width: 0.125})
			if err != nil {
				t.Fatal(err)
			}
			in := nn.Shape{N: 3, H: 64, W: 64, C: 3}
			if i == 0 {
				if bytes[0], err = b.Measure(root, in, o); err != nil {
					t.Fatal(err)
				}
				continue
			}
			net, err := b.Build(root, in, o)
			if err != nil {
				t.Fatal(err)
			}
			bytes[1] = net.Memory
		}
		if bytes[0] != bytes[1] || bytes[0] == 0 {
			t.Errorf("%+v: %d bytes measured, %d built", o, bytes[0], bytes[1])
		}
	}
}

// What cannot be trained on a single pixel can be summed up and evaluated there.
func TestBatchOfOneValue(t *testing.T) {
	in := nn.Shape{N: 1, H: 1, W: 1, C: 4}
	b := nn.NewBuilder()
	norm := nn.NewBatchNorm(b, "norm", 4, 1)
	if _, err := b.Build(norm, in, nn.Options{}); err == nil || err.Error() != "norm: a batch of one image of one pixel has no variance: "+
		"larger batches or images" {
		t.Errorf("for training: %v", err)
	}
	if layers, _, err := b.Describe(norm, in); err != nil || len(layers) != 1 {
		t.Errorf("the summary: %v, %v", layers, err)
	}
	if _, err := b.Build(norm, in, nn.Options{Inference: true}); err != nil {
		t.Errorf("for inference: %v", err)
	}
}
