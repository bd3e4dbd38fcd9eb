package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"cenet/nn/stream"
)

// photograph returns a made image as a JPEG: smooth shapes with a little noise, as photographs have.
func photograph(t testing.TB, width, height, number int) []byte {
	t.Helper()
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	random := stream.New(uint64(number), "photograph")
	for y := range height {
		for x := range width {
			wave := 60 * math.Sin(float64(x*(number%5+1))/40) * math.Cos(float64(y)/25)
			noise := random.IntN(16)
			m.Set(x, y, color.NRGBA{uint8(100 + wave + float64(noise)), uint8(120 - wave + float64(noise)), uint8(x*200/width + noise), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// madePhotographs writes n training and n test images of mixed sizes in two classes.
func madePhotographs(t testing.TB, n int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		for k, part := range []string{"train", "test"} {
			file := photograph(t, 40+7*(i%5), 36+5*(i%7), 2*i+k)
			writeFile(t, file, dir, part, []string{"a", "b"}[i%2], fmt.Sprintf("%03d.jpg", i))
		}
	}
	return dir
}

// all returns the images and labels of a pass, asked for by the given number of goroutines.
func all(t testing.TB, l Loader, p Pass, goroutines int) ([]float32, []int) {
	t.Helper()
	h, w, c := l.Shape()
	size := h * w * c
	x, y := make([]float32, len(p.Order)*size), make([]int, len(p.Order))
	l.Begin(p)
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() {
			for i := p.From + g; i < len(p.Order); i += goroutines {
				label, err := l.FillOne(x[i*size:(i+1)*size], i)
				if err != nil {
					t.Error(err)
				}
				y[i] = label
			}
		})
	}
	group.Wait()
	return x, y
}

// A folder that is streamed gives the images that it gives from memory, bit for bit.
func TestStreamedAsInMemory(t *testing.T) {
	dir := madePhotographs(t, 20)
	for _, o := range []Options{{Size: 24}, {Size: 24, Resize: 30}, {Size: 24, Train: 12, Normalise: ByImageNet}} {
		held := open(t, dir, o)
		o.MemoryLimit = 1
		streamed := open(t, dir, o)
		if held.Train.Streamed() || !streamed.Train.Streamed() || !streamed.Test.Streamed() {
			t.Fatal("the memory limit does not decide")
		}
		norm := held.Normalisation()
		if got := streamed.Normalisation(); !slices.Equal(got.Mean, norm.Mean) || !slices.Equal(got.Std, norm.Std) {
			t.Errorf("normalisation %v streamed, %v in memory", got, norm)
		}
		for _, pad := range []int{0, 2} {
			for _, sets := range [][2]*Set{{held.Train, streamed.Train}, {held.Test, streamed.Test}} {
				a, b := NewLoader(sets[0], norm, pad), NewLoader(sets[1], norm, pad)
				defer b.Close()
				for epoch := range 3 {
					p := Pass{Order: ordered(sets[0].Len(), 5, epoch), Augment: &Augment{Crop: 3, Flip: true}, Seed: 5, Epoch: epoch}
					if epoch == 0 {
						p.Augment = nil
					}
					x, y := all(t, a, p, 1)
					u, v := all(t, b, p, 2)
					if !slices.Equal(x, u) || !slices.Equal(y, v) {
						t.Fatalf("%+v, padding %d, epoch %d: streamed, the images differ", o, pad, epoch)
					}
				}
			}
		}
	}
}

// Images do not depend on the order in which they are asked for, on goroutines, on the length of the ring, nor on where
// a pass begins.
func TestStreamDeterministic(t *testing.T) {
	dir := madePhotographs(t, 24)
	s := open(t, dir, Options{Size: 16, RandomResizedCrop: true}).Train
	const size = 16 * 16 * 3
	aug := &Augment{Resized: true, Flip: true}
	order := ordered(s.Len(), 3, 7)
	pass := Pass{Order: order, Augment: aug, Seed: 3, Epoch: 7}
	loader := func(ring int) *streamer {
		l := newStreamer(s, ImageNet, 0)
		t.Cleanup(l.Close)
		l.ring = l.ring[:ring]
		return l
	}
	want, labels := all(t, loader(s.Len()), pass, 1)
	for _, ring := range []int{1, 3, s.Len()} {
		for _, goroutines := range []int{1, 2, 5} {
			if x, y := all(t, loader(ring), pass, goroutines); !slices.Equal(x, want) || !slices.Equal(y, labels) {
				t.Errorf("ring of %d, %d goroutines: other images", ring, goroutines)
			}
		}
		l := loader(ring)
		x := make([]float32, size)
		// Backwards, and each twice: nothing that was prefetched is where it is looked for.
		l.Begin(pass)
		for i := range order {
			i = len(order) - 1 - i
			for range 2 {
				if label, err := l.FillOne(x, i); err != nil || label != labels[i] || !slices.Equal(x, want[i*size:(i+1)*size]) {
					t.Fatalf("ring of %d, backwards: image %d differs, %v", ring, i, err)
				}
			}
		}
		// A pass that goes on from the middle, on a loader that another pass was broken off on.
		pass := pass
		pass.From = 10
		if x, _ := all(t, l, pass, 2); !slices.Equal(x[10*size:], want[10*size:]) {
			t.Errorf("ring of %d: from the middle, other images", ring)
		}
		// Another order of the same images.
		pass.Order, pass.From = slices.Clone(order), 0
		slices.Reverse(pass.Order)
		x, _ = all(t, l, pass, 2)
		for i := range order {
			j := len(order) - 1 - i
			if !slices.Equal(x[i*size:(i+1)*size], want[j*size:(j+1)*size]) {
				t.Fatalf("ring of %d, other order: image %d differs", ring, i)
			}
		}
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if x, _ := all(t, loader(4), pass, 1); !slices.Equal(x, want) {
		t.Error("one processor: other images")
	}
	pass.Epoch = 8
	if x, _ := all(t, loader(4), pass, 1); slices.Equal(x, want) {
		t.Error("two epochs are augmented alike")
	}
}

// A crop out of a file is that part of the image, resized.
func TestStreamResizedCrop(t *testing.T) {
	dir := madePhotographs(t, 4)
	s := open(t, dir, Options{Size: 16, RandomResizedCrop: true}).Train
	l := newStreamer(s, ImageNet, 0)
	defer l.Close()
	pixels, want := make([]uint8, 16*16*3), make([]uint8, 16*16*3)
	for epoch := range 5 {
		aug := &Augment{Resized: true}
		l.Begin(Pass{Order: []int{0, 1, 2, 3}, Augment: aug, Seed: 1, Epoch: epoch})
		for i, f := range s.files {
			if err := l.decode(new(decoder), pixels, i); err != nil {
				t.Fatal(err)
			}
			whole, err := new(decoder).read(f.path(), f.height, f.width, box{0, 0, f.height, f.width})
			if err != nil {
				t.Fatal(err)
			}
			b := aug.drawBox(1, epoch, i, f.height, f.width)
			var part []uint8
			for r := b.top; r < b.top+b.height; r++ {
				part = append(part, whole[(r*f.width+b.left)*3:(r*f.width+b.left+b.width)*3]...)
			}
			new(resizer).resize(want, part, b.height, b.width, 16)
			if !bytes.Equal(pixels, want) {
				t.Errorf("epoch %d, image %d, %+v differs", epoch, i, b)
			}
		}
	}
}

// Areas and the logarithms of ratios are uniform over their ranges where the image is large and about square; and what
// no draw fits into gives the largest part at its centre.
func TestDrawBox(t *testing.T) {
	aug := &Augment{Resized: true}
	const side, draws = 2000, 20000
	var areas, smallest, lefts int
	for i := range draws {
		b := aug.drawBox(9, i%7, i, side, side)
		area := float64(b.width*b.height) / (side * side)
		ratio := float64(b.width) / float64(b.height)
		if area < 0.0795 || area > 1 || ratio < 0.745 || ratio > 1.345 ||
			b.top < 0 || b.left < 0 || b.top+b.height > side || b.left+b.width > side {
			t.Fatalf("%+v: area %g, ratio %g", b, area, ratio)
		}
		if area < 0.31 {
			areas++ // a quarter of the range
		}
		if ratio < 1 {
			smallest++
		}
		if 2*b.left < side-b.width {
			lefts++
		}
	}
	// Large areas are refused somewhat more often than small ones, since they may not fit.
	if share := float64(areas) / draws; share < 0.25 || share > 0.30 {
		t.Errorf("%.3f of the areas are in the first quarter", share)
	}
	for what, n := range map[string]int{"ratios below 1": smallest, "crops left of the centre": lefts} {
		if share := float64(n) / draws; share < 0.48 || share > 0.52 {
			t.Errorf("%s: %.3f", what, share)
		}
	}
	for _, test := range []struct {
		height, width int
		want          box
	}{
		{1, 100, box{0, 49, 1, 1}},
		{10, 1000, box{0, 493, 10, 13}},
		{1000, 12, box{492, 0, 16, 12}},
	} {
		if got := aug.drawBox(1, 0, 0, test.height, test.width); got != test.want {
			t.Errorf("%d×%d: %+v, want %+v", test.width, test.height, got, test.want)
		}
	}
}

// The ring fills before anybody asks, and no further than its length.
func TestStreamPrefetches(t *testing.T) {
	dir := madePhotographs(t, 20)
	s := open(t, dir, Options{Size: 16, MemoryLimit: 1}).Train
	l := newStreamer(s, ImageNet, 0)
	l.ring = l.ring[:6]
	before := runtime.NumGoroutine()
	l.Begin(Pass{Order: ordered(s.Len(), 1, 0)})
	ready := func() (n int) {
		l.lock.Lock()
		defer l.lock.Unlock()
		for i := range l.ring {
			if l.ring[i].state == decoded {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(time.Minute); ready() < 6; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d images are ready", ready())
		}
	}
	l.lock.Lock()
	begun := l.next
	l.lock.Unlock()
	if begun != 6 {
		t.Errorf("%d images are begun", begun)
	}
	x := make([]float32, 16*16*3)
	for _, i := range []int{0, 19} { // one that is ready and one that is not
		if _, err := l.FillOne(x, i); err != nil {
			t.Error(err)
		}
	}
	l.Close()
	l.Close()
	for end := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
	// As many as fit into the bound.
	s.Height, s.Width = 224, 224
	large := &Set{Height: 224, Width: 224, Channels: 3, Classes: s.Classes}
	for range 5000 {
		large.files, large.Labels = append(large.files, s.files[0]), append(large.Labels, 0)
	}
	if n := len(newStreamer(large, ImageNet, 0).ring); n*large.imageSize() > prefetchBytes || n < 400 {
		t.Errorf("a ring of %d images", n)
	}
}

// While a folder is streamed, the memory in use stays far below that of its images.
func TestStreamMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("decodes hundreds of images")
	}
	const n = 300
	dir := t.TempDir()
	file := photograph(t, 640, 480, 1) // 0.9 MB of pixels each, 276 MB in all; 45 MB when resized
	for i := range n {
		writeFile(t, file, dir, "train", string("ab"[i%2]), fmt.Sprintf("%d.jpg", i))
	}
	writeFile(t, file, dir, "test", "a", "1.jpg")
	writeFile(t, file, dir, "test", "b", "1.jpg")
	s := open(t, dir, Options{Size: 224, RandomResizedCrop: true, Normalise: ByImageNet}).Train
	l := newStreamer(s, ImageNet, 0)
	defer l.Close()
	l.ring = l.ring[:16] // 2.4 MB
	x := make([]float32, 224*224*3)
	inUse := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := inUse()
	l.Begin(Pass{Order: ordered(n, 1, 0), Augment: &Augment{Resized: true}})
	var most uint64
	for i := range n {
		if _, err := l.FillOne(x, i); err != nil {
			t.Fatal(err)
		}
		if i%20 == 0 {
			most = max(most, inUse())
		}
	}
	// The ring, and with each of a few goroutines an image that is being decoded, and what the collector has yet to find.
	if spent := int64(most) - int64(before); spent > 32<<20 {
		t.Errorf("%d bytes in use while streaming", spent)
	} else {
		t.Logf("%.1f MB in use while streaming", float64(spent)/1e6)
	}
}

// A file that breaks, or becomes another one, after the folder was opened is an error that names it.
func TestStreamBreaks(t *testing.T) {
	dir := madePhotographs(t, 6)
	s := open(t, dir, Options{Size: 16, MemoryLimit: 1}).Train
	sound := photograph(t, 40, 36, 0)
	const changed = "the file has changed since the folder was opened"
	for _, test := range []struct {
		want string
		file []byte
	}{
		{changed, sound[:len(sound)/2]}, {"no such file", nil}, {changed, []byte("text")}, {changed, photograph(t, 30, 30, 0)},
		{changed, photograph(t, 40, 36, 2)},
	} {
		path := s.files[0].path()
		os.Remove(path)
		if test.file != nil {
			writeFile(t, test.file, path)
		}
		l := NewLoader(s, ImageNet, 0)
		x := make([]float32, 16*16*3)
		l.Begin(Pass{Order: []int{1, 0, 2}})
		for i := range 3 {
			_, err := l.FillOne(x, i)
			if i == 1 {
				mustFail(t, err, "broken image", path, test.want)
			} else if err != nil {
				t.Error(err)
			}
		}
		l.Close()
	}
}

// The fingerprint of a streamed folder tells what is in the files, not where they are.
func TestStreamFingerprint(t *testing.T) {
	a, b := madePhotographs(t, 6), madePhotographs(t, 6)
	o := Options{Size: 16, Resize: 20, MemoryLimit: 1}
	want := open(t, a, o).Fingerprint()
	if open(t, b, o).Fingerprint() != want {
		t.Error("the folder's place enters")
	}
	other := o
	other.Resize = 18
	if open(t, b, other).Fingerprint() == want {
		t.Error("resizing does not enter")
	}
	other = o
	other.Train = 4
	if open(t, b, other).Fingerprint() == want {
		t.Error("the number of images does not enter")
	}
	writeFile(t, photograph(t, 40, 36, 99), b, "train", "a", "000.jpg")
	if open(t, b, o).Fingerprint() == want {
		t.Error("the files do not enter")
	}
}

func TestStreamedSubset(t *testing.T) {
	s := open(t, madePhotographs(t, 8), Options{Size: 16, Resize: 20, MemoryLimit: 1}).Train
	sub, err := s.TakeBalanced(4)
	if err != nil {
		t.Fatal(err)
	}
	sub.check()
	if !sub.Streamed() || sub.Len() != 4 || sub.resize != 20 || sub.files[2] != s.files[4] {
		t.Errorf("%+v", sub)
	}
	mustPanic(t, "streamed", func() { s.Normalisation() })
	mustPanic(t, "streamed", func() { NewBatcher(s, ImageNet, 0) })
	held := madeSet(2, 4, 4, 3, 2)
	mustPanic(t, "in memory", func() {
		NewBatcher(held, ImageNet, 0).FillOne(make([]float32, 48), 0, &Augment{Resized: true}, 0, 0)
	})
}

func TestFolderOptions(t *testing.T) {
	dir := madePhotographs(t, 2)
	for want, o := range map[string]Options{
		"resizing to 20, expected a size":     {Resize: 20},
		"not larger, not 30":                  {Resize: 20, Size: 30},
		"crops need a size":                   {RandomResizedCrop: true},
		"memory limit of -1":                  {MemoryLimit: -1},
		"at most -1 broken":                   {MaxBroken: -1},
		`expected "train" or "imagenet"`:      {Normalise: "none"},
		"images of different sizes need a si": {},
	} {
		_, err := openFolder(dir, o)
		mustFail(t, err, want)
	}
	for want, o := range map[string]Options{
		"cut out of the files of a folder": {RandomResizedCrop: true},
		"resizing to 256":                  {Size: 28, Resize: 256},
	} {
		_, err := openFashionMNIST("", o)
		mustFail(t, err, "fashion-mnist: ", want)
	}
}

// In memory, a loader allocates nothing.
func TestLoaderAllocatesNothing(t *testing.T) {
	s := madeSet(16, 28, 28, 1, 10)
	l := NewLoader(s, s.Normalisation(), 2)
	x, order, aug := make([]float32, 32*32), ordered(16, 1, 1), &Augment{Crop: 4, Flip: true}
	if a := testing.AllocsPerRun(10, func() {
		l.Begin(Pass{Order: order, Augment: aug, Seed: 1})
		for i := range order {
			if _, err := l.FillOne(x, i); err != nil {
				t.Error(err)
			}
		}
	}); a != 0 {
		t.Errorf("%v allocations", a)
	}
}

// BenchmarkStream decodes JPEGs of 500×375 pixels, ImageNet's usual size, and cuts 224×224 out of them, at random as in
// training and at the centre as in a test.
func BenchmarkStream(b *testing.B) {
	dir := b.TempDir()
	const n = 32
	for i := range n {
		writeFile(b, photograph(b, 500, 375, i), dir, "train", "a", fmt.Sprintf("%d.jpg", i))
	}
	writeFile(b, photograph(b, 500, 375, n), dir, "test", "a", "1.jpg")
	s := open(b, dir, Options{Size: 224, Resize: 256, RandomResizedCrop: true, Normalise: ByImageNet}).Train
	for name, aug := range map[string]*Augment{"train": {Resized: true, Flip: true}, "test": nil} {
		b.Run(name, func(b *testing.B) {
			l := NewLoader(s, ImageNet, 0)
			defer l.Close()
			x := make([]float32, 224*224*3)
			images := 0
			for epoch := 0; b.Loop(); epoch++ {
				l.Begin(Pass{Order: ordered(n, 1, epoch), Augment: aug, Seed: 1, Epoch: epoch})
				for i := range n {
					if _, err := l.FillOne(x, i); err != nil {
						b.Fatal(err)
					}
				}
				images += n
			}
			b.ReportMetric(float64(images)/b.Elapsed().Seconds(), "images/s")
		})
	}
}
