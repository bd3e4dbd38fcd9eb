// Package cifar reads the binary versions of CIFAR-10 and CIFAR-100: files of records of one or two labels, a byte each,
// and an image of 3·32·32 bytes,
//
//	offset  size  CIFAR-10             offset  size  CIFAR-100
//	0       1     label, 0 … 9         0       1     coarse label, 0 … 19
//	                                   1       1     fine label, 0 … 99
//	1       1024  red, row-major       2       1024  red, row-major
//	1025    1024  green                1026    1024  green
//	2049    1024  blue                 2050    1024  blue
//
// in a folder of an archive (tar, gzip): cifar-10-batches-bin with five files for training and one for test, or
// cifar-100-binary with one of each.
//
// A file may be anybody's: nothing is written to disk, no more is kept than the records that are asked for, and no more
// is unpacked than MaxUnpacked.
//
// References:
//
//	A. Krizhevsky: Learning multiple layers of features from tiny images. Technical report, University of Toronto, 2009.
//	https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
package cifar

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	// Side is the height and the width of an image.
	Side = 32
	// Channels of an image.
	Channels = 3
	// ImageBytes is the size of an image.
	ImageBytes = Side * Side * Channels
	// MaxUnpacked bounds what is unpacked of an archive, in bytes. The official ones have 184 MB.
	MaxUnpacked = 1 << 29
	// maxNames bounds a list of names, in bytes.
	maxNames = 1 << 22
)

// Classes are the names of the labels of CIFAR-10, as batches.meta.txt has them.
var Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// A Format says what the files of a data set look like.
type Format struct {
	// Folder is where the files lie in the archive.
	Folder string
	// Labels are the names of each label of a record, in their order.
	Labels [][]string
	// Lists are the files next to those of records that repeat these names, a line each.
	Lists []string
	// Label is the one of Labels that images are read with.
	Label int
}

// The formats. CIFAR-100 has two labels for an image, a fine one and that of one of twenty groups of five classes.
var (
	CIFAR10  = &Format{Folder: "cifar-10-batches-bin", Labels: [][]string{Classes}, Lists: []string{"batches.meta.txt"}}
	CIFAR100 = &Format{Folder: "cifar-100-binary", Labels: [][]string{coarse, fine},
		Lists: []string{"coarse_label_names.txt", "fine_label_names.txt"}, Label: 1}
	CIFAR100Coarse = &Format{Folder: CIFAR100.Folder, Labels: CIFAR100.Labels, Lists: CIFAR100.Lists, Label: 0}
)

// Classes are the names of the labels that images are read with.
func (f *Format) Classes() []string { return f.Labels[f.Label] }

// RecordBytes is the size of a record.
func (f *Format) RecordBytes() int { return len(f.Labels) + ImageBytes }

// Coarse is the coarse label of CIFAR-100 that goes with a fine one.
func Coarse(fine int) int { return coarseOf[fine] }

// A Part is a file of a data set.
type Part struct {
	Name    string
	Records int
}

// A Batch is the content of a file: N labels, and N·32·32·3 bytes of pixels, NHWC.
type Batch struct {
	Labels []int
	Pixels []uint8
}

// Read reads a file of exactly the given number of records. An error is one line that begins with name and says what was
// expected.
func (f *Format) Read(r io.Reader, name string, records int) (Batch, error) {
	b := Batch{Labels: make([]int, 0, records), Pixels: make([]uint8, records*ImageBytes)}
	record := make([]byte, f.RecordBytes())
	size, whole := int64(len(record)), int64(records)*int64(len(record))
	for i := range records {
		if n, err := io.ReadFull(r, record); err != nil {
			if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
				return Batch{}, fmt.Errorf("%s: ends after %d bytes, expected %d: %d records of %d bytes", name, int64(i)*size+int64(n), whole, records,
					size)
			}
			return Batch{}, fmt.Errorf("%s: after %d bytes: %w", name, int64(i)*size+int64(n), err)
		}
		if err := f.check(record[:len(f.Labels)]); err != nil {
			return Batch{}, fmt.Errorf("%s: image %d: %w", name, i, err)
		}
		b.Labels = append(b.Labels, int(record[f.Label]))
		interleave(b.Pixels[i*ImageBytes:], record[len(f.Labels):])
	}
	switch n, err := io.ReadFull(r, record[:1]); {
	case n > 0:
		return Batch{}, fmt.Errorf("%s: bytes after the end, expected %d: %d records of %d bytes", name, whole, records, size)
	case err != io.EOF:
		return Batch{}, fmt.Errorf("%s: after %d bytes: %w", name, whole, err)
	}
	return b, nil
}

// check compares the labels of a record with what there is, and with each other.
func (f *Format) check(labels []byte) error {
	for i, label := range labels {
		if int(label) >= len(f.Labels[i]) {
			return fmt.Errorf("label %d, expected less than %d", label, len(f.Labels[i]))
		}
	}
	if len(labels) == 2 && coarseOf[labels[1]] != int(labels[0]) {
		return fmt.Errorf("coarse label %d with the fine label %d, %s, expected %d, %s",
			labels[0], labels[1], fine[labels[1]], coarseOf[labels[1]], coarse[coarseOf[labels[1]]])
	}
	return nil
}

// interleave writes three planes as pixels of three channels.
func interleave(pixels, planes []uint8) {
	const plane = Side * Side
	for i := range plane {
		pixels[3*i], pixels[3*i+1], pixels[3*i+2] = planes[i], planes[plane+i], planes[2*plane+i]
	}
}

// ReadNames reads a list of names, one a line. Ends of lines of any kind, a byte order mark and empty lines at the end are
// no part of them.
func ReadNames(r io.Reader) ([]string, error) {
	var names []string
	limited := &io.LimitedReader{R: r, N: maxNames + 1}
	lines := bufio.NewScanner(limited)
	for lines.Scan() {
		name := lines.Text() // without \n or \r\n
		if len(names) == 0 {
			name = strings.TrimPrefix(name, "\ufeff")
		}
		names = append(names, strings.TrimSpace(name))
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("a list of names of more than %d bytes", maxNames)
	}
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	return names, lines.Err()
}

// CheckNames compares a list of names, one of Lists, with the names of the labels: labels of another order would be others.
func (f *Format) CheckNames(r io.Reader, list int) error {
	names, err := ReadNames(r)
	if err != nil {
		return err
	}
	want := f.Labels[list]
	if len(names) != len(want) {
		return fmt.Errorf("%d names, expected %d, %q to %q", len(names), len(want), want[0], want[len(want)-1])
	}
	for i, name := range names {
		if name != want[i] {
			return fmt.Errorf("name %d is %q, expected %q", i, name, want[i])
		}
	}
	return nil
}

// ReadArchive reads parts out of an archive, and returns them in their order. They must be plain files in Folder, each there
// once; everything else is passed over. An error is one line that begins with the archive's name.
func (f *Format) ReadArchive(r io.Reader, name string, parts []Part) ([]Batch, error) {
	batches, err := f.readArchive(r, parts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return batches, nil
}

func (f *Format) readArchive(r io.Reader, parts []Part) ([]Batch, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("no archive packed by gzip, expected a .tar.gz: %w", err)
	}
	limited := &io.LimitedReader{R: z, N: MaxUnpacked}
	unpacked := tar.NewReader(limited)
	batches := make([]Batch, len(parts))
	for {
		h, err := unpacked.Next()
		if limited.N <= 0 {
			return nil, fmt.Errorf("more than %d MB when unpacked, the most that is read", MaxUnpacked>>20)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("not a sound archive: %w", err)
		}
		folder, file := path.Split(strings.TrimPrefix(h.Name, "./"))
		i := slices.IndexFunc(parts, func(p Part) bool { return p.Name == file })
		if folder != f.Folder+"/" || i < 0 {
			continue
		}
		if h.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("%s is no plain file", file)
		}
		if batches[i].Labels != nil {
			return nil, fmt.Errorf("%s is there twice", file)
		}
		if batches[i], err = f.Read(unpacked, file, parts[i].Records); err != nil {
			return nil, err
		}
	}
	for i, b := range batches {
		if b.Labels == nil {
			return nil, fmt.Errorf("%s/%s is missing", f.Folder, parts[i].Name)
		}
	}
	// Reading to the end lets gzip check its sum.
	if _, err := io.Copy(io.Discard, limited); err != nil {
		return nil, fmt.Errorf("not a sound gzip file: %w", err)
	}
	if limited.N <= 0 {
		return nil, fmt.Errorf("more than %d MB when unpacked, the most that is read", MaxUnpacked>>20)
	}
	return batches, nil
}
