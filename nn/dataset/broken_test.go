package dataset

import (
	"errors"
	"fmt"
	"image/color"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Broken files are found when the folder is opened, whether it is streamed or not, and skipped up to the limit; the next
// of their class take their places.
func TestFolderSkips(t *testing.T) {
	dir := madePhotographs(t, 12)
	sound := photograph(t, 40, 40, 1)
	writeFile(t, []byte("text"), dir, "train", "a", "000.jpg")
	writeFile(t, sound[:len(sound)-100], dir, "train", "b", "001.jpg")
	writeFile(t, claimingPNG(20_000, 20_000), dir, "test", "a", "000.jpg")
	for _, limit := range []int64{0, 1} {
		o := Options{Size: 16, MaxBroken: 3, MemoryLimit: limit}
		d := open(t, dir, o)
		if d.Train.Len() != 10 || d.Test.Len() != 11 || len(d.Skipped) != 3 {
			t.Errorf("%d and %d images, skipped %q", d.Train.Len(), d.Test.Len(), d.Skipped)
		}
		for i, want := range [][2]string{{"a/000.jpg", "unknown format"}, {"b/001.jpg", "cut short"}, {"a/000.jpg", "100 megapixels"}} {
			if line := d.Skipped[i]; !strings.Contains(line, filepath.FromSlash(want[0])) || !strings.Contains(line, want[1]) {
				t.Errorf("skipped: %q, want %q", line, want)
			}
		}
		o.Train = 4
		d = open(t, dir, o)
		if !slices.Equal(d.Train.Labels, []int{0, 0, 1, 1}) || len(d.Skipped) != 3 {
			t.Errorf("labels %v, skipped %q", d.Train.Labels, d.Skipped)
		}
		o.MaxBroken = 2
		_, err := openFolder(dir, o)
		mustFail(t, err, "3 broken images, of which at most 2 are skipped", "000.jpg", "as well broken", "001.jpg")
		if path := (*ImageError)(nil); !errors.As(err, &path) || filepath.Base(path.Path) != "000.jpg" {
			t.Errorf("%v names no image", err)
		}
	}
	// What only decoding finds: a sound beginning and end, and nonsense between.
	inside := slices.Clone(sound)
	for i := 300; i < len(inside)-10; i++ {
		inside[i] = 0xff
	}
	writeFile(t, inside, dir, "train", "a", "002.jpg")
	for _, limit := range []int64{0, 1} {
		_, err := openFolder(dir, Options{Size: 16, MaxBroken: 3, MemoryLimit: limit})
		mustFail(t, err, "4 broken images", "002.jpg")
		if d := open(t, dir, Options{Size: 16, MaxBroken: 4, MemoryLimit: limit}); d.Train.Len() != 9 {
			t.Errorf("%d images", d.Train.Len())
		}
	}
	_, err := openFolder(dir, Options{Size: 16, RandomResizedCrop: true, Normalise: ByImageNet})
	mustFail(t, err, "broken image", "002.jpg", "as well broken")
	_, err = openFolder(dir, Options{Size: 16, MaxBroken: 9, Train: 10})
	mustFail(t, err, `class "a" has 4 of the 5 needed`)
	for i := range 6 {
		writeFile(t, nil, dir, "test", "b", fmt.Sprintf("%03d.jpg", 2*i+1))
	}
	_, err = openFolder(dir, Options{Size: 16, MaxBroken: 99})
	mustFail(t, err, filepath.Join("test", "b"), "all images are broken")
}

// Every option does the same whether a folder is held in memory or streamed.
func TestOptionsOnBothPaths(t *testing.T) {
	dir := madePhotographs(t, 12)
	sound := photograph(t, 40, 40, 1)
	inside := slices.Clone(sound)
	for i := len(inside) / 2; i < len(inside)-10; i++ {
		inside[i] = 0xff
	}
	writeFile(t, inside, dir, "train", "a", "002.jpg")
	writeFile(t, sound[:len(sound)/2], dir, "train", "b", "003.jpg")
	writeFile(t, []byte("text"), dir, "test", "a", "list.txt")
	usual := Options{Size: 24, MaxBroken: 2}
	tried := map[string][]Options{}
	try := func(field string, change func(o *Options)) {
		o := usual
		change(&o)
		tried[field] = append(tried[field], o)
	}
	try("Train", func(o *Options) { o.Train = 7 })
	try("Test", func(o *Options) { o.Test = 5 })
	try("Size", func(o *Options) { o.Size = 16 })
	try("Resize", func(o *Options) { o.Resize = 30 })
	try("MaxBroken", func(o *Options) { o.MaxBroken = 9 })
	try("MaxBroken", func(o *Options) { o.MaxBroken = 1 }) // one too few
	try("MaxBroken", func(o *Options) { o.MaxBroken = 0 })
	try("Normalise", func(o *Options) { o.Normalise = ByImageNet })
	try("Normalise", func(o *Options) { o.Normalise = ByTrain })
	try("Hashes", func(o *Options) { o.Hashes = filepath.Join(t.TempDir(), "hashes") })
	try("Progress", func(o *Options) { o.Progress = func(done, total int) {} })
	elsewhere := map[string]string{"MemoryLimit": "is which path is taken", "Height": "in TestGivenSize", "Width": "in TestGivenSize",
		"RandomResizedCrop": "is streamed alone"}
	for f := range reflect.TypeFor[Options]().Fields() {
		if tried[f.Name] == nil && elsewhere[f.Name] == "" {
			t.Errorf("the option %s is not tried", f.Name)
		}
	}
	for field, list := range tried {
		for _, o := range list {
			reported := [2]int{}
			var sets [2]*Data
			var errs [2]error
			for i, limit := range []int64{0, 1} {
				o := o
				o.MemoryLimit = limit
				if o.Progress != nil {
					o.Progress = func(done, total int) { reported[i] = done*1000 + total }
				}
				sets[i], errs[i] = openFolder(dir, o)
			}
			held, streamed := sets[0], sets[1]
			for _, err := range errs {
				if (err != nil) != (o.MaxBroken < 2) {
					t.Errorf("%s, %+v: %v", field, o, err)
				}
			}
			if held == nil || streamed == nil {
				continue
			}
			if !streamed.Train.Streamed() || held.Train.Streamed() || reported[0] != reported[1] || (reported[0] != 0) != (o.Progress != nil) {
				t.Errorf("%s, %+v: streamed %v and %v, reported %v", field, o, held.Train.Streamed(), streamed.Train.Streamed(), reported)
			}
			a, b := held.Normalisation(), streamed.Normalisation()
			if !slices.Equal(held.Skipped, streamed.Skipped) || !slices.Equal(held.Notes, streamed.Notes) || len(held.Skipped) != 2 ||
				len(held.Notes) != 1 ||
				!slices.Equal(a.Mean, b.Mean) || !slices.Equal(a.Std, b.Std) {
				t.Errorf("%s, %+v: skipped %q and %q, noted %q and %q, normalised by %v and %v", field, o, held.Skipped, streamed.Skipped, held.Notes,
					streamed.Notes, a, b)
			}
			held, streamed = halved(t, held), halved(t, streamed)
			for _, s := range [][2]*Set{{held.Train, streamed.Train}, {held.Test, streamed.Test}} {
				for _, pad := range []int{0, 3} {
					p := Pass{Order: ordered(s[0].Len(), 5, 1), Augment: &Augment{Crop: 2, Flip: true, Pad: pad}, Seed: 5, Epoch: 1}
					m, l := NewLoader(s[0], a, pad), NewLoader(s[1], a, pad)
					x, y := all(t, m, p, 1)
					u, v := all(t, l, p, 2)
					l.Close()
					if !slices.Equal(x, u) || !slices.Equal(y, v) || !slices.Equal(s[0].Labels, s[1].Labels) {
						t.Errorf("%s, %+v, padding %d: the images differ", field, o, pad)
					}
				}
			}
		}
	}
}

// halved holds two of the training images out.
func halved(t *testing.T, d *Data) *Data {
	t.Helper()
	d, err := d.HoldOut(2)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Something long after an image does not make it broken, and the end of a thumbnail is not the image's.
func TestHasEnd(t *testing.T) {
	dir := t.TempDir()
	sound := photograph(t, 40, 40, 1)
	thumbnail := slices.Concat(sound[:2], []byte{0xff, 0xe1, 0x10, 0x00}, []byte{0xff, 0xd8, 0xff, 0xda, 1, 2, 3, 0xff, 0xd9},
		make([]byte, 0x1000-2-9), sound[2:])
	for name, test := range map[string]struct {
		file []byte
		ok   bool
	}{
		"plain":         {sound, true},
		"trailer":       {append(slices.Clone(sound), make([]byte, 3*fileEnd)...), true},
		"thumbnail":     {thumbnail, true},
		"thumbnail cut": {thumbnail[:len(thumbnail)-50], false},
		"cut":           {sound[:len(sound)-2], false},
		"png":           {encoded(t, ".png", plain(4, 3, color.White)), true},
		"png cut":       {encoded(t, ".png", plain(4, 3, color.White))[:60], false},
	} {
		path := filepath.Join(dir, name)
		writeFile(t, test.file, path)
		p, err := probeImage(path)
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && p.height == 0 {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// Images must have the height and width that are given, in memory and streamed.
func TestGivenSize(t *testing.T) {
	dir := madePixmaps(t)
	for _, limit := range []int64{0, 1} {
		d := open(t, dir, Options{Height: 64, Width: 48, MemoryLimit: limit})
		if d.Train.Height != 64 || d.Train.Width != 48 || d.Train.Streamed() != (limit == 1) {
			t.Errorf("%d×%d pixels, streamed %v", d.Train.Width, d.Train.Height, d.Train.Streamed())
		}
		_, err := openFolder(dir, Options{Height: 48, Width: 64, MemoryLimit: limit})
		mustFail(t, err, "0.ppm has 48×64 pixels (width×height), expected 64×48")
	}
}
