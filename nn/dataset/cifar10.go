package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cenet/nn/dataset/cifar"
	"cenet/nn/dataset/fetch"
)

// cifar10Archive is the binary version of CIFAR-10 as its authors distribute it.
var cifar10Archive = fetch.File{
	URL:    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
	Name:   "cifar-10-binary.tar.gz",
	Size:   170_052_171,
	SHA256: "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
}

// cifar10Records is the number of images in each file.
const cifar10Records = 10_000

// cifar10Files are the files of the training images, in their order, and, last, that of the test images.
var cifar10Files = []string{
	"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", "test_batch.bin",
}

// openCIFAR10 opens CIFAR-10: 32×32 coloured images of 10 classes, 50,000 for training and 10,000 for test. dir is the
// official archive, a directory that holds it, the folder cifar-10-batches-bin that it unpacks to, a directory with
// that, or a folder of images, dir/train/CLASS and dir/test/CLASS, as openFolder reads it. Of an archive, size and
// SHA-256 are verified before it is opened; it is read without being unpacked to disk.
//
// References:
//
//	A. Krizhevsky: Learning multiple layers of features from tiny images. Technical report, University of Toronto, 2009.
//	https://www.cs.toronto.edu/~kriz/cifar.html
func openCIFAR10(dir string, o Options) (*Data, error) {
	return readCIFAR10(dir, cifar10Archive, cifar10Records, o)
}

// readCIFAR10 is openCIFAR10 for an archive and a number of records in each file.
func readCIFAR10(dir string, archive fetch.File, records int, o Options) (*Data, error) {
	const name = "cifar10"
	if err := o.checkFixed(cifar.Side, cifar.Channels); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if dir != "" && cifar10InImages(dir, archive) {
		return cifar10FromImages(name, dir, o)
	}
	batches, err := cifar10Batches(dir, archive, records)
	if err != nil {
		return nil, err
	}
	last := len(batches) - 1
	d := &Data{Name: name, Train: cifar10Set(batches[:last]), Test: cifar10Set(batches[last:])}
	return d, o.finish(d)
}

// cifar10InImages tells whether dir has class folders, and the authors' files in none of their places.
func cifar10InImages(dir string, archive fetch.File) bool {
	for _, name := range []string{archive.Name, cifar.Folder, cifar10Files[0]} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return false
		}
	}
	info, err := os.Stat(filepath.Join(dir, "train"))
	return err == nil && info.IsDir()
}

// cifar10FromImages opens a copy of the images, one a file.
func cifar10FromImages(name, dir string, o Options) (*Data, error) {
	o.Size, o.Resize = 0, 0 // as they are: checked below
	d, err := openFolder(dir, o)
	if err != nil {
		return nil, err
	}
	if s := d.Train; s.Height != cifar.Side || s.Width != cifar.Side {
		return nil, fmt.Errorf("%s: images of %d×%d pixels, expected those of CIFAR-10, %d×%d", dir, s.Width, s.Height, cifar.Side, cifar.Side)
	}
	if !slices.Equal(d.Train.Classes, cifar.Classes) {
		return nil, fmt.Errorf("%s: classes %s, expected those of CIFAR-10: %s", dir, shorten(d.Train.Classes, ", "), strings.Join(cifar.Classes, ", "))
	}
	d.Name = name
	d.Copy, err = formats(dir)
	d.Copy += " copy"
	return d, err
}

// formats names the kinds of files that hold the images of a folder, as in "JPEG".
func formats(dir string) (string, error) {
	train, test, err := indexFolder(dir)
	if err != nil {
		return "", err
	}
	var names []string
	for _, files := range append(train.files, test.files...) {
		for _, f := range files {
			name := "JPEG"
			if strings.EqualFold(filepath.Ext(f.name), ".png") {
				name = "PNG"
			}
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, " and "), nil
}

// cifar10Batches reads the files wherever dir has them.
func cifar10Batches(dir string, archive fetch.File, records int) ([]cifar.Batch, error) {
	layout := fmt.Sprintf("expected %s, or a directory with it, with the folder %s that it unpacks to, or with class folders of images in train and test", archive.Name, cifar.Folder)
	if dir == "" {
		return nil, fmt.Errorf("no directory given: %s", layout)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, layout)
	}
	if !info.IsDir() {
		return cifar10FromArchive(dir, archive, records)
	}
	for _, folder := range []string{filepath.Join(dir, cifar.Folder), dir} {
		if _, err := os.Stat(filepath.Join(folder, cifar10Files[0])); err == nil {
			return cifar10FromFolder(folder, records)
		}
	}
	path := filepath.Join(dir, archive.Name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has neither %s nor %s: %s", dir, archive.Name, cifar10Files[0], layout)
	}
	return cifar10FromArchive(path, archive, records)
}

func cifar10FromArchive(path string, archive fetch.File, records int) ([]cifar.Batch, error) {
	if err := archive.Verify(path); err != nil {
		return nil, fmt.Errorf("not the official archive of CIFAR-10: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return cifar.ReadArchive(file, path, cifar10Files, records)
}

func cifar10FromFolder(folder string, records int) ([]cifar.Batch, error) {
	batches := make([]cifar.Batch, len(cifar10Files))
	for i, name := range cifar10Files {
		path := filepath.Join(folder, name)
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: expected the files %s … %s", err, cifar10Files[0], cifar10Files[len(cifar10Files)-1])
		}
		batches[i], err = cifar.Read(bufio.NewReaderSize(file, 1<<20), path, records)
		file.Close()
		if err != nil {
			return nil, err
		}
	}
	return batches, nil
}

// cifar10Set joins batches.
func cifar10Set(batches []cifar.Batch) *Set {
	s := &Set{Height: cifar.Side, Width: cifar.Side, Channels: cifar.Channels, Classes: slices.Clone(cifar.Classes)}
	s.Pixels = make([]uint8, 0, len(batches)*len(batches[0].Pixels))
	for _, b := range batches {
		s.Labels = append(s.Labels, b.Labels...)
		s.Pixels = append(s.Pixels, b.Pixels...)
	}
	return s
}
