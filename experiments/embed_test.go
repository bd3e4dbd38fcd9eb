package experiments

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/nn/dataset"
	"cenet/nn/dataset/cifar"
)

// madeImages writes images of 32×32 pixels into class folders named as those of CIFAR-10, so many of each class.
func madeImages(t testing.TB, train, test int) string {
	t.Helper()
	dir := t.TempDir()
	for k, class := range cifar.Classes {
		for part, n := range map[string]int{"train": train, "test": test} {
			folder := filepath.Join(dir, part, class)
			if err := os.MkdirAll(folder, 0o755); err != nil {
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

// Every experiment that comes with the program loads, and every case of it that trains does so, on a few images.
func TestEmbedded(t *testing.T) {
	for _, name := range Embedded() {
		s, err := loadFile(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Checks != "" {
			continue // checks have tests of their own
		}
		s.Costs = false
		few := map[string]any{"data.train": 40, "data.test": 20, "train.batch": 10, "train.lr": 0.01, "model.width": 0.125}
		if data := s.Trials()[0].Data; s.names.ReadsDir(data.Source) {
			few["data.dir"] = madeImages(t, 4, 2)
			if data.Size > 0 {
				few["data.size"], few["data.resize"] = 64, 72
			}
		}
		for key, v := range few {
			if err := s.Set(key, v); err != nil {
				t.Fatal(err)
			}
		}
		dir := t.TempDir()
		records, err := Run(context.Background(), s, Options{Quick: true, Out: dir, State: filepath.Join(dir, "state")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if heading := s.Layout(true, records).Title; strings.Contains(heading, "{") {
			t.Errorf("%s: title %q", name, heading)
		}
		if want := s.Count() / len(s.Seeds); len(records) != want {
			t.Errorf("%s: %d records of %d cases", name, len(records), want)
		}
	}
}

// What the settings say of images is what a source is asked for; other images have another identity.
func TestImages(t *testing.T) {
	dir := madeImages(t, 4, 2)
	spec := func(changes ...any) *Spec {
		s, err := Load("tiny.toml", []byte(tiny), Registered())
		if err != nil {
			t.Fatal(err)
		}
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
	for name, s := range map[string]*Spec{
		"plain":     spec(),
		"resized":   spec("data.size", 16),
		"cut":       spec("data.size", 16, "data.resize", 20),
		"crops":     spec("data.size", 16, "data.crop_mode", "resized"),
		"imagenet":  spec("data.normalise", "imagenet"),
		"imagenet2": spec("data.size", 16, "data.crop_mode", "resized", "data.normalise", "imagenet"),
	} {
		trial := s.Trials()[0]
		data, err := Options{}.opener(nil).open(trial.Data)
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
		identity := trial.Identity(data.print, "1")
		if seen[identity] != "" {
			t.Errorf("%s and %s have the same identity", name, seen[identity])
		}
		seen[identity] = name
	}

	// A broken image is an input error, or is passed over and told once.
	if err := os.WriteFile(filepath.Join(dir, "train", "cat", "0.png"), []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	var input *InputError
	if _, err := (Options{}).opener(nil).open(spec().Trials()[0].Data); !errors.As(err, &input) || !strings.Contains(err.Error(), "0.png") {
		t.Errorf("broken image: %v", err)
	}
	var said []string
	o := Options{State: t.TempDir()}.opener(func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	s := spec("data.max_broken", 1, "data.train", 30)
	for range 2 {
		if _, err := o.open(s.Trials()[0].Data); err != nil {
			t.Error(err)
		}
	}
	if len(said) != 1 || !strings.Contains(said[0], "0.png") {
		t.Errorf("told %q", said)
	}
	want := o.sets[s.Trials()[0].Data.opened()].print
	nowhere := s.Trials()[0].Data
	nowhere.Dir = ""
	if print, err := o.fingerprint(nowhere); err != nil || print != want {
		t.Errorf("fingerprint %s, %v, want %s", print, err, want)
	}
}

// An image that turns out to be broken while a run goes on ends it with an input error that names it.
func TestImageBreaks(t *testing.T) {
	dir := madeImages(t, 4, 2)
	path := filepath.Join(dir, "train", "cat", "0.png")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0xff // between the header and the end, which are all that is looked at before
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load("tiny.toml", []byte(tiny), Registered())
	if err != nil {
		t.Fatal(err)
	}
	for key, v := range map[string]any{
		"data.source": "folder", "data.dir": dir, "data.train": 40, "data.test": 20, "data.size": 16, "data.crop": 0,
		"data.crop_mode": "resized", "data.normalise": "imagenet", "train.batch": 20,
	} {
		if err := s.Set(key, v); err != nil {
			t.Fatal(err)
		}
	}
	out := t.TempDir()
	_, err = Run(context.Background(), s, Options{Workers: 2, Out: out, State: out})
	var input *InputError
	if !errors.As(err, &input) || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, want an input error of one line that names %s", err, path)
	}
}
