package statedict

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"cenet/nn/kernel"
	"cenet/nn/safetensors"
)

// Write writes tensors to a safetensors file, in their order, with metadata.
func Write(w io.Writer, list []Tensor, metadata map[string]string) error {
	var out []safetensors.Tensor
	for _, t := range list {
		out = append(out, safetensors.Tensor{Name: t.Name, Shape: t.Shape, Data: t.Values()})
	}
	return safetensors.Write(w, out, metadata)
}

// A Source is a file of named tensors: a safetensors.File or a torchfile.File.
type Source interface {
	Names() []string
	Shape(name string) ([]int, bool)
	Read(name string, dst []float32) error // all elements, in PyTorch's order
	Count(name string) (n int64, ok bool)  // the value of a single integer
}

// A NameError is a tensor that a file lacks, or that the network has no place for.
type NameError struct {
	Name  string
	Known []string // names that there are
	text  string
}

func (e *NameError) Error() string { return e.text }

// Counter reports whether the tensor of that name in a state dictionary is a counter, which no network has: of batches, which BatchNorm
// counts, of networks in an average (torch.optim.swa_utils.AveragedModel), and of operations and parameters (thop).
func Counter(name string) bool {
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "num_batches_tracked", "total_ops", "total_params":
		return true
	}
	return name == "n_averaged"
}

// Read sets the Data of all tensors from a file that has these and no others but counters. The error is a *NameError, or says in one line
// which tensor has another shape or an element that is not finite. Data then are as they were or half read, and not to be used.
func Read(f Source, list []Tensor) error {
	m, err := match(f, list, false)
	if err != nil {
		return err
	}
	return m.Set(f)
}

// A Match says which tensors of a network a file has.
type Match struct {
	Read, Fresh []Tensor // of the network; those of Fresh keep their values
	Ignored     []string // of the file: the classifier and counters
	// Classes of the file's classifier where the network has another number; else 0.
	Classes int
}

// Start matches a network with a file to start from. As for Read, names and shapes must be the same. There are two exceptions: a classifier
// (the last linear layer) of another number of classes, and channel blocks that the file lacks. Both keep their values.
func Start(f Source, list []Tensor) (Match, error) { return match(f, list, true) }

// Set reads the Data of m.Read.
func (m Match) Set(f Source) error {
	for _, w := range m.Read {
		values := make([]float32, len(w.Data))
		if err := f.Read(w.Name, values); err != nil {
			return err
		}
		if !kernel.Finite(values) {
			return fmt.Errorf("tensor %q has an element that is not finite", w.Name)
		}
		w.Set(values)
	}
	return nil
}

// match is Read without the reading, or Start.
func match(f Source, list []Tensor, start bool) (m Match, err error) {
	var names, known []string
	unread := map[string]bool{}
	for _, name := range f.Names() {
		if Counter(name) {
			m.Ignored = append(m.Ignored, name)
		} else {
			unread[name] = true
			names = append(names, name)
		}
	}
	list = slices.Clone(list)
	inFile := map[string]bool{} // sites of blocks
	var head Tensor
	for i, w := range list {
		if _, is := f.Shape(w.Other); is && w.Other != "" && !unread[w.Name] {
			w.Name = w.Other
			list[i].Name = w.Name
		}
		known = append(known, w.Name)
		site, _, blocked := InBlock(w.Path)
		if blocked {
			inFile[site] = inFile[site] || unread[w.Name]
		} else if len(w.Shape) == 2 {
			head = w
		}
	}
	classes := func(w Tensor) int { // of the file's classifier that w is of, where they are not the network's; else 0
		there, ok := f.Shape(head.Name)
		shape, of := f.Shape(w.Name)
		if !start || !ok || !of || layerOf(w.Path) != layerOf(head.Path) || len(there) != 2 || len(shape) != len(w.Shape) ||
			there[0] == head.Shape[0] || shape[0] != there[0] || !slices.Equal(shape[1:], w.Shape[1:]) {
			return 0
		}
		return there[0]
	}
	for _, w := range list {
		shape, ok := f.Shape(w.Name)
		site, _, blocked := InBlock(w.Path)
		alike := slices.Equal(shape, w.Shape) || blocked && slices.Equal(withoutOnes(shape), withoutOnes(w.Shape))
		switch n := classes(w); {
		case !ok && start && blocked && !inFile[site]:
			m.Fresh = append(m.Fresh, w)
		case !ok:
			text := fmt.Sprintf("no tensor %q of shape %v, which the network has", w.Name, w.Shape)
			if start && head.Path != "" && layerOf(w.Path) == layerOf(head.Path) {
				text += ": a file to start from must have a classifier, of any number of classes"
			}
			return m, &NameError{w.Name, names, text}
		case n > 0:
			m.Fresh, m.Ignored, m.Classes = append(m.Fresh, w), append(m.Ignored, w.Name), n
		case !alike:
			return m, fmt.Errorf("tensor %q has the shape %v, expected %v", w.Name, shape, w.Shape)
		default:
			m.Read = append(m.Read, w)
		}
		delete(unread, w.Name)
	}
	for _, name := range names {
		if unread[name] {
			return m, &NameError{name, known, fmt.Sprintf("tensor %q has no place in the network", name)}
		}
	}
	return m, nil
}

// layerOf is the path of the layer that a parameter or buffer belongs to.
func layerOf(path string) string { return path[:strings.LastIndexByte(path, '/')] }

// withoutOnes is a shape without the ones at its end, in which a linear layer and a convolution of 1×1 differ.
func withoutOnes(shape []int) []int {
	for len(shape) > 1 && shape[len(shape)-1] == 1 {
		shape = shape[:len(shape)-1]
	}
	return shape
}
