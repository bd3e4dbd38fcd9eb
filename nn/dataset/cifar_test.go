package dataset

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"fmt"
	"image/color"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/nn/dataset/cifar"
	"cenet/nn/dataset/fetch"
)

// madeCIFAR returns c with files of n records, and the files; image i of file k has the label 3·(i+k), modulo the classes, and red
// 10·k + i.
func madeCIFAR(t testing.TB, from *cifarSource, n int) (c *cifarSource, files map[string][]byte, packed []byte) {
	t.Helper()
	made := *from
	made.parts, files = nil, map[string][]byte{}
	for k, p := range from.parts {
		made.parts = append(made.parts, cifar.Part{Name: p.Name, Records: n})
		for i := range n {
			label := 3 * (i + k) % len(from.format.Labels[len(from.format.Labels)-1])
			record := []byte{byte(label)}
			if len(from.format.Labels) == 2 {
				record = []byte{byte(cifar.Coarse(label)), byte(label)}
			}
			image := make([]byte, cifar.ImageBytes)
			for j := range cifar.Side * cifar.Side {
				image[j] = byte(10*k + i)
			}
			files[p.Name] = append(files[p.Name], append(record, image...)...)
		}
	}
	packed = packedCIFAR(t, from.format.Folder, files)
	made.archive = &fetch.File{Name: from.archive.Name, Size: int64(len(packed)), SHA256: fmt.Sprintf("%x", sha256.Sum256(packed))}
	return &made, files, packed
}

// packedCIFAR is the archive of files in a folder.
func packedCIFAR(t testing.TB, folder string, files map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, data := range files {
		if err := w.WriteHeader(&tar.Header{Name: folder + "/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// CIFAR-10 and CIFAR-100 are the same wherever they are read from.
func TestCIFAR(t *testing.T) {
	for _, test := range []struct {
		source      *cifarSource
		train, test []int
		reds        []int
	}{
		{cifar10, []int{0, 3, 6, 9, 3, 6, 9, 2, 6, 9, 2, 5, 9, 2, 5, 8, 2, 5, 8, 1}, []int{5, 8, 1, 4}, []int{50, 51, 52, 53}},
		{cifar100, []int{0, 3, 6, 9}, []int{3, 6, 9, 12}, []int{10, 11, 12, 13}},
		{cifar100Coarse, []int{4, 8, 7, 3}, []int{8, 7, 3, 9}, []int{10, 11, 12, 13}},
	} {
		c, files, packed := madeCIFAR(t, test.source, 4)
		dir := t.TempDir()
		writeFile(t, packed, dir, "archive", c.archive.Name)
		writeFile(t, packed, dir, "another.tgz")
		for name, data := range files {
			writeFile(t, data, dir, "unpacked", c.format.Folder, name)
		}
		var prints []string
		for _, from := range []string{
			filepath.Join("archive", c.archive.Name), "archive", "another.tgz", "unpacked", filepath.Join("unpacked", c.format.Folder),
		} {
			d, err := c.open(filepath.Join(dir, from), Options{})
			if err != nil {
				t.Fatal(from, err)
			}
			d.Train.check()
			d.Test.check()
			if d.Name != c.name || !slices.Equal(d.Train.Labels, test.train) || !slices.Equal(d.Test.Labels, test.test) {
				t.Errorf("%s: %s: labels %v and %v", c.name, from, d.Train.Labels, d.Test.Labels)
			}
			if got := reds(d.Test); !slices.Equal(got, test.reds) {
				t.Errorf("%s: %s: test images %v", c.name, from, got)
			}
			if mean := d.Normalisation().Mean[1]; (mean == 0.4865) != (c.name != "cifar10") {
				t.Errorf("%s: normalised by the mean %v", c.name, mean)
			}
			prints = append(prints, d.Fingerprint())
		}
		if len(slices.Compact(prints)) != 1 {
			t.Errorf("fingerprints %v", prints)
		}
		d, err := c.open(filepath.Join(dir, "unpacked"), Options{Normalise: ByImageNet})
		if err != nil || d.Normalisation().Mean[0] != 0.485 {
			t.Errorf("%v, %v", d, err)
		}
		// Lists of names may be there, with any ends of lines, and must not contradict.
		list := c.format.Lists[c.format.Label]
		writeFile(t, []byte("\ufeff"+strings.Join(c.format.Classes(), "\r\n")+"\r\n\r\n"), dir, "unpacked", c.format.Folder, list)
		if _, err := c.open(filepath.Join(dir, "unpacked"), Options{}); err != nil {
			t.Error(err)
		}
		writeFile(t, []byte(strings.Join(c.format.Classes()[1:], "\n")), dir, "unpacked", c.format.Folder, list)
		_, err = c.open(filepath.Join(dir, "unpacked"), Options{})
		mustFail(t, err, list, fmt.Sprintf("%d names, expected %d", len(c.format.Classes())-1, len(c.format.Classes())))
	}
}

// Class folders of CIFAR-100 are read by either label.
func TestCIFAR100InImages(t *testing.T) {
	fine, coarse := t.TempDir(), t.TempDir()
	for i, class := range cifar.CIFAR100.Classes() {
		for _, part := range []string{"train", "test"} {
			text := encoded(t, "x.png", plain(32, 32, color.NRGBA{R: uint8(i), A: 255}))
			writeFile(t, text, fine, part, class, "x.png")
			writeFile(t, text, coarse, part, cifar.CIFAR100Coarse.Classes()[cifar.Coarse(i)], fmt.Sprintf("%d.png", i))
		}
	}
	for _, test := range []struct {
		c       *cifarSource
		dir     string
		classes int
		label   func(red int) int
	}{
		{cifar100, fine, 100, func(red int) int { return red }},
		{cifar100Coarse, fine, 20, cifar.Coarse},
		{cifar100Coarse, coarse, 20, cifar.Coarse},
	} {
		d, err := test.c.open(test.dir, Options{Train: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Train.Classes) != test.classes || d.Train.Len() != 100 || d.Test.Len() != 100 || d.Copy != "PNG copy" ||
			d.Normalisation().Mean[0] != 0.5071 {
			t.Errorf("%s: %d classes, %d and %d images, %s", test.c.name, len(d.Train.Classes), d.Train.Len(), d.Test.Len(), d.Copy)
		}
		for i, red := range reds(d.Test) {
			if d.Test.Labels[i] != test.label(red) {
				t.Errorf("%s: image %d has the label %d, want %d", test.c.name, red, d.Test.Labels[i], test.label(red))
			}
		}
	}
	_, err := cifar100.open(coarse, Options{})
	mustFail(t, err, "expected those of CIFAR-100")
}

// A copy of the images in class folders is read as CIFAR-10, and says what it is.
func TestCIFAR10InImages(t *testing.T) {
	dir := t.TempDir()
	for i, class := range cifar.Classes {
		for part, n := range map[string]int{"train": 2, "test": 1} {
			for k := range n {
				name := fmt.Sprintf("%d.jpg", k)
				writeFile(t, encoded(t, name, plain(32, 32, color.NRGBA{R: uint8(10 * i), A: 255})), dir, part, class, name)
			}
		}
	}
	d, err := cifar10.open(dir, Options{Size: 32, Test: 10})
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "cifar10" || d.Copy != "JPEG copy" || d.Train.Len() != 20 || d.Test.Len() != 10 || d.Train.Labels[3] != 1 {
		t.Errorf("%s (%s): %d and %d images, labels %v", d.Name, d.Copy, d.Train.Len(), d.Test.Len(), d.Train.Labels)
	}
	name := "more.png"
	writeFile(t, encoded(t, name, plain(32, 32, color.NRGBA{A: 255})), dir, "test", "cat", name)
	if d, err := cifar10.open(dir, Options{}); err != nil || d.Copy != "JPEG and PNG copy" {
		t.Errorf("%v, %v", d, err)
	}
	writeFile(t, encoded(t, name, plain(31, 32, color.NRGBA{A: 255})), dir, "test", "cat", name)
	_, err = cifar10.open(dir, Options{})
	mustFail(t, err, "different sizes")
	_, err = cifar10.open(madeFolder(t), Options{})
	mustFail(t, err, "4×3 pixels", "expected those of CIFAR-10")
	small := t.TempDir()
	for _, part := range []string{"train", "test"} {
		for _, class := range []string{"bear", "wolf"} {
			writeFile(t, encoded(t, name, plain(32, 32, color.NRGBA{A: 255})), small, part, class, name)
		}
	}
	_, err = cifar10.open(small, Options{})
	mustFail(t, err, "classes bear, wolf, expected those of CIFAR-10")
}

func TestCIFAR10Errors(t *testing.T) {
	c, files, packed := madeCIFAR(t, cifar10, 2)
	dir := t.TempDir()
	path := filepath.Join(dir, c.archive.Name)
	write := func(data []byte) string { writeFile(t, data, path); return path }
	flipped := slices.Clone(packed)
	flipped[len(flipped)/2] ^= 1

	_, err := c.open(write(packed[:100]), Options{})
	mustFail(t, err, "not the official archive", path, fmt.Sprintf("has 100 bytes, expected %d", len(packed)))
	_, err = c.open(write(flipped), Options{})
	mustFail(t, err, "not the official archive", path, "SHA-256", c.archive.SHA256)
	_, err = c.open(filepath.Join(dir, "nowhere"), Options{})
	mustFail(t, err, "no such file", "expected cifar-10-binary.tar.gz")
	_, err = c.open(t.TempDir(), Options{})
	mustFail(t, err, "has neither", "expected")
	_, err = cifar10.open(dir, Options{Size: 64})
	mustFail(t, err, "cifar10: size 64", "32×32")

	folder := t.TempDir()
	for name, data := range files {
		writeFile(t, data, folder, name)
	}
	_, err = cifar10.open(folder, Options{})
	mustFail(t, err, "data_batch_1.bin: ends after 6146 bytes, expected 30730000")
	if err := os.Remove(filepath.Join(folder, "test_batch.bin")); err != nil {
		t.Fatal(err)
	}
	_, err = c.open(folder, Options{})
	mustFail(t, err, filepath.Join(folder, "test_batch.bin"), "expected the files")
	_, err = c.open(t.TempDir(), Options{Train: -1})
	mustFail(t, err, "-1 training")
}

// What is fetched can be opened.
func TestFetch(t *testing.T) {
	for _, from := range []*cifarSource{cifar10, cifar100, cifar100Coarse} {
		c, _, packed := madeCIFAR(t, from, 2)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(packed) }))
		defer server.Close()
		archive := *c.archive
		archive.URL = server.URL
		official := *from.archive
		defer func() { *from.archive = official }()
		*from.archive = archive

		dir := filepath.Join(t.TempDir(), "cache")
		var last int64
		path, err := Fetch(context.Background(), from.name, dir, func(done, total int64) { last = done })
		if err != nil || last != int64(len(packed)) {
			t.Fatalf("%d bytes, %v", last, err)
		}
		for _, place := range []string{path, dir} {
			if _, err := c.open(place, Options{}); err != nil {
				t.Error(err)
			}
		}
		_, err = Fetch(context.Background(), "folder", dir, nil)
		mustFail(t, err, `"folder" cannot be fetched, expected cifar10 or cifar100`)
	}
}
