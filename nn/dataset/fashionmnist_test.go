package dataset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"cenet/nn/dataset/idx"
)

func TestFashionMNIST(t *testing.T) {
	reported := 0
	d, err := Sources["fashion-mnist"].Open("", Options{Progress: func(done, total int) { reported = done }})
	if err != nil {
		t.Fatal(err)
	}
	if reported != 15000 {
		t.Errorf("progress ended at %d", reported)
	}
	for _, part := range []struct {
		set *Set
		n   int
	}{{d.Train, 10000}, {d.Test, 5000}} {
		s := part.set
		s.check()
		if s.Len() != part.n || s.Height != 28 || s.Width != 28 || s.Channels != 1 || len(s.Classes) != 10 {
			t.Errorf("%d images of %d×%d×%d in %d classes", s.Len(), s.Height, s.Width, s.Channels, len(s.Classes))
		}
		var counts [10]int
		for _, label := range s.Labels {
			counts[label]++
		}
		for label, n := range counts {
			if n != part.n/10 {
				t.Errorf("%d images of %s", n, s.Classes[label])
			}
		}
	}
	// The published mean and deviation, from all 60,000 images.
	norm := d.Train.Normalisation()
	if math.Abs(norm.Mean[0]-0.2860) > 0.003 || math.Abs(norm.Std[0]-0.3530) > 0.003 {
		t.Errorf("mean %.4f and deviation %.4f, published 0.2860 and 0.3530", norm.Mean[0], norm.Std[0])
	}
	// Pinned: it is part of the identity of trials that others have kept.
	if got, want := d.Fingerprint(), "94ea81ff1b65e31aeea7c135853e0a227119ce9cc4f412b68b328b1fb65a8849"; got != want {
		t.Errorf("fingerprint %s, want %s", got, want)
	}
}

func TestFashionMNISTOptions(t *testing.T) {
	d, err := openFashionMNIST("", Options{Train: 25, Test: 10, Size: 28})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 25 || d.Test.Len() != 10 {
		t.Errorf("%d and %d images", d.Train.Len(), d.Test.Len())
	}
	_, err = openFashionMNIST("somewhere", Options{})
	mustFail(t, err, "takes no directory", "somewhere")
	_, err = openFashionMNIST("", Options{Size: 32})
	mustFail(t, err, "size 32", "28×28")
	_, err = openFashionMNIST("", Options{Train: 10001})
	mustFail(t, err, "training set", "at most 10000")
	_, err = openFashionMNIST("", Options{Test: -5})
	mustFail(t, err, "-5 test images")
}

// PROVENANCE.md has the sums of the embedded files, and the licence is with them.
func TestFashionMNISTProvenance(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("fashionmnist", "PROVENANCE.md"))
	if err != nil {
		t.Fatal(err)
	}
	names, err := fs.Glob(fashionMNISTFiles, "fashionmnist/*.gz")
	if err != nil || len(names) != 4 {
		t.Fatalf("%v %v", names, err)
	}
	for _, name := range names {
		file, err := fashionMNISTFiles.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, sum := range []string{fmt.Sprintf("%x", sha256.Sum256(file)), fmt.Sprintf("%x", sha256.Sum256(unzip(t, file)))} {
			if !bytes.Contains(text, []byte(sum)) {
				t.Errorf("%s: PROVENANCE.md lacks %s", name, sum)
			}
		}
	}
	licence, err := fashionMNISTFiles.ReadFile("fashionmnist/LICENSE")
	if err != nil || !bytes.Contains(licence, []byte("Copyright © 2017 Zalando SE")) {
		t.Errorf("no licence: %v", err)
	}
}

func unzip(t testing.TB, file []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Where the whole of Fashion-MNIST is installed, what is embedded are the first images of each class, in order.
func TestFashionMNISTCut(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all 70,000 images")
	}
	whole := os.DirFS(wholeFashionMNIST)
	if _, err := fs.Stat(whole, "."); err != nil {
		t.Skip("Fashion-MNIST is not installed: ", err)
	}
	d, err := openFashionMNIST("", Options{})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, part := range map[string]*Set{"train": d.Train, "t10k": d.Test} {
		all, err := openIDX(whole, prefix+"-images-idx3-ubyte.gz", prefix+"-labels-idx1-ubyte.gz", fashionMNISTClasses)
		if err != nil {
			t.Fatal(err)
		}
		cut, err := all.TakeBalanced(part.Len())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(cut.Pixels, part.Pixels) || !slices.Equal(cut.Labels, part.Labels) {
			t.Errorf("%s: the cut differs from what is embedded", prefix)
		}
	}
}

func TestOpenIDXErrors(t *testing.T) {
	file := func(a idx.Array) *fstest.MapFile {
		var b bytes.Buffer
		if err := idx.Write(&b, a); err != nil {
			t.Fatal(err)
		}
		return &fstest.MapFile{Data: b.Bytes()}
	}
	images := file(idx.Array{Dims: []int{2, 1, 1}, Data: []byte{1, 2}})
	classes := []string{"a", "b"}
	for _, test := range []struct {
		name, want string
		files      fstest.MapFS
	}{
		{"no images", "open p: file does not exist", fstest.MapFS{}},
		{"no labels", "open l: file does not exist", fstest.MapFS{"p": images}},
		{"swapped", "p: magic number", fstest.MapFS{"p": file(idx.Array{Dims: []int{1}, Data: []byte{0}}), "l": images}},
		{"too few", "l: 1 labels, expected 2", fstest.MapFS{"p": images, "l": file(idx.Array{Dims: []int{1}, Data: []byte{0}})}},
		{"unknown", "l: label 2 of image 1", fstest.MapFS{"p": images, "l": file(idx.Array{Dims: []int{2}, Data: []byte{0, 2}})}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := openIDX(test.files, "p", "l", classes)
			mustFail(t, err, test.want)
		})
	}
	s, err := openIDX(fstest.MapFS{"p": images, "l": file(idx.Array{Dims: []int{2}, Data: []byte{1, 0}})}, "p", "l", classes)
	if err != nil || s.Len() != 2 || s.Labels[0] != 1 {
		t.Errorf("%v, %v", s, err)
	}
}

// wholeFashionMNIST is where Debian's package dataset-fashion-mnist installs it.
const wholeFashionMNIST = "/usr/share/datasets/fashion-mnist"

func TestFashionMNISTFull(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all 70,000 images")
	}
	if _, err := os.Stat(wholeFashionMNIST); err != nil {
		t.Skip("Fashion-MNIST is not installed: ", err)
	}
	d, err := Sources["fashion-mnist-full"].Open(wholeFashionMNIST, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Train.Len() != 60000 || d.Test.Len() != 10000 {
		t.Errorf("%d and %d images", d.Train.Len(), d.Test.Len())
	}
	norm := d.Normalisation()
	if math.Abs(norm.Mean[0]-0.2860) > 5e-5 || math.Abs(norm.Std[0]-0.3530) > 5e-5 {
		t.Errorf("mean %.4f and deviation %.4f, published 0.2860 and 0.3530", norm.Mean[0], norm.Std[0])
	}
}

// Made files stand for the whole: packed and plain ones, and broken ones.
func TestFashionMNISTFullFiles(t *testing.T) {
	var imageFile, labels bytes.Buffer
	images := make([]byte, 20*28*28)
	for i := range images {
		images[i] = byte(i * 7)
	}
	marks := make([]byte, 20)
	for i := range marks {
		marks[i] = byte(i % 10)
	}
	if err := errors.Join(idx.Write(&imageFile, idx.Array{Dims: []int{20, 28, 28}, Data: images}),
		idx.Write(&labels, idx.Array{Dims: []int{20}, Data: marks})); err != nil {
		t.Fatal(err)
	}
	made := func(packed bool) string {
		dir := t.TempDir()
		for name, data := range map[string][]byte{"images-idx3-ubyte": imageFile.Bytes(), "labels-idx1-ubyte": labels.Bytes()} {
			if packed {
				var b bytes.Buffer
				z := gzip.NewWriter(&b)
				z.Write(data)
				z.Close()
				name, data = name+".gz", b.Bytes()
			}
			writeFile(t, data, dir, "train-"+name)
			writeFile(t, data, dir, "t10k-"+name)
		}
		return dir
	}
	open := Sources["fashion-mnist-full"].Open
	var prints []string
	for _, packed := range []bool{false, true} {
		d, err := open(made(packed), Options{Train: 10})
		if err != nil {
			t.Fatal(err)
		}
		if d.Train.Len() != 10 || d.Test.Len() != 20 || !bytes.Equal(d.Test.Pixels, images) {
			t.Errorf("packed %v: %d and %d images", packed, d.Train.Len(), d.Test.Len())
		}
		prints = append(prints, d.Fingerprint())
	}
	if prints[0] != prints[1] {
		t.Error("packed files are other images")
	}
	for _, test := range []struct {
		file string
		data []byte // nil: no such file
		want string
	}{
		{"t10k-labels-idx1-ubyte", nil, "no such file"},
		{"train-images-idx3-ubyte", imageFile.Bytes()[:500], "ends in its data after 484 of 15680 bytes"},
		{"train-images-idx3-ubyte", labels.Bytes(), "magic number"},
		{"train-labels-idx1-ubyte", []byte{0, 0, 8, 1, 0, 0, 0, 1, 3}, "1 labels, expected 20"},
		{"train-images-idx3-ubyte", []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9}, "expected"},
	} {
		dir := made(false)
		if err := os.Remove(filepath.Join(dir, test.file)); err != nil {
			t.Fatal(err)
		}
		if test.data != nil {
			writeFile(t, test.data, dir, test.file)
		}
		_, err := open(dir, Options{})
		mustFail(t, err, dir, test.file, test.want)
	}
	_, err := open(filepath.Join(made(false), "t10k-labels-idx1-ubyte"), Options{})
	mustFail(t, err, "is no directory", "expected")
	_, err = open(made(false), Options{Normalise: ByImageNet})
	mustFail(t, err, "3 channels", "have 1")
	_, err = open(made(false), Options{Size: 32})
	mustFail(t, err, "size 32")
}

// TestSources walks the registry.
func TestSources(t *testing.T) {
	for name, source := range Sources {
		t.Run(name, func(t *testing.T) {
			if source.About == "" || strings.Contains(source.About, "\n") {
				t.Errorf("about: %q, want one line", source.About)
			}
			_, err := source.Open("", Options{Normalise: "other"})
			mustFail(t, err, "expected")
			if source.NeedsDir {
				_, err = source.Open("", Options{})
				mustFail(t, err, "directory")
				_, err = source.Open(t.TempDir(), Options{})
				mustFail(t, err, "expected")
				return
			}
			d, err := source.Open("", Options{Train: 20, Test: 10})
			if err != nil {
				t.Fatal(err)
			}
			d.Train.check()
			d.Test.check()
			if d.Name != name || d.Train.Len() != 20 || d.Test.Len() != 10 {
				t.Errorf("%s: %d and %d images", d.Name, d.Train.Len(), d.Test.Len())
			}
			_, err = source.Open("", Options{Train: math.MaxInt32})
			mustFail(t, err, name, "at most")
		})
	}
}
