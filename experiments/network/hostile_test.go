package network

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"cenet/ce"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/model"
)

// families has one backbone of each family. In these every block is placed; in the others, only CE.
var families = []string{"resnet20", "resnet50", "mobilenetv2", "shufflenetv2-0.5", "vgg11"}

// narrow calls f with every backbone and its blocks, as narrow networks. Blocks that CE's settings change come in both presets.
func narrow(t *testing.T, f func(t *testing.T, setup *spec.Setup)) {
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		for _, block := range slices.Sorted(maps.Keys(Blocks)) {
			if block != "none" && block != "ce" && !slices.Contains(families, backbone) {
				continue
			}
			for _, preset := range slices.Sorted(maps.Keys(ce.Presets)) {
				setup, err := Paper(backbone, block)
				if err != nil {
					t.Fatal(err)
				}
				c := spec.Of[CE](setup)
				if c.Branch == "" && preset != "official" {
					continue
				}
				setup.Model.Width, setup.Model.Stem = 0.125, "small"
				branch := c.Branch
				c.Options = ce.Presets[preset]()
				c.Branch = branch
				setup.Sections[ceTable] = c
				t.Run(fmt.Sprintf("%s/%s/%s", backbone, block, preset), func(t *testing.T) { f(t, &setup) })
			}
		}
	}
}

// A step of every network makes of black images and of those of hardly any contrast finite losses, gradients and buffers.
func TestExtremeImages(t *testing.T) {
	narrow(t, func(t *testing.T, setup *spec.Setup) {
		b := nn.NewBuilder()
		root, err := Build(setup, b, 3, 3)
		if err != nil {
			t.Fatal(err)
		}
		net, err := b.Build(root, nn.Shape{N: 2, H: 32, W: 32, C: 3}, nn.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(1)
		defer c.Close()
		c.Train = true
		loss, x := nn.NewCrossEntropy(2, 3, 0), nn.NewTensor(net.In)
		for name, fill := range map[string]func(i int) float32{
			"black":           func(int) float32 { return 0 },
			"hardly contrast": func(i int) float32 { return float32(i%7-3) * 1e-30 },
		} {
			for i := range x.Data {
				x.Data[i] = fill(i)
			}
			net.ZeroGrad()
			value, grad := loss.Loss(c, net.Forward(c, x), []int{0, 2})
			net.Backward(c, grad)
			if math.IsNaN(value) || math.IsInf(value, 0) {
				t.Errorf("%s: loss %v, output of %q not finite", name, value, net.FirstNotFinite(c, x))
			}
			for _, p := range net.Params {
				if !kernel.Finite(p.Grad) {
					t.Errorf("%s: gradient of %s not finite", name, p.Path)
				}
			}
			for _, v := range net.Buffers {
				if !kernel.Finite(v.Data) {
					t.Errorf("%s: %s not finite", name, v.Path)
				}
			}
		}
	})
}

// Every network is built for small images or refused by the path of the layer that they do not fit.
func TestSmallImages(t *testing.T) {
	narrow(t, func(t *testing.T, setup *spec.Setup) {
		layers, _, err := Describe(*setup, nn.Shape{N: 1, H: 32, W: 32, C: 3}, 3)
		if err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{}
		for _, l := range layers {
			known[l.Path] = true
		}
		for _, s := range []nn.Shape{{N: 1, H: 1, W: 1, C: 3}, {N: 2, H: 1, W: 1, C: 3}, {N: 1, H: 2, W: 3, C: 3}, {N: 1, H: 8, W: 8, C: 3},
			{N: 2, H: 5, W: 1, C: 3}} {
			b := nn.NewBuilder()
			root, err := Build(setup, b, 3, 3)
			if err != nil {
				t.Fatal(err)
			}
			net, err := b.Build(root, s, nn.Options{Seed: 1})
			if err != nil {
				if path, _, _ := strings.Cut(err.Error(), ": "); !known[path] || strings.Contains(err.Error(), "\n") {
					t.Errorf("%v: %v", s, err)
				}
				continue
			}
			if s.Rows() == 1 && slices.ContainsFunc(net.Layers, func(l nn.LayerInfo) bool { return l.Kind == "BatchNorm" }) {
				t.Errorf("%v: statistics of one value are taken", s)
			}
			c := nn.NewContext(1)
			c.Train = true
			if path := net.FirstNotFinite(c, nn.NewTensor(s)); path != "" {
				t.Errorf("%v: output of %s not finite", s, path)
			}
			c.Close()
		}
	})
}
