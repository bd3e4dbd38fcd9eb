package model

import (
	"strings"
	"testing"

	"cenet/nn"
)

// Every backbone takes every normalisation and every rectifier, and trains a step with it.
func TestNormsAndRectifiers(t *testing.T) {
	for _, name := range []string{"resnet18", "resnet50", "resnet20", "mobilenetv2", "shufflenetv2-0.5", "vgg11", "wrn-28-10", "alexnet"} {
		for i, norm := range Norms {
			rectifier := Rectifiers[i%len(Rectifiers)]
			if name == "wrn-28-10" && i > 1 {
				continue // it is large
			}
			side := 64
			if name == "wrn-28-10" || name == "alexnet" || name == "vgg11" {
				side = 32
			}
			b := nn.NewBuilder()
			root, err := Backbones[name].New(b, Spec{Classes: 3, Inputs: 1, Width: 0.0625, Small: true, Norm: norm, NormGroup: 4,
				Rectifier: rectifier})
			if err != nil {
				t.Fatal(err)
			}
			net, err := b.Build(root, nn.Shape{N: 4, H: side, W: side, C: 1}, nn.Options{Seed: 1, Workers: 1})
			if err != nil {
				t.Errorf("%s, %s, %s: %v", name, norm, rectifier, err)
				continue
			}
			kinds := ""
			for _, l := range net.Layers {
				kinds += l.Kind + "\n"
			}
			want := map[string]string{"instance": "InstanceNorm", "group": "GroupNorm", "layer": "LayerNorm"}[norm]
			if name != "alexnet" && norm != "batch" && (!strings.Contains(kinds, want) || strings.Contains(kinds, "BatchNorm")) {
				t.Errorf("%s, %s: layers\n%s", name, norm, kinds)
			}
			if rectifier != "relu" && strings.Contains(strings.ReplaceAll(kinds, "leaky ReLU", ""), "ReLU") {
				t.Errorf("%s, %s: a ReLU is left:\n%s", name, rectifier, kinds)
			}
			c := nn.NewContext(1)
			c.Train = true
			x := nn.NewTensor(net.In)
			for i := range x.Data {
				x.Data[i] = float32(i%11) - 5
			}
			loss := nn.NewCrossEntropy(4, 3, 0)
			net.ZeroGrad()
			_, grad := loss.Loss(c, net.Forward(c, x), []int{0, 1, 2, 0})
			net.Backward(c, grad)
			c.Close()
			reached := false // the first convolution
			for _, g := range net.Params[0].Grad {
				reached = reached || g != 0
			}
			if !reached {
				t.Errorf("%s, %s, %s: no gradient reaches %s", name, norm, rectifier, net.Params[0].Path)
			}
		}
	}
	if _, err := Backbones["resnet18"].New(nn.NewBuilder(), Spec{Classes: 3, Inputs: 1, Width: 1, Norm: "odd"}); err == nil {
		t.Error("an unknown normalisation is taken")
	}
}
