package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"slices"

	"cenet/nn"
	"cenet/nn/durable"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/optim"
	"cenet/nn/safetensors"
)

// A Position is how far a training has come: whatever it goes on from besides the arrays of network and optimizer. Random
// streams have no state of their own, since each derives from the seed, the epoch and the image.
type Position struct {
	Epoch, Step int     // done: whole epochs, and steps of the one under way
	Loss        float64 // sum over the steps of the epoch under way
	Right       int     // images of these steps that were classified correctly
	Epochs      []Epoch // the whole ones
	Seconds     float64 // that it took, as the caller counts them: nothing else depends on it
}

// A DamageError is a checkpoint that cannot be used.
type DamageError struct {
	File string
	Err  error
}

func (e *DamageError) Error() string { return fmt.Sprintf("%s: damaged checkpoint: %v", e.File, e.Err) }
func (e *DamageError) Unwrap() error { return e.Err }

// A Checkpoint is a safetensors file with the arrays of a network, those of its optimizer where there is one, and the
// position of its training. The metadata hold the SHA-256 of everything else in the file.
type Checkpoint struct {
	Net      *nn.Network
	SGD      *optim.SGD // may be nil
	Identity string     // of the trial: a checkpoint of another is not taken

	// Executor is what network and optimizer run on, that Save pulls from and Load pushes to: see Trainer.Executor. Nil: the CPU.
	Executor graph.Executor
}

// Keys of the metadata.
const (
	keyIdentity = "identity"
	keyPosition = "position"
	keySum      = "sha256"
)

// tensors lists the arrays by name: parameters and buffers by their paths, then the velocities of the optimizer.
func (c *Checkpoint) tensors() []safetensors.Tensor {
	var list []safetensors.Tensor
	for _, p := range c.Net.Params {
		list = append(list, safetensors.Tensor{Name: p.Path, Shape: p.Shape, Data: p.Data})
	}
	for _, b := range c.Net.Buffers {
		list = append(list, safetensors.Tensor{Name: b.Path, Shape: b.Shape, Data: b.Data})
	}
	if c.SGD != nil {
		for i, v := range c.SGD.Velocity() {
			list = append(list, safetensors.Tensor{Name: fmt.Sprintf("velocity/%d", i), Shape: []int{len(v)}, Data: v})
		}
	}
	return list
}

// Save writes the checkpoint so that the file at path is at any moment, even if the machine stops, the old one or the new
// one, whole.
func (c *Checkpoint) Save(path string, at Position) error {
	position, err := json.Marshal(at)
	if err != nil {
		return err
	}
	if c.Executor != nil {
		if err := c.Executor.Pull(host(c.Net, c.SGD)); err != nil {
			return err
		}
	}
	tensors := c.tensors()
	metadata := map[string]string{keyIdentity: c.Identity, keyPosition: string(position)}
	metadata[keySum] = checksum(metadata, tensors)

	return durable.Write(path, func(w io.Writer) error { return safetensors.Write(w, tensors, metadata) })
}

// spoil is what a test has wrong with a checkpoint once it is read; nil: nothing.
var spoil func(c *Checkpoint, at *Position)

// Load sets network and optimizer to what the file says and returns the position. The error wraps fs.ErrNotExist where
// there is no file, and is a *DamageError where it cannot be used; network and optimizer are then as they were.
func (c *Checkpoint) Load(path string) (Position, error) {
	f, err := os.Open(path)
	if err != nil {
		return Position{}, err
	}
	defer f.Close()
	at, err := c.load(f)
	if spoil != nil && err == nil {
		spoil(c, &at)
	}
	if c.Executor != nil && err == nil {
		return at, c.Executor.Push(host(c.Net, c.SGD))
	}
	var io *fs.PathError
	if err != nil && !errors.As(err, &io) {
		err = &DamageError{path, err}
	}
	return at, err
}

func (c *Checkpoint) load(f *os.File) (at Position, err error) {
	info, err := f.Stat()
	if err != nil {
		return at, err
	}
	file, err := safetensors.Open(f, info.Size())
	if err != nil {
		return at, err
	}
	if got := file.Metadata[keyIdentity]; got != c.Identity {
		return at, fmt.Errorf("it is of trial %.12q, not of %.12q", got, c.Identity)
	}
	want := c.tensors()
	read := make([]safetensors.Tensor, len(want))
	for i, t := range want {
		info, ok := file.Find(t.Name)
		if !ok || info.Type != "F32" || !slices.Equal(info.Shape, append([]int{}, t.Shape...)) {
			return at, fmt.Errorf("%s: expected %s%v, not %s%v", t.Name, "F32", t.Shape, info.Type, info.Shape)
		}
		read[i] = safetensors.Tensor{Name: t.Name, Shape: t.Shape, Data: make([]float32, len(t.Data))}
		if err := file.Read(t.Name, read[i].Data); err != nil {
			return at, err
		}
	}
	if checksum(file.Metadata, read) != file.Metadata[keySum] {
		return at, errors.New("the checksum does not fit")
	}
	// The reader is more tolerant than the writer, and the checksum is of what is read: the header must be as written, too.
	if written, there, err := digests(f, read, file.Metadata); err != nil {
		return at, err
	} else if written != there {
		return at, errors.New("the header is not as it was written")
	}
	if err := json.Unmarshal([]byte(file.Metadata[keyPosition]), &at); err != nil {
		return Position{}, err
	}
	if at.Epoch < 0 || at.Step < 0 || len(at.Epochs) != at.Epoch {
		return Position{}, fmt.Errorf("invalid position: epoch %d, step %d, with the results of %d epochs", at.Epoch, at.Step, len(at.Epochs))
	}
	for i, t := range want {
		kernel.Copy(t.Data, read[i].Data)
	}
	return at, nil
}

// checksum is the SHA-256 of the metadata, but for the checksum itself, and of names, shapes and data.
func checksum(metadata map[string]string, tensors []safetensors.Tensor) string {
	h := sha256.New()
	for _, key := range []string{keyIdentity, keyPosition} {
		writeText(h, key)
		writeText(h, metadata[key])
	}
	if err := safetensors.Write(h, tensors, nil); err != nil {
		panic("train: a hash that does not take what is written")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// digests are the SHA-256 of what would be written, and of what the file has.
func digests(f *os.File, tensors []safetensors.Tensor, metadata map[string]string) (written, there [sha256.Size]byte, err error) {
	h := sha256.New()
	if err := safetensors.Write(h, tensors, metadata); err != nil {
		return written, there, err
	}
	h.Sum(written[:0])
	h.Reset()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return written, there, err
	}
	if _, err := io.Copy(h, f); err != nil {
		return written, there, err
	}
	h.Sum(there[:0])
	return written, there, nil
}

func writeText(h hash.Hash, s string) {
	fmt.Fprintf(h, "%d ", len(s))
	io.WriteString(h, s)
}
