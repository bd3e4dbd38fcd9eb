package run

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/nn/statedict"
)

// forStart trains nothing of its own: ten classes of small images, four of them, and a file of weights of the ten.
type forStart struct{ folder, images, weights string }

func newStart(t *testing.T) forStart {
	t.Helper()
	f := forStart{folder: t.TempDir(), images: spectest.Images(t, 8, 4)}
	file := strings.NewReplacer(`"fashion-mnist"`, `"folder"`, "train = 80\n", "", "test = 40\n", "",
		`["none", "se", "ce"]`, `["none"]`, "[data]\n", fmt.Sprintf("[data]\ndir = %q\n", f.images)).Replace(spectest.Tiny)
	s, err := spec.Load("ten.toml", []byte(file), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Out: f.folder, State: filepath.Join(f.folder, "ten")}
	if _, err := trainSpec(t.Context(), s, o); err != nil {
		t.Fatal(err)
	}
	files, err := Export(s, o, f.folder)
	if err != nil {
		t.Fatal(err)
	}
	f.weights = filepath.Join(f.folder, "ten.safetensors")
	if err := os.Rename(files[0], f.weights); err != nil {
		t.Fatal(err)
	}
	classes, _ := filepath.Glob(filepath.Join(f.images, "*", "[abcd]*")) // airplane, automobile, bird, cat, deer, dog
	keep, _ := filepath.Glob(filepath.Join(f.images, "*", "*"))
	for _, dir := range keep {
		if !slices.Contains(classes, dir) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	return f
}

// load is an experiment on the six classes, in a file of the folder.
func (f forStart) load(t *testing.T, more string) *spec.Spec {
	t.Helper()
	text := strings.NewReplacer(`"fashion-mnist"`, `"folder"`, "train = 80\n", "", "test = 40\n", "", "epochs = 1",
		"epochs = 2\nfreeze = \"conv1.* layer1.*\"",
		`["none", "se", "ce"]`, `["none", "ce"]`, "[data]\n", fmt.Sprintf("[data]\ndir = %q\n", f.images)).Replace(spectest.Tiny)
	s, err := spec.Load(filepath.Join(f.folder, "six.toml"), []byte(strings.Replace(text, "[model]\n", "[model]\n"+more, 1)), spectest.Names())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Training starts from the file, with a block inserted and without; an interrupted one ends with the same bits; frozen tensors keep theirs;
// the record names the file; another file is another trial.
func TestStartFromWeights(t *testing.T) {
	f := newStart(t)
	s := f.load(t, "weights = \"ten.safetensors\"\n") // relative to the experiment's file
	var printed strings.Builder
	o := Options{Out: f.folder, State: filepath.Join(f.folder, "whole"), Log: &printed, Workers: 2}
	whole, err := trainSpec(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"tensors are read into resnet20 with none", "tensors are read into resnet20 with ce",
		"ignored: fc.weight and fc.bias, a classifier of 10 classes", "starts fresh: fc.weight, fc.bias, channel blocks (10, with"} {
		if strings.Count(printed.String(), want) < 1 {
			t.Errorf("printed %q\nwant %q", printed.String(), want)
		}
	}
	hash, err := weights.Hash(f.weights)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range whole {
		if r.Start == nil || r.Start.File != "ten.safetensors" || r.Start.SHA256 != hash || r.Settings[spec.WeightsKey] != "ten.safetensors" {
			t.Errorf("%s: the record has %+v, %v", r.Name, r.Start, r.Settings[spec.WeightsKey])
		}
	}
	frozenStay(t, s, o, f.weights)

	stopped, stop := context.WithCancel(t.Context())
	interrupted := Options{Out: filepath.Join(f.folder, "again"), State: filepath.Join(f.folder, "parts"), Workers: 2}
	interrupted.Log = writerFunc(func(line string) {
		if strings.Contains(line, "epoch 1") || strings.Contains(line, "1/2") {
			stop()
		}
	})
	if _, err := trainSpec(stopped, s, interrupted); err == nil {
		t.Fatal("the run was not interrupted")
	}
	interrupted.Log = nil
	parts, err := trainSpec(t.Context(), s, interrupted)
	if err != nil {
		t.Fatal(err)
	}
	same(t, whole, parts)

	fresh := f.load(t, "")
	o.Out = filepath.Join(f.folder, "fresh")
	others, err := trainSpec(t.Context(), fresh, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range others {
		if r.Identity == whole[i].Identity || r.Result.Epochs[0].TrainLoss == whole[i].Result.Epochs[0].TrainLoss || r.Start != nil {
			t.Errorf("%s: a trial without the file is the same", r.Name)
		}
	}
	f.changes(t, s, interrupted)
}

// frozenStay compares the frozen parameters of trained networks with the file's: the bits are the same, and those of the others are not.
// Running statistics go on.
func frozenStay(t *testing.T, s *spec.Spec, o Options, path string) {
	t.Helper()
	w, err := NewPlan(s, &o, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range w.Tasks {
		blocks := network.Factory(&v.Setup)
		trained, err := v.Trained(8, blocks, 1, true)
		if err != nil {
			t.Fatal(err)
		}
		initial, err := v.Network(8, blocks, nn.Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := start(&v.Trial, initial); err != nil {
			t.Fatal(err)
		}
		names := statedict.Names{Backbone: "resnet20"}
		for i, p := range trained.Params {
			name := names.Tensor(p.Path, p.Shape, nil).Name
			if _, _, blocked := statedict.InBlock(p.Path); blocked && strings.HasPrefix(p.Path, "stage1/") {
				name = "layer1.block"
			}
			frozen := strings.HasPrefix(name, "conv1.") || strings.HasPrefix(name, "layer1.")
			if frozen != slices.Equal(p.Data, initial.Params[i].Data) {
				t.Errorf("%s: %s stayed as it was: %v", v.String(), name, !frozen)
			}
		}
		for i, b := range trained.Buffers {
			if slices.Equal(b.Data, initial.Buffers[i].Data) && !strings.Contains(b.Path, "/block") {
				t.Errorf("%s: %s stayed as it was", v.String(), b.Path)
			}
		}
	}
}

// changes has the file replaced by another, and then missing.
func (f forStart) changes(t *testing.T, s *spec.Spec, o Options) {
	t.Helper()
	before, err := Status(s, o)
	if err != nil || before.Finished != 2 {
		t.Errorf("status %+v, %v", before, err)
	}
	text, err := os.ReadFile(f.weights)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-8] ^= 1 // of the last element
	moved := filepath.Join(f.folder, "moved.safetensors")
	if err := os.Rename(f.weights, moved); err != nil {
		t.Fatal(err)
	}
	missing := "model.weights: " + f.weights + ": no such file or directory; --set model.weights=FILE names another"
	for name, call := range map[string]func() error{
		"run":    func() error { _, err := trainSpec(t.Context(), s, o); return err },
		"status": func() error { _, err := Status(s, o); return err },
		"pilot":  func() error { _, err := Pilot(s, o); return err },
		"export": func() error { _, err := Export(s, o, f.folder); return err },
		"verify": func() error { _, err := Verify(t.Context(), []*spec.Spec{s}, o, 1, 1); return err },
	} {
		if err := call(); err == nil || err.Error() != missing {
			t.Errorf("%s of a missing file: %v", name, err)
		}
	}
	if err := os.WriteFile(f.weights, text, 0o666); err != nil {
		t.Fatal(err)
	}
	after, err := Status(s, o)
	if err != nil || after.Finished != 0 {
		t.Errorf("status of a changed file %+v, %v", after, err)
	}
	if _, err := Verify(t.Context(), []*spec.Spec{s}, o, 1, 1); err == nil || !strings.Contains(err.Error(),
		"no records that could be drawn") {
		t.Errorf("verify of a changed file: %v", err)
	}
	bad := f.load(t, "weights = \"moved.safetensors\"\n")
	if err := bad.Set("model.width", 0.25); err != nil {
		t.Fatal(err)
	}
	want := "model.weights: " + moved + ": tensor \"conv1.weight\" has the shape [8 3 3 3], expected [4 3 3 3]"
	other := Options{Out: t.TempDir(), State: t.TempDir()}
	for name, call := range map[string]func() error{
		"run":   func() error { _, err := trainSpec(t.Context(), bad, other); return err },
		"pilot": func() error { _, err := Pilot(bad, other); return err },
	} {
		if err := call(); err == nil || err.Error() != want {
			t.Errorf("%s: a file of another network: %v\nwant %s", name, err, want)
		}
	}
}
