package network

import (
	"maps"
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/model"
)

// Every block in every backbone builds and has a layer more, or none, than without.
func TestEveryBlockInEveryBackbone(t *testing.T) {
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		for _, block := range slices.Sorted(maps.Keys(Blocks)) {
			setup, err := Paper(backbone, block)
			if err != nil {
				t.Fatal(err)
			}
			side := 224
			layers, params, err := Describe(setup, nn.Shape{N: 1, H: side, W: side, C: 3}, 1000)
			if err != nil || len(layers) == 0 || len(params) == 0 {
				t.Errorf("%s with %s: %v", backbone, block, err)
			}
		}
	}
}

// The published networks have exactly the published number of parameters.
func TestParameterCounts(t *testing.T) {
	for name, want := range map[string][3]int{
		"resnet18":  {11689512, 11778592, 11778063},
		"resnet34":  {21797672, 0, 0},
		"resnet50":  {25557032, 28088024, 29331926},
		"resnet101": {44549160, 49326872, 57245671},
		"resnet152": {60192808, 0, 0},

		"resnext50":    {25028904, 0, 0},
		"resnext101":   {88791336, 0, 0},
		"wideresnet50": {68883240, 0, 0},

		"alexnet":     {61100840, 0, 0},
		"mobilenetv2": {3504872, 3535668, 3619497},
		"vgg11":       {132868840, 0, 0},
		"vgg13":       {133053736, 0, 0},
		"vgg16":       {138365992, 0, 0},
		"vgg19":       {143678248, 0, 0},

		"shufflenetv2-0.5": {1366792, 1376176, 1396040},
		"shufflenetv2-1.0": {2278604, 2321652, 2447628},
		"shufflenetv2-1.5": {3503624, 0, 0},
		"shufflenetv2-2.0": {7393996, 0, 0},
	} {
		for i, block := range []string{"none", "se", "ce"} {
			if want[i] == 0 {
				continue
			}
			setup, err := Paper(name, block)
			if err != nil {
				t.Fatal(err)
			}
			layers, params, err := Describe(setup, nn.Shape{N: 1, H: 224, W: 224, C: 3}, 1000)
			if err != nil {
				t.Fatal(err)
			}
			if got, _, _ := Totals(layers, params); got != want[i] {
				t.Errorf("%s with %s: %d parameters, want %d", name, block, got, want[i])
			}
		}
	}
}

// The networks for images of 32×32 have exactly the parameters, and the multiply-accumulates of convolutions and linear layers,
// that PyTorch's of the same definition have. The wide network's are published as 36.5 million and 5.2 billion.
func TestSmallNetworks(t *testing.T) {
	for _, c := range []struct {
		backbone     string
		width        float64
		macs, params int
	}{
		{"resnet20", 1, 40813184, 272474},
		{"resnet18", 1, 555422720, 11173962},
		{"resnet18", 0.25, 35046656, 701466},
		{"resnet50", 0.25, 81449984, 1484186},
		{"mobilenetv2", 1, 24461312, 2236682},
		{"shufflenetv2-0.5", 1, 10902016, 352042},
		{"vgg11", 0.25, 9880832, 579098},
		{"wrn-28-10", 1, 5243328768, 36479194},
	} {
		setup, err := Paper(c.backbone, "none")
		if err != nil {
			t.Fatal(err)
		}
		setup.Model.Width, setup.Model.Stem = c.width, "small"
		layers, params, err := Describe(setup, nn.Shape{N: 1, H: 32, W: 32, C: 3}, 10)
		if err != nil {
			t.Fatal(err)
		}
		if count, macs, _ := Totals(layers, params); count != c.params || macs != c.macs {
			t.Errorf("%s, width %v: %d parameters and %d multiply-accumulates, want %d and %d", c.backbone, c.width, count, macs, c.params, c.macs)
		}
	}
}

// A training and an evaluation step allocate nothing.
func TestStepAllocatesNothing(t *testing.T) {
	for _, backbone := range []string{"resnet20", "mobilenetv2", "shufflenetv2-0.5", "vgg11"} {
		t.Run(backbone, func(t *testing.T) { stepAllocatesNothing(t, backbone) })
	}
}

func stepAllocatesNothing(t *testing.T, backbone string) {
	setup, err := Paper(backbone, "ce")
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width, setup.Model.Stem = 0.5, "small"
	for _, workers := range []int{1, 2} {
		b := nn.NewBuilder()
		root, err := Build(&setup, b, 10, 3)
		if err != nil {
			t.Fatal(err)
		}
		net, err := b.Build(root, nn.Shape{N: 4, H: 32, W: 32, C: 3}, nn.Options{Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		c := nn.NewContext(workers)
		x, loss := nn.NewTensor(net.In), nn.NewCrossEntropy(4, 10, 0)
		labels := []int{0, 1, 2, 3}
		for _, train := range []bool{true, false} {
			c.Train = train
			if a := testing.AllocsPerRun(2, func() {
				_, grad := loss.Loss(c, net.Forward(c, x), labels)
				if train {
					net.Backward(c, grad)
				}
			}); a != 0 {
				t.Errorf("%d workers, training %v: %v allocations a step", workers, train, a)
			}
		}
		c.Close()
	}
}
