package weights

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/model"
	"cenet/nn/safetensors"
)

// forWeights builds a network of a fraction of the width.
func forWeights(t *testing.T, backbone, block string, seed uint64) (*spec.Setup, *nn.Network) {
	t.Helper()
	setup, err := network.Paper(backbone, block)
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width = 0.125
	net, err := network.New(&setup, nn.Shape{N: 1, H: 224, W: 224, C: 3}, 7, nn.Options{Seed: seed, Workers: 1, Inference: true})
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range net.Buffers {
		for j := range b.Data {
			b.Data[j] += float32(i) + float32(j)/64
		}
	}
	return &setup, net
}

// What is written and read again is the same, for every block in every backbone.
func TestWeightsRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		for _, block := range slices.Sorted(maps.Keys(network.Blocks)) {
			if testing.Short() && backbone != "resnet50" && backbone != "shufflenetv2-0.5" && backbone != "vgg11" {
				continue
			}
			setup, net := forWeights(t, backbone, block, 1)
			if err := Write(network.Of(setup), net, nil, path); err != nil {
				t.Fatal(err)
			}
			setup, again := forWeights(t, backbone, block, 2)
			if err := Read(network.Of(setup), again, path); err != nil {
				t.Fatal(err)
			}
			if again.Hash() != net.Hash() {
				t.Errorf("%s with %s comes back otherwise", backbone, block)
			}
		}
	}
}

// Every array of every block in every backbone, full and for small images, has a name of its own, which for torchvision's
// backbones has nothing left of ours.
func TestWeightNames(t *testing.T) {
	for _, backbone := range slices.Sorted(maps.Keys(model.Backbones)) {
		for _, block := range slices.Sorted(maps.Keys(network.Blocks)) {
			for stem, side := range map[string]int{"imagenet": 64, "small": 32} {
				setup, err := network.Paper(backbone, block)
				if err != nil {
					t.Fatal(err)
				}
				setup.Model.Width, setup.Model.Stem = 0.125, stem
				if stem == "imagenet" && (backbone == "alexnet" || strings.HasPrefix(backbone, "vgg")) {
					side = 224 // which the linear layers are for
				}
				net, err := network.New(&setup, nn.Shape{N: 1, H: side, W: side, C: 3}, 7, nn.Options{Workers: 1, Inference: true})
				if err != nil {
					t.Fatal(err)
				}
				ours := regexp.MustCompile(`/|unit|^stem|^head|^fc[123]|shortcut|expand|depthwise|project|left|right|gamma|beta|lambda|running_p|running_variance`)
				seen := map[string]bool{}
				list := network.Of(&setup).Names().Tensors(net)
				for _, w := range list {
					if seen[w.Name] {
						t.Errorf("%s with %s: two arrays are %s", backbone, block, w.Name)
					}
					seen[w.Name] = true
					theirs := block == "gct" && (strings.HasSuffix(w.Name, ".gamma") || strings.HasSuffix(w.Name, ".beta"))
					if backbone != "wrn-28-10" && !theirs && ours.MatchString(w.Name) {
						t.Errorf("%s with %s: %s", backbone, block, w.Name)
					}
					if nn.Size(w.Shape) != len(w.Data) {
						t.Errorf("%s with %s: %s of shape %v has %d elements", backbone, block, w.Name, w.Shape, len(w.Data))
					}
				}
				if len(list) != len(net.Params)+len(net.Buffers) {
					t.Errorf("%s with %s: %d of %d arrays have names", backbone, block, len(list), len(net.Params)+len(net.Buffers))
				}
			}
		}
	}
}

// Places of single elements, and names, as PyTorch has them.
func TestWeightsAsPyTorch(t *testing.T) {
	for _, c := range []struct {
		backbone, block, path, name string
		ours, theirs                []int // shapes
		at                          [2]int
	}{
		{"resnet18", "none", "stage2/unit0/conv1/weight", "layer2.0.conv1.weight", []int{3, 3, 64, 128}, []int{128, 64, 3, 3},
			[2]int{((1*3+2)*64+5)*128 + 7, ((7*64+5)*3+1)*3 + 2}},
		{"resnet50", "none", "stage4/unit0/shortcut/bn/running_variance", "layer4.0.downsample.1.running_var", []int{8}, []int{8}, [2]int{3, 3}},
		{"resnet18", "none", "stem/bn/gamma", "bn1.weight", []int{64}, []int{64}, [2]int{9, 9}},
		{"resnet18", "ce", "stem/block/running_p", "ce1.running_wm", []int{1, 64, 64}, []int{1, 64, 64}, [2]int{70, 70}},
		{"resnet18", "ce", "stage1/unit1/block/ln/gamma", "layer1.1.ce.AR.fc.1.weight", []int{16}, []int{16}, [2]int{1, 1}},
		{"resnet50", "ce", "stage1/unit1/block2/w1", "layer1.1.ce2.AR.fc.0.weight", []int{16, 64}, []int{16, 64}, [2]int{65, 65}},
		{"resnet18", "ce", "stage1/unit1/block/w1", "layer1.1.ce.AR.fc.0.weight", []int{16, 64}, []int{16, 64}, [2]int{65, 65}},
		{"resnet18", "se", "stage1/unit1/block/w1", "layer1.1.se.fc1.weight", []int{64, 4}, []int{4, 64}, [2]int{5*4 + 3, 3*64 + 5}},
		{"resnet18", "none", "fc/weight", "fc.weight", []int{512, 10}, []int{10, 512}, [2]int{5*10 + 3, 3*512 + 5}},
		{"vgg11", "none", "fc1/weight", "classifier.0.weight", []int{25088, 64}, []int{64, 25088}, [2]int{(2*512+7)*64 + 3, 3*25088 + 7*49 + 2}},
		{"vgg11", "none", "stage3/unit1/bias", "features.11.bias", []int{256}, []int{256}, [2]int{1, 1}},
		{"vgg11", "none", "stage3/unit1/bn/beta", "features.12.bias", []int{256}, []int{256}, [2]int{1, 1}},
		{"alexnet", "none", "stage5/unit0/conv/weight", "features.10.weight", []int{3, 3, 256, 256}, []int{256, 256, 3, 3}, [2]int{0, 0}},
		{"mobilenetv2", "ce", "stage2/unit1/block/lambda", "features.3.conv.4.x_weight", []int{1}, []int{1}, [2]int{0, 0}},
		{"mobilenetv2", "none", "stage1/unit0/project/bn/beta", "features.1.conv.2.bias", []int{16}, []int{16}, [2]int{1, 1}},
		{"mobilenetv2", "none", "head/conv/weight", "features.18.0.weight", []int{1, 1, 2, 3}, []int{3, 2, 1, 1}, [2]int{1*3 + 2, 2*2 + 1}},
		{"shufflenetv2-1.0", "se", "stage1/unit0/block/b2", "stage2.0.branch2.7.fc2.bias", []int{58}, []int{58}, [2]int{1, 1}},
		{"shufflenetv2-1.0", "none", "stage3/unit0/left/pointwise/bn/gamma", "stage4.0.branch1.3.weight", []int{232}, []int{232}, [2]int{1, 1}},
	} {
		setup, err := network.Paper(c.backbone, c.block)
		if err != nil {
			t.Fatal(err)
		}
		w := network.Of(&setup).Names().Tensor(c.path, c.ours, nil)
		if w.Name != c.name || !slices.Equal(w.Shape, c.theirs) {
			t.Errorf("%s: %s is %s of %v, want %s of %v", c.backbone, c.path, w.Name, w.Shape, c.name, c.theirs)
			continue
		}
		w.Each(func(ours, theirs int) {
			if (ours == c.at[0]) != (theirs == c.at[1]) {
				t.Errorf("%s: element %d is at %d, want %v", c.name, ours, theirs, c.at)
			}
		})
	}
}

// The matrices of squeeze-and-excitation are read where a file has them as convolutions of 1×1, as timm and torchvision do.
func TestConvolvedMatrices(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	setup, net := forWeights(t, "resnet18", "se", 1)
	var list []safetensors.Tensor
	for _, w := range network.Of(setup).Names().Tensors(net) {
		tensor := safetensors.Tensor{Name: w.Name, Shape: slices.Clone(w.Shape), Data: make([]float32, len(w.Data))}
		w.Each(func(ours, theirs int) { tensor.Data[theirs] = w.Data[ours] })
		if strings.Contains(w.Name, ".se.") && len(w.Shape) == 2 {
			tensor.Shape = append(tensor.Shape, 1, 1)
		}
		list = append(list, tensor)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(safetensors.Write(file, list, nil), file.Close()); err != nil {
		t.Fatal(err)
	}
	_, again := forWeights(t, "resnet18", "se", 2)
	if err := Read(network.Of(setup), again, path); err != nil || again.Hash() != net.Hash() {
		t.Errorf("%v, or another network", err)
	}
}

func TestWeightsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.safetensors")
	setup, net := forWeights(t, "resnet18", "none", 1)
	all := func() (list []safetensors.Tensor) {
		for _, w := range network.Of(setup).Names().Tensors(net) {
			list = append(list, safetensors.Tensor{Name: w.Name, Shape: slices.Clone(w.Shape), Data: slices.Clone(w.Data)})
		}
		return list
	}
	for _, c := range []struct {
		want   string
		change func(list []safetensors.Tensor) []safetensors.Tensor
	}{
		{`no tensor "fc.weight"`, func(l []safetensors.Tensor) []safetensors.Tensor {
			return slices.DeleteFunc(l, func(t safetensors.Tensor) bool { return t.Name == "fc.weight" })
		}},
		{`tensor "layer1.0.ce.x_weight" has no place`, func(l []safetensors.Tensor) []safetensors.Tensor {
			return append(l, safetensors.Tensor{Name: "layer1.0.ce.x_weight", Shape: []int{1}, Data: []float32{1}})
		}},
		{`"conv1.weight" has the shape [7 7 3 8], expected [8 3 7 7]`, func(l []safetensors.Tensor) []safetensors.Tensor {
			i := slices.IndexFunc(l, func(t safetensors.Tensor) bool { return t.Name == "conv1.weight" })
			l[i].Shape = []int{7, 7, 3, 8}
			return l
		}},
		{`"bn1.bias" has an element that is not finite`, func(l []safetensors.Tensor) []safetensors.Tensor {
			i := slices.IndexFunc(l, func(t safetensors.Tensor) bool { return t.Name == "bn1.bias" })
			zero := float32(0)
			l[i].Data[2] = zero / zero
			return l
		}},
	} {
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := safetensors.Write(file, c.change(all()), nil); err != nil {
			t.Fatal(err)
		}
		file.Close()
		_, other := forWeights(t, "resnet18", "none", 2)
		err = Read(network.Of(setup), other, path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	for _, bad := range []string{filepath.Join(dir, "missing"), dir} {
		if err := Read(network.Of(setup), net, bad); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}
