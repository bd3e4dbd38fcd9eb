package train_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/train"
)

// images are n made-up ones of 8×8 pixels in 4 classes.
func images(n int) *dataset.Set {
	s := &dataset.Set{Height: 8, Width: 8, Channels: 3, Classes: []string{"a", "b", "c", "d"}}
	for i := range n {
		s.Labels = append(s.Labels, i%4)
		for p := range 8 * 8 * 3 {
			s.Pixels = append(s.Pixels, uint8(i*31+p*(i%4+1)*7))
		}
	}
	return s
}

// rig is a training of a small network from seed 1, with what a checkpoint of it holds.
type rig struct {
	*train.Trainer
	train.Checkpoint
	*nn.Context
}

func newRig(t testing.TB) *rig {
	t.Helper()
	data := &dataset.Data{Name: "made up", Train: images(40), Test: images(12)}
	return newRigOn(t, data, &dataset.Augment{Crop: 1, Flip: true}, 1)
}

var errStop = errors.New("stop")

// A training that stops after any step, and goes on in another process from the checkpoint, ends as if it had not.
func TestResume(t *testing.T) {
	whole := newRig(t)
	want, err := whole.Fit(context.Background(), whole.Context, train.Position{}, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	for stop := range 2*whole.Steps() - 1 {
		a := newRig(t)
		left := stop
		_, err := a.Fit(context.Background(), a.Context, train.Position{}, train.Hooks{Save: func(p train.Position) error {
			if left--; left >= 0 {
				return nil
			}
			if err := a.Save(path, p); err != nil {
				t.Fatal(err)
			}
			return errStop
		}})
		if !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		b := newRig(t)
		at, err := b.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		at.Seconds = 3
		got, err := b.Fit(context.Background(), b.Context, at, train.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Seconds != 3 {
			t.Errorf("stopped after step %d: %v seconds, want the 3 that it had taken", stop+1, got.Seconds)
		}
		if b.Net.Hash() != whole.Net.Hash() {
			t.Errorf("stopped after step %d: other weights", stop+1)
		}
		for i := range want.Epochs {
			if got.Epochs[i] != want.Epochs[i] {
				t.Errorf("stopped after step %d: epoch %+v, want %+v", stop+1, got.Epochs[i], want.Epochs[i])
			}
		}
	}
}

// A countdown is a context that ends when it has been asked a number of times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// A training that is interrupted wherever it can be, between two steps or in an evaluation, tells where to go on.
func TestInterrupted(t *testing.T) {
	whole := newRig(t)
	want, err := whole.Fit(context.Background(), whole.Context, train.Position{}, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "checkpoint")
	places := 0
	for ; ; places++ {
		a := newRig(t)
		at, err := a.Fit(&countdown{context.Background(), places}, a.Context, train.Position{}, train.Hooks{})
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := a.Save(path, at); err != nil {
			t.Fatal(err)
		}
		b := newRig(t)
		if at, err = b.Load(path); err != nil {
			t.Fatal(err)
		}
		got, err := b.Fit(context.Background(), b.Context, at, train.Hooks{})
		if err != nil {
			t.Fatal(err)
		}
		if b.Net.Hash() != whole.Net.Hash() || !reflect.DeepEqual(got.Epochs, want.Epochs) {
			t.Errorf("interrupted at place %d: %+v, want %+v", places, got.Epochs, want.Epochs)
		}
	}
	if all := 2 * (whole.Steps() + 2); places != all {
		t.Errorf("%d places, want %d: the steps and the two batches of test images of two epochs", places, all)
	}
}

// A checkpoint that is cut short, or in which one bit is flipped, is not taken, and changes nothing.
func TestDamage(t *testing.T) {
	r := newRig(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "checkpoint")
	if _, err := r.Load(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	at := train.Position{Epoch: 1, Step: 2, Loss: 0.25, Right: 3, Seconds: 7.5, Epochs: []train.Epoch{{Epoch: 1, TestTop1: 0.5}}}
	if err := r.Save(path, at); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := newRig(t)
	before := other.Net.Hash()
	refused := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var damage *train.DamageError
		if _, err := other.Load(path); !errors.As(err, &damage) {
			t.Errorf("%s: %v", what, err)
		}
		if other.Net.Hash() != before {
			t.Errorf("%s: it changed the network", what)
		}
	}
	for size := 0; size < len(good); size += 1 + len(good)/97 {
		refused("cut short", good[:size])
	}
	for bit := 0; bit < 8*len(good); bit += 1 + len(good)/41 {
		bad := append([]byte(nil), good...)
		bad[bit/8] ^= 1 << (bit % 8)
		refused("flipped bit", bad)
	}
	if i := bytes.Index(good, []byte("data_offsets")); i < 0 {
		t.Error("no header")
	} else {
		bad := append([]byte(nil), good...)
		bad[i] ^= 0x20 // a capital, which a reader of JSON may take for the small letter
		refused("flipped bit of a name", bad)
	}
	if err := os.WriteFile(path, good, 0o644); err != nil {
		t.Fatal(err)
	}
	stranger := newRig(t)
	stranger.Identity = "another"
	var damage *train.DamageError
	if _, err := stranger.Load(path); !errors.As(err, &damage) {
		t.Errorf("the checkpoint of another trial: %v", err)
	}
	if got, err := r.Load(path); err != nil || got.Loss != at.Loss || got.Seconds != at.Seconds || got.Step != at.Step ||
		len(got.Epochs) != 1 {
		t.Errorf("position %+v, error %v, want %+v", got, err, at)
	}
}
