package train_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/model"
	"cenet/nn/optim"
	"cenet/nn/train"
)

// madeFolder writes 40 training and 12 test images of mixed sizes in 4 classes.
func madeFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for part, n := range map[string]int{"train": 40, "test": 12} {
		for i := range n {
			m := image.NewNRGBA(image.Rect(0, 0, 9+i%5, 8+i%3))
			for p := range m.Rect.Dx() * m.Rect.Dy() {
				m.Set(p%m.Rect.Dx(), p/m.Rect.Dx(), color.NRGBA{uint8(i*31 + p*(i%4+1)*7), uint8(p * 11), uint8(i * 5), 255})
			}
			path := filepath.Join(dir, part, fmt.Sprint("class", i%4), fmt.Sprintf("%02d.png", i))
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, m), f.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// newRigOn is a training of a small network on 8×8 images, by the given number of workers.
func newRigOn(t testing.TB, data *dataset.Data, augment *dataset.Augment, workers int) *rig {
	t.Helper()
	b := nn.NewBuilder()
	root, err := model.Backbones["resnet20"].New(b, model.Spec{Classes: 4, Inputs: 3, Width: 0.25})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: 8, H: 8, W: 8, C: 3}, nn.Options{Seed: 1, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	sgd := optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 1e-4})
	c := nn.NewContext(workers)
	t.Cleanup(c.Close)
	trainer := train.New(net, nn.NewCrossEntropy(8, 4, 0), sgd, data, 0, train.Config{
		Epochs: 2, Seed: 1, Schedule: optim.Schedule{Kind: "cosine", LR: 0.05, Epochs: 2}, Augment: augment,
	})
	t.Cleanup(trainer.Close)
	return &rig{trainer, train.Checkpoint{Net: net, SGD: sgd, Identity: "made up"}, c}
}

func openFolder(t testing.TB, dir string, o dataset.Options) *dataset.Data {
	t.Helper()
	data, err := dataset.Sources["folder"].Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// fit trains from a position to the end, and returns the hash of the weights and the last epoch.
func (r *rig) fit(t testing.TB, at train.Position) (string, train.Epoch) {
	t.Helper()
	end, err := r.Fit(context.Background(), r.Context, at, train.Hooks{})
	if err != nil {
		t.Fatal(err)
	}
	return r.Net.Hash(), end.Epochs[len(end.Epochs)-1]
}

// Training on a streamed folder ends as training on the same images in memory, bit for bit.
func TestStreamedAsInMemory(t *testing.T) {
	dir := madeFolder(t)
	augment := &dataset.Augment{Crop: 1, Flip: true}
	hash, epoch := newRigOn(t, openFolder(t, dir, dataset.Options{Size: 8}), augment, 1).fit(t, train.Position{})
	streamed := openFolder(t, dir, dataset.Options{Size: 8, MemoryLimit: 1})
	if !streamed.Train.Streamed() {
		t.Fatal("not streamed")
	}
	for _, workers := range []int{1, 2} {
		if h, e := newRigOn(t, streamed, augment, workers).fit(t, train.Position{}); h != hash || e != epoch {
			t.Errorf("streamed, %d workers: %+v, in memory %+v", workers, e, epoch)
		}
	}
}

// A training on a streamed folder with random resized crops that stops after any step goes on as if it had not.
func TestStreamedResume(t *testing.T) {
	data := openFolder(t, madeFolder(t), dataset.Options{Size: 8, Resize: 9, RandomResizedCrop: true, Normalise: dataset.ByImageNet})
	augment := &dataset.Augment{Resized: true, Flip: true}
	whole := newRigOn(t, data, augment, 2)
	hash, epoch := whole.fit(t, train.Position{})
	path := filepath.Join(t.TempDir(), "checkpoint")
	for stop := range 2*whole.Steps() - 1 {
		a := newRigOn(t, data, augment, 1)
		left := stop
		_, err := a.Fit(context.Background(), a.Context, train.Position{}, train.Hooks{Save: func(p train.Position) error {
			if left--; left >= 0 {
				return nil
			}
			return errors.Join(a.Save(path, p), errStop)
		}})
		if !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		b := newRigOn(t, data, augment, 2)
		at, err := b.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if h, e := b.fit(t, at); h != hash || e != epoch {
			t.Errorf("stopped after step %d: epoch %+v, want %+v", stop+1, e, epoch)
		}
	}
}

// An image that can no longer be read ends the training with an error that names it, be it for training or for test.
func TestStreamedBreaks(t *testing.T) {
	for _, name := range []string{filepath.Join("train", "class1", "05.png"), filepath.Join("test", "class2", "06.png")} {
		dir := madeFolder(t)
		r := newRigOn(t, openFolder(t, dir, dataset.Options{Size: 8, MemoryLimit: 1}), nil, 2)
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text"), 0o644); err != nil {
			t.Fatal(err)
		}
		at, err := r.Fit(context.Background(), r.Context, train.Position{}, train.Hooks{})
		var broken *dataset.ImageError
		if !errors.As(err, &broken) || !strings.HasSuffix(broken.Path, name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one that names %s", err, name)
		}
		if at.Epoch != 0 {
			t.Errorf("position %+v", at)
		}
	}
}

// A step on images in memory, batch, loss and optimizer included, and an evaluation allocate nothing, with one worker
// and with two at the same time, for which testing.AllocsPerRun leaves no processor.
func TestStepAllocatesNothing(t *testing.T) {
	for _, workers := range []int{1, 2} {
		r := newRigOn(t, &dataset.Data{Name: "made up", Train: images(40), Test: images(12)}, &dataset.Augment{Crop: 1, Flip: true}, workers)
		r.Begin(0, 0)
		step := 0
		if a := allocations(func() {
			if _, err := r.Step(r.Context, 0, step%r.Steps()); err != nil {
				t.Error(err)
			}
			step++
		}); a != 0 {
			t.Errorf("%d workers: %d allocations", workers, a)
		}
		if a := allocations(func() {
			if _, err := r.Evaluate(context.Background(), r.Context); err != nil {
				t.Error(err)
			}
		}); a != 0 {
			t.Errorf("%d workers, evaluating: %d allocations", workers, a)
		}
	}
}

// allocations is the least number in ten calls of f, after the first, in any of three tries: the runtime has some of its own.
func allocations(f func()) uint64 {
	f()
	least := uint64(math.MaxUint64)
	for range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range 10 {
			f()
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return least
}

// BenchmarkStreamed trains ResNet-18 at 224×224 on JPEGs of 500×375 pixels that are streamed, and on the same in memory, and
// decodes them without training. CENET_PICTURES names a folder of images to take instead.
func BenchmarkStreamed(b *testing.B) {
	const batch = 8
	workers := runtime.GOMAXPROCS(0)
	dir := os.Getenv("CENET_PICTURES")
	if dir == "" {
		dir = b.TempDir()
		for i := range 32 {
			writeJPEG(b, 500, 375, i, dir, "train", fmt.Sprint(i%2), fmt.Sprintf("%d.jpg", i))
			writeJPEG(b, 500, 375, i, dir, "test", fmt.Sprint(i%2), fmt.Sprintf("%d.jpg", i))
		}
	}
	b.Run("decoding", func(b *testing.B) {
		data := openFolder(b, dir, dataset.Options{Size: 224, Resize: 256, Normalise: dataset.ByImageNet, RandomResizedCrop: true})
		l := dataset.NewLoader(data.Train, data.Normalisation(), 0)
		defer l.Close()
		order := make([]int, data.Train.Len())
		dataset.Order(order, 1, 0)
		x := make([]float32, 224*224*3)
		images := 0
		for epoch := 0; b.Loop(); epoch++ {
			l.Begin(dataset.Pass{Order: order, Augment: &dataset.Augment{Resized: true, Flip: true}, Seed: 1, Epoch: epoch})
			for i := range order {
				if _, err := l.FillOne(x, i); err != nil {
					b.Fatal(err)
				}
			}
			images += len(order)
		}
		b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
	})
	for name, o := range map[string]dataset.Options{
		"memory":   {Size: 224, Resize: 256, Normalise: dataset.ByImageNet},
		"streamed": {Size: 224, Resize: 256, Normalise: dataset.ByImageNet, RandomResizedCrop: true},
	} {
		b.Run(name, func(b *testing.B) {
			data := openFolder(b, dir, o)
			builder := nn.NewBuilder()
			root, err := model.Backbones["resnet18"].New(builder, model.Spec{Classes: len(data.Train.Classes), Inputs: 3, Width: 1})
			if err != nil {
				b.Fatal(err)
			}
			net, err := builder.Build(root, nn.Shape{N: batch, H: 224, W: 224, C: 3}, nn.Options{Seed: 1, Workers: workers})
			if err != nil {
				b.Fatal(err)
			}
			c := nn.NewContext(workers)
			defer c.Close()
			t := train.New(net, nn.NewCrossEntropy(batch, len(data.Train.Classes), 0),
				optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 1e-4}), data, 0, train.Config{
					Epochs: 1, Seed: 1, Steps: 20, Schedule: optim.Schedule{Kind: "constant", LR: 1e-3, Epochs: 1},
					Augment: &dataset.Augment{Resized: o.RandomResizedCrop, Flip: true},
				})
			defer t.Close()
			images := 0
			for epoch := 0; b.Loop(); epoch++ {
				t.Begin(epoch, 0)
				for step := range t.Steps() {
					if _, err := t.Step(c, epoch, step); err != nil {
						b.Fatal(err)
					}
				}
				images += t.Steps() * batch
			}
			b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// writeJPEG writes a made image.
func writeJPEG(t testing.TB, width, height, number int, parts ...string) {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for i := range width * height {
		x, y := i%width, i/width
		m.Set(x, y, color.NRGBA{uint8(x*255/width + i*i%17), uint8(y*255/height + i*7%13), uint8((x + y + number*9) % 256), 255})
	}
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(jpeg.Encode(f, m, &jpeg.Options{Quality: 90}), f.Close()); err != nil {
		t.Fatal(err)
	}
}
