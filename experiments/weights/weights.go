// Package weights reads and writes networks under PyTorch's names, and evaluates those whose weights are in a file.
package weights

import (
	"fmt"
	"io"
	"os"

	"cenet/experiments/mistake"
	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/safetensors"
	"cenet/nn/statedict"
	"cenet/nn/torchfile"
)

// A Network is what a file has the weights of.
type Network interface {
	String() string          // for people, as "resnet50 with ce"
	Names() statedict.Names  // of its parameters and buffers in PyTorch
	Precision() nn.Precision // of its products
	Small() bool             // it takes small images, of no usual size
	// Layers makes them for images of the given number of channels.
	Layers(b *nn.Builder, classes, channels int) (nn.Layer, error)
}

// Write writes the network's parameters and buffers to a safetensors file, under the names and in the order of PyTorch, with what is said
// about it, nil where nothing is. An element that is not finite is an error.
func Write(n Network, net *nn.Network, about *About, path string) error {
	return writeTensors(n.Names().Tensors(net), about, path)
}

func writeTensors(list []statedict.Tensor, about *About, path string) error {
	for _, t := range list {
		if !kernel.Finite(t.Data) {
			return fmt.Errorf("%s: not written: %s has an element that is not finite", path, t.Name)
		}
	}
	meta, err := metadata(about)
	if err != nil {
		return err
	}
	return writeOutput(path, func(w io.Writer) error { return statedict.Write(w, list, meta) })
}

// openStored opens a file of weights: PyTorch's own where its first bytes say so, else safetensors. Close it after use.
func openStored(path string) (f statedict.Source, file *os.File, err error) {
	file, err = os.Open(path)
	if err != nil {
		return nil, nil, mistake.Bare(err)
	}
	info, err := file.Stat()
	if err == nil {
		var begin [torchfile.BeginLen]byte
		n, _ := file.ReadAt(begin[:], 0) // a file that is too short is not PyTorch's
		if torchfile.Is(begin[:n]) {
			f, err = torchfile.Open(file, info.Size())
		} else if f, err = safetensors.Open(file, info.Size()); err != nil {
			if what := torchfile.Foreign(file, info.Size()); what != "" {
				err = fmt.Errorf("no file of weights: it is %s", what)
			}
		}
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return f, file, nil
}

// notesOf returns remarks on a file of weights: which of several dictionaries is read, and which counters it has.
func notesOf(path string) (notes []string) {
	f, file, err := openStored(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	if t, ok := f.(*torchfile.File); ok && t.Note != "" {
		notes = append(notes, path+": "+t.Note)
	}
	for _, note := range counterNotes(f) {
		notes = append(notes, path+": "+note)
	}
	return notes
}

// Read sets the network's parameters and buffers from a file with PyTorch's names, safetensors or PyTorch's own. The error, of one line, is
// a mistake.Error that names the file and what is missing, is not known, or is of another shape. The network then is as it was or half
// read, and not to be used.
func Read(n Network, net *nn.Network, path string) error {
	f, file, err := openStored(path)
	if err == nil {
		defer file.Close()
		err = withNearest(n, statedict.Read(f, n.Names().Tensors(net)))
	}
	if err != nil {
		return mistake.Errorf("%s: %w", path, err)
	}
	return nil
}
