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

// A cifarSource is one of the CIFAR data sets, 32×32 coloured images, wherever a directory has it: the official archive, a
// directory that holds it, the folder that it unpacks to, a directory with that, or a folder of images, dir/train/CLASS and
// dir/test/CLASS, as openFolder reads it. Of an archive, size and SHA-256 are verified before it is opened; it is read
// without being unpacked to disk.
//
// References:
//
//	A. Krizhevsky: Learning multiple layers of features from tiny images. Technical report, University of Toronto, 2009.
//	https://www.cs.toronto.edu/~kriz/cifar.html
type cifarSource struct {
	name    string // in Sources
	title   string // for people
	format  *cifar.Format
	archive *fetch.File
	parts   []cifar.Part  // the files of the training images, in their order, and, last, that of the test images
	norm    Normalisation // the published one; without channels: that of the training images taken
}

// open is the Open of the source.
func (c *cifarSource) open(dir string, o Options) (*Data, error) {
	if err := o.checkFixed(cifar.Side, cifar.Channels); err != nil {
		return nil, fmt.Errorf("%s: %w", c.name, err)
	}
	d := &Data{Name: c.name, Norm: c.norm}
	if dir != "" && c.inImages(dir) {
		return d, c.fromImages(d, dir, o)
	}
	batches, err := c.batches(dir)
	if err != nil {
		return nil, err
	}
	last := len(batches) - 1
	d.Train, d.Test = c.set(batches[:last]), c.set(batches[last:])
	return d, o.finish(d)
}

// inImages reports whether dir has class folders, and none of the authors' files in their places.
func (c *cifarSource) inImages(dir string) bool {
	for _, name := range []string{c.archive.Name, c.format.Folder, c.parts[0].Name} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return false
		}
	}
	info, err := os.Stat(filepath.Join(dir, "train"))
	return err == nil && info.IsDir()
}

// fromImages opens a copy of the images, one a file.
func (c *cifarSource) fromImages(d *Data, dir string, o Options) error {
	whole := o
	whole.Size, whole.Resize, whole.Train, whole.Test = 0, 0, 0, 0 // as they are: checked below
	classes, grouped := c.format.Classes(), false
	if train, _, err := indexFolder(dir); err == nil && c.format == cifar.CIFAR100Coarse &&
		slices.Equal(train.classes, cifar.CIFAR100.Classes()) {
		classes, grouped = train.classes, true
	} else {
		whole.Train, whole.Test = o.Train, o.Test
	}
	images, err := openFolder(dir, whole)
	if err != nil {
		return err
	}
	if s := images.Train; s.Height != cifar.Side || s.Width != cifar.Side {
		return fmt.Errorf("%s: images of %d×%d pixels, expected those of %s, %d×%d", dir, s.Width, s.Height, c.title, cifar.Side, cifar.Side)
	}
	if !slices.Equal(images.Train.Classes, classes) {
		return fmt.Errorf("%s: classes %s, expected those of %s: %s", dir, shorten(images.Train.Classes, ", "), c.title,
			strings.Join(c.format.Classes(), ", "))
	}
	d.Train, d.Test, d.Skipped, d.Notes = images.Train, images.Test, images.Skipped, images.Notes
	if len(d.Norm.Mean) == 0 || o.Normalise == ByImageNet {
		d.Norm = images.Norm
	}
	d.Copy, err = formatsOf(dir)
	d.Copy += " copy"
	if !grouped || err != nil {
		return err
	}
	for _, s := range []*Set{d.Train, d.Test} {
		s.Classes = slices.Clone(c.format.Classes())
		for i, label := range s.Labels {
			s.Labels[i] = cifar.Coarse(label)
		}
	}
	return o.finish(d)
}

// formatsOf names the kinds of files that hold the images of a folder, as in "JPEG".
func formatsOf(dir string) (string, error) {
	train, test, err := indexFolder(dir)
	if err != nil {
		return "", err
	}
	var names []string
	for _, files := range append(train.files, test.files...) {
		for _, f := range files {
			if name := imageExtensions[strings.ToLower(filepath.Ext(f.name))]; !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, " and "), nil
}

// batches reads the files wherever dir has them.
func (c *cifarSource) batches(dir string) ([]cifar.Batch, error) {
	layout := fmt.Sprintf("expected %s, or a directory with it, with the folder %s that it unpacks to, or with class folders of images in "+
		"train and test",
		c.archive.Name, c.format.Folder)
	if dir == "" {
		return nil, fmt.Errorf("no directory given: %s", layout)
	}
	info, err := os.Stat(dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, layout)
	}
	if !info.IsDir() {
		return c.fromArchive(dir)
	}
	for _, folder := range []string{filepath.Join(dir, c.format.Folder), dir} {
		if _, err := os.Stat(filepath.Join(folder, c.parts[0].Name)); err == nil {
			return c.fromFolder(folder)
		}
	}
	path := filepath.Join(dir, c.archive.Name)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has neither %s nor %s: %s", dir, c.archive.Name, c.parts[0].Name, layout)
	}
	return c.fromArchive(path)
}

func (c *cifarSource) fromArchive(path string) ([]cifar.Batch, error) {
	if err := c.archive.Verify(path); err != nil {
		return nil, fmt.Errorf("not the official archive of %s: %w", c.title, err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return c.format.ReadArchive(file, path, c.parts)
}

func (c *cifarSource) fromFolder(folder string) ([]cifar.Batch, error) {
	batches := make([]cifar.Batch, len(c.parts))
	for i, part := range c.parts {
		path := filepath.Join(folder, part.Name)
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: expected the files %s … %s", err, c.parts[0].Name, c.parts[len(c.parts)-1].Name)
		}
		batches[i], err = c.format.Read(bufio.NewReaderSize(file, 1<<20), path, part.Records)
		file.Close()
		if err != nil {
			return nil, err
		}
	}
	for i, name := range c.format.Lists { // not needed, but where they are there they must not contradict
		path := filepath.Join(folder, name)
		file, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		err = c.format.CheckNames(file, i)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return batches, nil
}

// set joins batches.
func (c *cifarSource) set(batches []cifar.Batch) *Set {
	s := &Set{Height: cifar.Side, Width: cifar.Side, Channels: cifar.Channels, Classes: slices.Clone(c.format.Classes())}
	s.Pixels = make([]uint8, 0, len(batches)*len(batches[0].Pixels))
	for _, b := range batches {
		s.Labels = append(s.Labels, b.Labels...)
		s.Pixels = append(s.Pixels, b.Pixels...)
	}
	return s
}
