package statedict_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/model"
	"cenet/nn/safetensors"
	"cenet/nn/statedict"
)

// network is a narrow VGG-11, whose first linear layer reads flattened images.
func network(t *testing.T, seed uint64) *nn.Network {
	t.Helper()
	b := nn.NewBuilder()
	if _, err := model.Backbones["vgg11"].New(b, model.Spec{Classes: 3, Inputs: 3, Width: 0.03}); err != nil {
		t.Fatal(err)
	}
	return b.Parameters(nn.Options{Seed: seed})
}

// Values are in PyTorch's order: a convolution's by output, input, row and column; a linear layer's after an image by channel, row and
// column.
func TestOrder(t *testing.T) {
	n := statedict.Names{Backbone: "vgg11"}
	count := func(size int) (list []float32) {
		for i := range size {
			list = append(list, float32(i))
		}
		return list
	}
	conv := n.Tensor("stage1/unit0/conv/weight", []int{3, 3, 2, 4}, count(72))
	at := func(out, in, row, column int) float32 { return conv.Values()[((out*2+in)*3+row)*3+column] }
	if conv.Name != "features.0.weight" || !slices.Equal(conv.Shape, []int{4, 2, 3, 3}) || at(3, 1, 0, 2) != float32(((0*3+2)*2+1)*4+3) {
		t.Errorf("%s of %v: %v", conv.Name, conv.Shape, conv.Values())
	}
	linear := n.Tensor("fc1/weight", []int{49 * 2, 5}, count(490))
	if v := linear.Values(); linear.Name != "classifier.0.weight" || !slices.Equal(linear.Shape, []int{5, 98}) ||
		v[3*98+1*49+7] != float32((7*2+1)*5+3) {
		t.Errorf("%s of %v: %v", linear.Name, linear.Shape, v)
	}
	again := n.Tensor("fc1/weight", []int{49 * 2, 5}, make([]float32, 490))
	if again.Set(linear.Values()); !slices.Equal(again.Data, linear.Data) {
		t.Error("Set does not undo Values")
	}
}

// A file is read into another network of the kind; one that lacks a tensor, has one too many, or one of another shape, is refused by its
// name.
func TestRead(t *testing.T) {
	n := statedict.Names{Backbone: "vgg11"}
	net := network(t, 1)
	read := func(change func(list []safetensors.Tensor) []safetensors.Tensor) (*nn.Network, error) {
		var list []safetensors.Tensor
		for _, w := range n.Tensors(net) {
			list = append(list, safetensors.Tensor{Name: w.Name, Shape: w.Shape, Data: w.Values()})
		}
		var b bytes.Buffer
		if err := safetensors.Write(&b, change(list), nil); err != nil {
			t.Fatal(err)
		}
		f, err := safetensors.Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
		if err != nil {
			t.Fatal(err)
		}
		again := network(t, 2)
		return again, statedict.Read(f, n.Tensors(again))
	}
	if again, err := read(func(l []safetensors.Tensor) []safetensors.Tensor {
		return append(l, safetensors.Tensor{Name: "features.1.num_batches_tracked", Data: []float32{7}})
	}); err != nil || again.Hash() != net.Hash() {
		t.Errorf("%v, or another network", err)
	}
	for want, change := range map[string]func(l []safetensors.Tensor) []safetensors.Tensor{
		`no tensor "features.0.weight" of shape [1 3 3 3]`: func(l []safetensors.Tensor) []safetensors.Tensor {
			return slices.DeleteFunc(l, func(t safetensors.Tensor) bool { return t.Name == "features.0.weight" })
		},
		`tensor "features.99.weight" has no place`: func(l []safetensors.Tensor) []safetensors.Tensor {
			return append(l, safetensors.Tensor{Name: "features.99.weight", Data: []float32{1}})
		},
		`tensor "features.0.weight" has the shape [3 1 3 3], expected [1 3 3 3]`: func(l []safetensors.Tensor) []safetensors.Tensor {
			i := slices.IndexFunc(l, func(t safetensors.Tensor) bool { return t.Name == "features.0.weight" })
			l[i].Shape = []int{3, 1, 3, 3}
			return l
		},
	} {
		_, err := read(change)
		var other *statedict.NameError
		if err == nil || !strings.HasPrefix(err.Error(), want) || errors.As(err, &other) && (other.Name == "" || len(other.Known) < 10) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
