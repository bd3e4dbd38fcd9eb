// Package statedict gives the parameters and buffers of a network the names, the shapes and the order of elements that they have in
// PyTorch's state dictionaries, and reads and writes them so: see nn/model for the names of torchvision's networks.
package statedict

import (
	"strings"

	"cenet/nn"
	"cenet/nn/model"
)

// Names say what the parameters and buffers of a network are called.
type Names struct {
	Backbone string // one of model.Backbones
	Block    Block  // that the backbone carries; the zero value: none
}

// A Block says what the parameters and buffers of a channel block are called.
type Block struct {
	Module string            // the block, where it is among named parts: "se" in "layer1.0.se.fc1.weight"
	Parts  map[string]string // parameters and buffers, by ours; what is not there has our name
	Linear bool              // matrices are those of linear layers, and PyTorch has them transposed
	Timm   string            // what timm calls the module, where otherwise: such files are read, and not written
}

// A Tensor is a parameter or a buffer of a network with the name, the shape and the order of elements that it has in PyTorch.
type Tensor struct {
	Path  string // ours
	Name  string
	Other string // a second name, by which it is read; "": it has none
	Shape []int  // in PyTorch
	Data  []float32

	split []int // our shape, finer where PyTorch orders the parts of an axis otherwise
	axes  []int // of split, in PyTorch's order
}

// layerParts are names that parts of layers have in PyTorch, by ours; those of a block's parts are in Block.Parts.
var layerParts = map[string]string{"gamma": "weight", "beta": "bias", "running_variance": "running_var"}

// Tensors lists what a state dictionary of the network has. The Data are the network's own.
func (n Names) Tensors(net *nn.Network) []Tensor {
	var list []Tensor
	shapes := map[string][]int{}
	for _, p := range net.Params {
		list = append(list, n.Tensor(p.Path, p.Shape, p.Data))
	}
	for _, b := range net.Buffers {
		shapes[b.Path] = b.Shape
		list = append(list, n.Tensor(b.Path, b.Shape, b.Data))
		if site, part, ok := InBlock(b.Path); ok && part == "running_mean" { // by groups
			if p := shapes[site+"/running_p"]; p != nil {
				list[len(list)-1].Shape = []int{p[0], p[1], 1}
			}
		}
	}
	return list
}

// Tensor is the parameter or buffer of that path and shape in the network. Data may be its values, its gradient, or nil.
func (n Names) Tensor(path string, shape []int, data []float32) Tensor {
	w := Tensor{Path: path, Data: data, split: shape, axes: []int{0, 1, 2, 3}[:len(shape)]}
	layer, part, blocked := InBlock(path)
	parts := n.Block.Parts
	switch {
	case blocked && n.Block.Linear && len(shape) == 2: // from In, Out to Out, In
		w.axes = []int{1, 0}
	case blocked && !(len(shape) == 4 && strings.HasSuffix(part, "/weight")):
	case len(shape) == 4: // a convolution's: from KH, KW, In, Out to Out, In, KH, KW
		w.axes = []int{3, 2, 0, 1}
	case len(shape) == 2: // a linear layer's: from In, Out to Out, In, where PyTorch flattens channel by channel
		pixels := n.Flattened(path)
		w.split, w.axes = []int{pixels, shape[0] / pixels, shape[1]}, []int{2, 1, 0}
	}
	if !blocked {
		at := strings.LastIndexByte(path, '/')
		layer, part, parts = path[:at], path[at+1:], layerParts
	}
	if name, ok := parts[part]; ok {
		part = name
	}
	w.Name = model.TorchName(n.Backbone, layer+"/"+part, n.Block.Module)
	if blocked && n.Block.Timm != "" {
		w.Other = model.TorchName(n.Backbone, layer+"/"+part, n.Block.Timm)
	}
	for _, axis := range w.axes {
		w.Shape = append(w.Shape, w.split[axis])
	}
	if len(w.Shape) == 3 && len(shape) == 2 {
		w.Shape = []int{shape[1], shape[0]}
	}
	return w
}

// InBlock cuts the path of a block's parameter or buffer after that of its site: "stage1/unit0/block2" and "ln/gamma".
func InBlock(path string) (site, part string, ok bool) {
	at := strings.LastIndex(path, "/block")
	if at < 0 {
		return path, "", false
	}
	end := strings.IndexByte(path[at+1:], '/')
	if end < 0 {
		return path, "", false
	}
	end += at + 1
	return path[:end], path[end+1:], true
}

// Flattened is the number of pixels whose channels are the inputs of the linear layer with the weight of that path.
func (n Names) Flattened(path string) int {
	switch {
	case path == "fc/weight" && n.Backbone == "alexnet":
		return 9 // with the stem for small images, which has no fc1
	case path != "fc1/weight":
		return 1
	case n.Backbone == "alexnet":
		return 36
	}
	return 49
}

// Each calls f for every element with its place in our order and in PyTorch's.
func (w Tensor) Each(f func(ours, theirs int)) {
	strides, size := make([]int, len(w.split)), 1
	for i := len(w.split) - 1; i >= 0; i-- {
		strides[i] = size
		size *= w.split[i]
	}
	index, ours := make([]int, len(w.axes)), 0
	for theirs := range size {
		f(ours, theirs)
		for i := len(index) - 1; i >= 0; i-- {
			axis := w.axes[i]
			index[i]++
			ours += strides[axis]
			if index[i] < w.split[axis] {
				break
			}
			ours -= index[i] * strides[axis]
			index[i] = 0
		}
	}
}

// Values returns the elements in PyTorch's order.
func (w Tensor) Values() []float32 {
	values := make([]float32, len(w.Data))
	w.Each(func(ours, theirs int) { values[theirs] = w.Data[ours] })
	return values
}

// Set sets Data from elements in PyTorch's order. It panics if they are fewer.
func (w Tensor) Set(values []float32) {
	if len(values) < len(w.Data) {
		panic("statedict: fewer values than the tensor has elements")
	}
	w.Each(func(ours, theirs int) { w.Data[ours] = values[theirs] })
}
