// Package weights reads and writes networks under PyTorch's names, and evaluates those whose weights are in a file.
package weights

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/safetensors"
	"cenet/nn/torchfile"
)

// A weight is a parameter or a buffer of a network with the name, the shape and the order of elements that it has in PyTorch.
type weight struct {
	path  string // ours
	name  string
	timm  string // in files of timm's, where otherwise; "": nowhere
	shape []int  // in PyTorch
	data  []float32
	split []int // our shape, finer where PyTorch orders the parts of an axis otherwise
	axes  []int // of split, in PyTorch's order
}

// layerParts are names that parts of layers have in PyTorch, by ours; those of a block's parts are in its Torch.
var layerParts = map[string]string{"gamma": "weight", "beta": "bias", "running_variance": "running_var"}

// weightsOf lists what a file of the network's weights has, under torchvision's names and, in a block, those of the authors' code.
func weightsOf(s *spec.Setup, net *nn.Network) []weight {
	var list []weight
	shapes := map[string][]int{}
	for _, p := range net.Params {
		list = append(list, weightOf(s, p.Path, p.Shape, p.Data))
	}
	for _, b := range net.Buffers {
		shapes[b.Path] = b.Shape
		list = append(list, weightOf(s, b.Path, b.Shape, b.Data))
		if site, part, ok := InBlock(b.Path); ok && part == "running_mean" { // by groups
			if p := shapes[site+"/running_p"]; p != nil {
				list[len(list)-1].shape = []int{p[0], p[1], 1}
			}
		}
	}
	return list
}

func weightOf(s *spec.Setup, path string, shape []int, data []float32) weight {
	w := weight{path: path, data: data, split: shape, axes: []int{0, 1, 2, 3}[:len(shape)]}
	layer, part, blocked := InBlock(path)
	torch := network.Blocks[s.Model.Block].Torch
	parts := torch.Parts
	switch {
	case blocked && torch.Linear && len(shape) == 2: // from In, Out to Out, In
		w.axes = []int{1, 0}
	case blocked && !(len(shape) == 4 && strings.HasSuffix(part, "/weight")):
	case len(shape) == 4: // a convolution's: from KH, KW, In, Out to Out, In, KH, KW
		w.axes = []int{3, 2, 0, 1}
	case len(shape) == 2: // a linear layer's: from In, Out to Out, In, where PyTorch flattens channel by channel
		pixels := flattened(s, path)
		w.split, w.axes = []int{pixels, shape[0] / pixels, shape[1]}, []int{2, 1, 0}
	}
	if !blocked {
		at := strings.LastIndexByte(path, '/')
		layer, part, parts = path[:at], path[at+1:], layerParts
	}
	if name, ok := parts[part]; ok {
		part = name
	}
	w.name = model.TorchName(s.Model.Backbone, layer+"/"+part, torch.Module)
	if blocked && torch.Timm != "" {
		w.timm = model.TorchName(s.Model.Backbone, layer+"/"+part, torch.Timm)
	}
	for _, axis := range w.axes {
		w.shape = append(w.shape, w.split[axis])
	}
	if len(w.shape) == 3 && len(shape) == 2 {
		w.shape = []int{shape[1], shape[0]}
	}
	return w
}

// InBlock cuts the path of a block's parameter or buffer behind that of its site: "stage1/unit0/block2" and "ln/gamma".
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

// flattened is the number of pixels whose channels are the inputs of a linear layer.
func flattened(s *spec.Setup, path string) int {
	switch {
	case path == "fc/weight" && s.Model.Backbone == "alexnet":
		return 9 // with the stem for small images, which has no fc1
	case path != "fc1/weight":
		return 1
	case s.Model.Backbone == "alexnet":
		return 36
	}
	return 49
}

// permute calls f for every element with its place in our order and in PyTorch's.
func (w *weight) permute(f func(ours, theirs int)) {
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

// withoutOnes is a shape without the ones at its end, in which a linear layer and a convolution of 1×1 differ.
func withoutOnes(shape []int) []int {
	for len(shape) > 1 && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	return shape
}

// Write writes the network's parameters and buffers to a safetensors file, under the names and in the order of PyTorch, with what is said about it, nil
// where nothing is.
func Write(s *spec.Setup, net *nn.Network, about *About, path string) error {
	return writeWeights(weightsOf(s, net), about, path)
}

func writeWeights(list []weight, about *About, path string) error {
	meta, err := metadata(about)
	if err != nil {
		return err
	}
	var tensors []safetensors.Tensor
	for _, w := range list {
		if !kernel.Finite(w.data) {
			return fmt.Errorf("%s: not written: %s has an element that is not finite", path, w.name)
		}
		t := safetensors.Tensor{Name: w.name, Shape: w.shape, Data: make([]float32, len(w.data))}
		w.permute(func(ours, theirs int) { t.Data[theirs] = w.data[ours] })
		tensors = append(tensors, t)
	}
	return writeOutput(path, func(w io.Writer) error { return safetensors.Write(w, tensors, meta) })
}

// stored is a file of named tensors, of either format.
type stored interface {
	names() []string
	shape(name string) ([]int, bool)
	read(name string, dst []float32) error
	count(name string) (n int64, ok bool) // the value of a single integer
}

type safetensorsFile struct{ *safetensors.File }

func (f safetensorsFile) names() (list []string) {
	for _, t := range f.Tensors {
		list = append(list, t.Name)
	}
	return list
}

func (f safetensorsFile) shape(name string) ([]int, bool) {
	t, ok := f.Find(name)
	return t.Shape, ok
}

func (f safetensorsFile) read(name string, dst []float32) error {
	t, _ := f.Find(name)
	return f.Read(t, dst)
}

func (f safetensorsFile) count(name string) (n int64, ok bool) {
	t, _ := f.Find(name)
	return f.Count(t)
}

type torchFile struct{ *torchfile.File }

func (f torchFile) names() (list []string) {
	for _, t := range f.Tensors {
		list = append(list, t.Name)
	}
	return list
}

func (f torchFile) shape(name string) ([]int, bool) {
	t, ok := f.Find(name)
	return t.Shape, ok
}

func (f torchFile) read(name string, dst []float32) error {
	t, _ := f.Find(name)
	return f.Read(t, dst)
}

func (f torchFile) count(name string) (n int64, ok bool) {
	t, _ := f.Find(name)
	return f.Count(t)
}

// openStored opens a file of weights: PyTorch's own where its first bytes say so, else safetensors. Close it after use.
func openStored(path string) (f stored, file *os.File, err error) {
	file, err = os.Open(path)
	if err != nil {
		return nil, nil, Bare(err)
	}
	info, err := file.Stat()
	if err == nil {
		var begin [2]byte
		n, _ := file.ReadAt(begin[:], 0) // a file that is too short is none of them
		if torchfile.Is(begin[:n]) {
			var t *torchfile.File
			t, err = torchfile.Open(file, info.Size())
			f = torchFile{t}
		} else {
			var s *safetensors.File
			s, err = safetensors.Open(file, info.Size())
			f = safetensorsFile{s}
			if err != nil {
				if what := torchfile.Foreign(file, info.Size()); what != "" {
					err = fmt.Errorf("no file of weights: it is %s", what)
				}
			}
		}
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return f, file, nil
}

// notesOf are what is to be said of a file of weights: which of several dictionaries is read, and what counters it has.
func notesOf(path string) (notes []string) {
	f, file, err := openStored(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	if t, ok := f.(torchFile); ok && t.Note != "" {
		notes = append(notes, path+": "+t.Note)
	}
	for _, note := range counterNotes(f) {
		notes = append(notes, path+": "+note)
	}
	return notes
}

// Bare is an error without the path in it.
func Bare(err error) error {
	var place *fs.PathError
	if errors.As(err, &place) {
		return place.Err
	}
	return err
}

// Read sets the network's parameters and buffers from a file with PyTorch's names, safetensors or PyTorch's own. The error, of one line, is an
// InputError that names the file and what is missing, is not known, or is of another shape. The network then is as it was or half
// read, and not to be used.
func Read(s *spec.Setup, net *nn.Network, path string) error {
	if err := readWeights(s, net, path); err != nil {
		return &spec.InputError{Err: fmt.Errorf("%s: %w", path, err)}
	}
	return nil
}

func readWeights(s *spec.Setup, net *nn.Network, path string) error {
	f, file, err := openStored(path)
	if err != nil {
		return err
	}
	defer file.Close()
	unread := map[string]bool{}
	var names []string
	for _, name := range f.names() {
		if !counter(name) {
			unread[name] = true
			names = append(names, name)
		}
	}
	weights := weightsOf(s, net)
	for i, w := range weights {
		shape, ok := f.shape(w.name)
		if theirs, is := f.shape(w.timm); !ok && is && w.timm != "" {
			w.name, shape, ok = w.timm, theirs, true
			weights[i].name = w.name
		}
		if !ok {
			return fmt.Errorf("no tensor %q of shape %v, which %s with %s has; nearest: %q",
				w.name, w.shape, s.Model.Backbone, s.Model.Block, spec.Nearest(w.name, names))
		}
		if _, _, blocked := InBlock(w.path); !slices.Equal(shape, w.shape) && !(blocked && slices.Equal(withoutOnes(shape), withoutOnes(w.shape))) {
			return fmt.Errorf("tensor %q has the shape %v, expected %v", w.name, shape, w.shape)
		}
		delete(unread, w.name)
	}
	for _, name := range names {
		if unread[name] {
			var known []string
			for _, w := range weights {
				known = append(known, w.name)
			}
			return fmt.Errorf("tensor %q has no place in %s with %s; nearest: %q", name, s.Model.Backbone, s.Model.Block, spec.Nearest(name, known))
		}
	}
	for _, w := range weights {
		data := make([]float32, len(w.data))
		if err := f.read(w.name, data); err != nil {
			return err
		}
		if !kernel.Finite(data) {
			return fmt.Errorf("tensor %q has an element that is not finite", w.name)
		}
		w.permute(func(ours, theirs int) { w.data[ours] = data[theirs] })
	}
	return nil
}
