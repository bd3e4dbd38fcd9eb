package source_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cenet/experiments/mistake"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/nn/dataset"
)

// A source opens the images that the settings describe. Other images have another identity.
func TestImages(t *testing.T) {
	dir := spectest.Images(t, 4, 2)
	described := func(changes ...any) *spec.Spec {
		s := spectest.Load(t, spectest.Names(), nil)
		changes = append([]any{"data.source", "folder", "data.dir", dir, "data.train", 40, "data.test", 20, "data.crop", 0}, changes...)
		for i := 0; i < len(changes); i += 2 {
			if err := s.Set(changes[i].(string), changes[i+1]); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		return s
	}
	seen := map[string]string{}
	for name, s := range map[string]*spec.Spec{
		"plain":     described(),
		"resized":   described("data.size", 16),
		"cut":       described("data.size", 16, "data.resize", 20),
		"crops":     described("data.size", 16, "data.crop_mode", "resized"),
		"imagenet":  described("data.normalise", "imagenet"),
		"imagenet2": described("data.size", 16, "data.crop_mode", "resized", "data.normalise", "imagenet"),
	} {
		trial := s.Trials()[0]
		data, err := source.NewOpener("", "", nil).Open(trial.Data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if side := 32; trial.Data.Size == 0 && data.Train.Height != side || trial.Data.Size > 0 && data.Train.Height != trial.Data.Size {
			t.Errorf("%s: images of %d pixels", name, data.Train.Height)
		}
		if crops := trial.Data.CropMode == "resized"; data.Train.Streamed() != crops {
			t.Errorf("%s: streamed %v", name, data.Train.Streamed())
		}
		if trial.Data.Normalise == "imagenet" && data.Normalisation().Mean[0] != dataset.ImageNet.Mean[0] {
			t.Errorf("%s: normalised by %v", name, data.Normalisation())
		}
		identity := trial.Identity(data.Hash, "1")
		if seen[identity] != "" {
			t.Errorf("%s and %s have the same identity", name, seen[identity])
		}
		seen[identity] = name
	}

	// A class without training images is an input error. A class without test images is reported.
	var printed []string
	say := func(format string, args ...any) { printed = append(printed, fmt.Sprintf(format, args...)) }
	classes := []string{"cat", "dog"}
	for _, test := range []struct{ train, test []int }{{[]int{0, 0}, []int{0, 1}}, {[]int{0, 1}, []int{1, 1}}} {
		dataset.Sources["made up"] = dataset.Source{Open: func(string, dataset.Options) (*dataset.Data, error) {
			set := func(labels []int) *dataset.Set {
				return &dataset.Set{Height: 1, Width: 1, Channels: 1, Classes: classes, Labels: labels, Pixels: make([]uint8, len(labels))}
			}
			return &dataset.Data{Name: "made up", Train: set(test.train), Test: set(test.test)}, nil
		}}
		d, err := source.NewOpener("", "", say).Open(spec.Data{Source: "made up"})
		if refused := slices.Contains(test.train, 1); refused == (err != nil) || (err != nil) != (d == nil) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	delete(dataset.Sources, "made up")
	if len(printed) != 1 || !strings.Contains(printed[0], `no test image of 1 of 2 classes (the first: "cat")`) {
		t.Errorf("printed %q", printed)
	}

	// A broken image is an input error, or is skipped and reported once, like a file that is not an image.
	if err := os.WriteFile(filepath.Join(dir, "train", "cat", "0.png"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "test", "cat", "list.txt"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	var input *mistake.Error
	if _, err := source.NewOpener("", "", nil).Open(described().Trials()[0].Data); !errors.As(err, &input) ||
		!strings.Contains(err.Error(), "0.png") {
		t.Errorf("broken image: %v", err)
	}
	printed = nil
	o := source.NewOpener("", t.TempDir(), say)
	s := described("data.max_broken", 1, "data.train", 30)
	for range 2 {
		if _, err := o.Open(s.Trials()[0].Data); err != nil {
			t.Error(err)
		}
	}
	if len(printed) != 2 || !strings.Contains(printed[0], "0.png") || !strings.Contains(printed[1], "not read: 1 .txt") {
		t.Errorf("printed %q", printed)
	}
	opened, err := o.Open(s.Trials()[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	want := opened.Hash
	nowhere := s.Trials()[0].Data
	nowhere.Dir = ""
	if print, err := o.Fingerprint(nowhere); err != nil || print != want {
		t.Errorf("fingerprint %s, %v, want %s", print, err, want)
	}
}

// The hashes of streamed images are stored next to the fingerprints, and a changed image is noticed.
func TestStreamedImages(t *testing.T) {
	dir, state := spectest.Images(t, 4, 2), t.TempDir()
	s := spectest.Load(t, spectest.Names(), nil)
	for key, value := range map[string]any{"data.source": "folder", "data.dir": dir, "data.train": 0, "data.test": 0, "data.crop": 0,
		"data.size": 16, "data.crop_mode": "resized"} {
		if err := s.Set(key, value); err != nil {
			t.Fatal(err)
		}
	}
	hash := func() string {
		v, err := source.NewOpener("", state, nil).Open(s.Trials()[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		return v.Hash
	}
	old := time.Now().Add(-time.Hour)
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if err := os.Chtimes(file, old, old); err != nil {
			t.Fatal(err)
		}
	}
	before := hash()
	if _, err := os.Stat(filepath.Join(state, "images.hashes")); err != nil {
		t.Error(err)
	}
	if hash() != before {
		t.Error("the same images have another fingerprint")
	}
	other, err := os.ReadFile(files[0])
	if err == nil {
		err = os.WriteFile(files[1], other, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if hash() == before {
		t.Error("another image has the same fingerprint")
	}
}
