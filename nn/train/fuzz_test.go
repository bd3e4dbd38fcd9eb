package train_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"cenet/nn/train"
)

// FuzzLoad checks that a file is taken whole, and only if it is one that was saved, or refused without a change to the network.
func FuzzLoad(f *testing.F) {
	r := newRig(f)
	path := filepath.Join(f.TempDir(), "checkpoint")
	if err := r.Save(path, train.Position{Epoch: 1, Step: 2, Loss: 0.25, Right: 3,
		Epochs: []train.Epoch{{Epoch: 1, TestTop1: 0.5}}}); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	header := good[:min(len(good), 4096)]
	f.Add(0, len(good), []byte{})
	f.Add(0, len(good), []byte{1})
	f.Add(len(good)/2, len(good), []byte{0x80})
	f.Add(8, len(good)/2, []byte("{}"))
	f.Add(0, 0, header)
	f.Add(0, 9, []byte("\x01\x00\x00\x00\x00\x00\x00\x00{"))
	f.Fuzz(func(t *testing.T, at, size int, mask []byte) {
		// What is fuzzed is how a good file is damaged: cut to a size, and bits flipped after a place.
		bad := bytes.Clone(good[:min(max(0, size), len(good))])
		for i, m := range mask {
			if at >= 0 && at+i < len(bad) {
				bad[at+i] ^= m
			} else if at+i == len(bad) {
				bad = append(bad, m)
			}
		}
		path := filepath.Join(t.TempDir(), "checkpoint")
		if err := os.WriteFile(path, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		before := r.Net.Hash()
		position, err := r.Load(path)
		var damage *train.DamageError
		switch {
		case err == nil && (position.Epoch != 1 || position.Step != 2 || position.Loss != 0.25 || len(position.Epochs) != 1 ||
			r.Net.Hash() != before):
			t.Errorf("taken: %+v", position)
		case err != nil && !errors.As(err, &damage):
			t.Errorf("%v is no damage", err)
		}
		if r.Net.Hash() != before {
			t.Error("the network has changed")
		}
	})
}
