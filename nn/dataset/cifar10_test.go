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
	"testing"

	"cenet/nn/dataset/cifar"
	"cenet/nn/dataset/fetch"
)

// madeCIFAR10 returns the six files, of n records each; image i of file k has label (i+k) mod 10 and red 10·k + i.
func madeCIFAR10(n int) map[string][]byte {
	files := map[string][]byte{}
	for k, name := range cifar10Files {
		for i := range n {
			record := make([]byte, cifar.RecordBytes)
			record[0] = byte((i + k) % 10)
			for j := range cifar.Side * cifar.Side {
				record[1+j] = byte(10*k + i)
			}
			files[name] = append(files[name], record...)
		}
	}
	return files
}

// packedCIFAR10 is the archive of these files, and what it is to be verified by.
func packedCIFAR10(t testing.TB, files map[string][]byte) ([]byte, fetch.File) {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, data := range files {
		if err := w.WriteHeader(&tar.Header{Name: cifar.Folder + "/" + name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(data))}); err != nil {
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
	packed := b.Bytes()
	return packed, fetch.File{Name: cifar10Archive.Name, Size: int64(len(packed)), SHA256: fmt.Sprintf("%x", sha256.Sum256(packed))}
}

// CIFAR-10 is the same wherever it is read from.
func TestCIFAR10(t *testing.T) {
	files := madeCIFAR10(4)
	packed, archive := packedCIFAR10(t, files)
	dir := t.TempDir()
	writeFile(t, packed, dir, "archive", archive.Name)
	writeFile(t, packed, dir, "another.tgz")
	for name, data := range files {
		writeFile(t, data, dir, "unpacked", cifar.Folder, name)
	}
	var prints []string
	for _, from := range []string{
		filepath.Join("archive", archive.Name), "archive", "another.tgz", "unpacked", filepath.Join("unpacked", cifar.Folder),
	} {
		d, err := readCIFAR10(filepath.Join(dir, from), archive, 4, Options{})
		if err != nil {
			t.Fatal(from, err)
		}
		d.Train.check()
		d.Test.check()
		if d.Name != "cifar10" || !slices.Equal(d.Test.Labels, []int{5, 6, 7, 8}) ||
			!slices.Equal(d.Train.Labels, []int{0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 4, 5, 6, 7}) {
			t.Errorf("%s: labels %v and %v", from, d.Train.Labels, d.Test.Labels)
		}
		if got := reds(d.Test); !slices.Equal(got, []int{50, 51, 52, 53}) {
			t.Errorf("%s: test images %v", from, got)
		}
		prints = append(prints, d.Fingerprint())
	}
	if len(slices.Compact(prints)) != 1 {
		t.Errorf("fingerprints %v", prints)
	}
	d, err := readCIFAR10(filepath.Join(dir, "unpacked"), archive, 4, Options{Normalise: ByImageNet})
	if err != nil || d.Normalisation().Mean[0] != 0.485 {
		t.Errorf("%v, %v", d, err)
	}
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
	d, err := openCIFAR10(dir, Options{Size: 32, Test: 10})
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "cifar10" || d.Copy != "JPEG copy" || d.Train.Len() != 20 || d.Test.Len() != 10 || d.Train.Labels[3] != 1 {
		t.Errorf("%s (%s): %d and %d images, labels %v", d.Name, d.Copy, d.Train.Len(), d.Test.Len(), d.Train.Labels)
	}
	name := "more.png"
	writeFile(t, encoded(t, name, plain(32, 32, color.NRGBA{A: 255})), dir, "test", "cat", name)
	if d, err := openCIFAR10(dir, Options{}); err != nil || d.Copy != "JPEG and PNG copy" {
		t.Errorf("%v, %v", d, err)
	}
	writeFile(t, encoded(t, name, plain(31, 32, color.NRGBA{A: 255})), dir, "test", "cat", name)
	_, err = openCIFAR10(dir, Options{})
	mustFail(t, err, "different sizes")
	_, err = openCIFAR10(madeFolder(t), Options{})
	mustFail(t, err, "4×3 pixels", "expected those of CIFAR-10")
	small := t.TempDir()
	for _, part := range []string{"train", "test"} {
		writeFile(t, encoded(t, name, plain(32, 32, color.NRGBA{A: 255})), small, part, "bear", name)
	}
	_, err = openCIFAR10(small, Options{})
	mustFail(t, err, "classes bear, expected those of CIFAR-10")
}

func TestCIFAR10Errors(t *testing.T) {
	files := madeCIFAR10(2)
	packed, archive := packedCIFAR10(t, files)
	dir := t.TempDir()
	path := filepath.Join(dir, archive.Name)
	write := func(data []byte) string { writeFile(t, data, path); return path }
	flipped := slices.Clone(packed)
	flipped[len(flipped)/2] ^= 1

	_, err := readCIFAR10(write(packed[:100]), archive, 2, Options{})
	mustFail(t, err, "not the official archive", path, fmt.Sprintf("has 100 bytes, expected %d", len(packed)))
	_, err = readCIFAR10(write(flipped), archive, 2, Options{})
	mustFail(t, err, "not the official archive", path, "SHA-256", archive.SHA256)
	_, err = readCIFAR10(filepath.Join(dir, "nowhere"), archive, 2, Options{})
	mustFail(t, err, "no such file", "expected cifar-10-binary.tar.gz")
	_, err = readCIFAR10(t.TempDir(), archive, 2, Options{})
	mustFail(t, err, "has neither", "expected")
	_, err = openCIFAR10(dir, Options{Size: 64})
	mustFail(t, err, "cifar10: size 64", "32×32")

	folder := t.TempDir()
	for name, data := range files {
		writeFile(t, data, folder, name)
	}
	_, err = openCIFAR10(folder, Options{})
	mustFail(t, err, "data_batch_1.bin: ends after 6146 bytes, expected 30730000")
	if err := os.Remove(filepath.Join(folder, "test_batch.bin")); err != nil {
		t.Fatal(err)
	}
	_, err = readCIFAR10(folder, archive, 2, Options{})
	mustFail(t, err, filepath.Join(folder, "test_batch.bin"), "expected the files")
	_, err = readCIFAR10(t.TempDir(), archive, 2, Options{Train: -1})
	mustFail(t, err, "-1 training")
}

// What is fetched can be opened.
func TestFetch(t *testing.T) {
	packed, archive := packedCIFAR10(t, madeCIFAR10(2))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(packed) }))
	defer server.Close()
	archive.URL = server.URL
	official := cifar10Archive
	defer func() { cifar10Archive = official }()
	cifar10Archive = archive

	dir := filepath.Join(t.TempDir(), "cache")
	var last int64
	path, err := Fetch(context.Background(), "cifar10", dir, func(done, total int64) { last = done })
	if err != nil || last != int64(len(packed)) {
		t.Fatalf("%d bytes, %v", last, err)
	}
	for _, from := range []string{path, dir} {
		if _, err := readCIFAR10(from, archive, 2, Options{}); err != nil {
			t.Error(err)
		}
	}
	_, err = Fetch(context.Background(), "folder", dir, nil)
	mustFail(t, err, `"folder" cannot be fetched, expected cifar10`)
}
