// Package spectest has a small experiment and small images, for tests of the rooms that run experiments.
package spectest

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/nn/dataset/cifar"
)

// Tiny is an experiment of three trials of a second.
const Tiny = `title = "tiny"
seeds = [1]
[data]
source = "fashion-mnist"
train = 80
test = 40
pad = 2
crop = 2
flip = true
[model]
backbone = "resnet20"
width = 0.5
[train]
epochs = 1
batch = 16
lr = 0.05
[sweep]
model.block = ["none", "se", "ce"]
`

// Names are the names that files of trials may use: those of networks and images.
func Names() spec.Names {
	var n spec.Names
	network.Register(&n)
	source.Register(&n)
	return n
}

// Load loads Tiny as tiny.toml, and sets what is changed in it, by dotted key.
func Load(t testing.TB, names spec.Names, changes map[string]any) *spec.Spec {
	t.Helper()
	s, err := spec.Load("tiny.toml", []byte(Tiny), names)
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range changes {
		if err := s.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Files puts files into a folder and returns it.
func Files(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Images writes images of 32×32 pixels into class folders named like the classes of CIFAR-10, with the given numbers of images for each
// class.
func Images(t testing.TB, train, test int) string {
	t.Helper()
	dir := t.TempDir()
	for k, class := range cifar.Classes {
		for part, n := range map[string]int{"train": train, "test": test} {
			folder := filepath.Join(dir, part, class)
			if err := os.MkdirAll(folder, 0o777); err != nil {
				t.Fatal(err)
			}
			for i := range n {
				m := image.NewNRGBA(image.Rect(0, 0, 32, 32))
				for p := range 32 * 32 {
					m.Set(p%32, p/32, color.NRGBA{uint8(i*31 + p*(k+1)), uint8(p * 11), uint8(k * 25), 255})
				}
				f, err := os.Create(filepath.Join(folder, fmt.Sprintf("%d.png", i)))
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return dir
}
