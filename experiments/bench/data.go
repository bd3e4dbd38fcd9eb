package bench

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"cenet/nn/dataset"
	"cenet/nn/median"
	"cenet/nn/stream"
)

// A feed is a way to prepare images for training.
type feed struct {
	name    string
	augment dataset.Augment
	open    func(dir string) (*dataset.Data, error)
}

// The feeds of small networks, from memory, and of full ones, from files.
const fromMemory, fromFiles = "32×32 from memory, shifted and mirrored", "500×375 from JPEG files, parts resized to 224×224"

var feeds = []feed{
	{fromMemory, dataset.Augment{Crop: 4, Flip: true}, func(string) (*dataset.Data, error) {
		const n, side = 1024, 32
		s := &dataset.Set{Height: side, Width: side, Channels: 3, Pixels: make([]uint8, n*side*side*3), Labels: make([]int, n),
			Classes: []string{"image"}}
		random := stream.New(1, "feed")
		for i := range s.Pixels {
			s.Pixels[i] = uint8(random.IntN(256))
		}
		return &dataset.Data{Train: s}, nil
	}},
	{fromFiles, dataset.Augment{Resized: true, Flip: true}, func(dir string) (*dataset.Data, error) {
		const n = 128
		for i := range n + 2 {
			part := "train"
			if i >= n {
				part = "test"
			}
			path := filepath.Join(dir, part, fmt.Sprint("class", i%2), fmt.Sprintf("%d.jpg", i))
			text, err := photograph(i)
			if err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o777)); err != nil {
				return nil, err
			}
			if err := os.WriteFile(path, text, 0o666); err != nil {
				return nil, err
			}
		}
		return dataset.Sources["folder"].Open(dir, dataset.Options{Size: 224, Resize: 256, RandomResizedCrop: true,
			Normalise: dataset.ByImageNet})
	}},
}

// photograph is a JPEG with the usual size of ImageNet's, in pixels and in bytes (some 100 kB): waves and grain.
func photograph(number int) ([]byte, error) {
	const width, height = 500, 375
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	random := stream.New(uint64(number), "photograph")
	for y := range height {
		for x := range width {
			wave := 60 * math.Sin(float64(x*(number%5+1))/40) * math.Cos(float64(y)/25)
			grain := float64(random.IntN(28))
			m.Set(x, y, color.NRGBA{uint8(100 + wave + grain), uint8(120 - wave + grain), uint8(float64(x*200/width) + grain), 255})
		}
	}
	var text bytes.Buffer
	err := jpeg.Encode(&text, m, &jpeg.Options{Quality: 90})
	return text.Bytes(), err
}

// measure times how long the given number of workers, with nothing else to do, take to prepare a batch of images.
func (d feed) measure(o Options, workers, batch int) (_ Figure, err error) {
	dir, err := os.MkdirTemp("", "cenet-bench-")
	if err != nil {
		return Figure{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	data, err := d.open(dir)
	if err != nil {
		return Figure{}, err
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(workers)) // the loader decodes on all of them
	l := dataset.NewLoader(data.Train, data.Normalisation(), 0)
	defer l.Close()
	h, w, c := l.Shape()
	x := make([]float32, batch*h*w*c)
	order := make([]int, 1<<14) // so long that the beginning of a pass, when nothing is decoded ahead, does not count
	for i := range order {
		order[i] = i % data.Train.Len()
	}
	at, epoch := len(order), 0
	var mutex sync.Mutex
	var failed error
	step := func() {
		if at+batch > len(order) {
			l.Begin(dataset.Pass{Order: order, Augment: &d.augment, Seed: 1, Epoch: epoch})
			at, epoch = 0, epoch+1
		}
		var group sync.WaitGroup
		for worker := range workers {
			group.Go(func() {
				for i := worker; i < batch; i += workers {
					if _, err := l.FillOne(x[i*h*w*c:][:h*w*c], at+i); err != nil {
						mutex.Lock()
						failed = err
						mutex.Unlock()
					}
				}
			})
		}
		group.Wait()
		at += batch
	}
	step()
	var seconds []float64
	for range o.Rounds {
		seconds = append(seconds, timed(o.Time, step))
	}
	f := Figure{Mode: "data", Net: d.name, Workers: workers, Batch: batch, Seconds: median.Of(seconds), Least: slices.Min(seconds),
		Most: slices.Max(seconds)}
	f.ImagesPerS = float64(batch) / f.Seconds
	return f, failed
}

// limits returns table rows with the part of the processors' time that the images of each training take. Above 100 % the network waits
// for images.
func limits(figures []Figure) (rows [][]string) {
	for _, f := range figures {
		if f.Mode != "train" {
			continue
		}
		wanted := fromFiles
		if small(f.Net, f.Mode) {
			wanted = fromMemory
		}
		var most Figure // with the same number of workers; with a device all processors are free
		for _, d := range figures {
			if d.Mode == "data" && d.Net == wanted && (f.Device == "" && d.Workers == f.Workers || f.Device != "" && d.Workers > most.Workers) {
				most = d
			}
		}
		if most.Workers == 0 {
			continue
		}
		on := fmt.Sprintf("%d workers", f.Workers)
		if f.Device != "" {
			on = fmt.Sprintf("%s, %d workers for the images", f.Device, most.Workers)
		}
		share, limit := f.ImagesPerS/most.ImagesPerS, "the network"
		if share > 1 {
			limit = "the images"
		}
		rows = append(rows, []string{f.Net, on, fmt.Sprintf("%.1f", f.ImagesPerS), fmt.Sprintf("%.1f", most.ImagesPerS),
			fmt.Sprintf("%.1f %%", 100*share), limit})
	}
	return rows
}
