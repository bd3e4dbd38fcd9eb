// Package cifar reads the binary version of CIFAR-10: files of records of 1 + 3·32·32 bytes,
//
//	offset  size  meaning
//	0       1     label, 0 … 9
//	1       1024  red, row-major
//	1025    1024  green
//	2049    1024  blue
//
// five for training and one for test, in the folder cifar-10-batches-bin of an archive (tar, gzip).
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
	// RecordBytes is the size of a record.
	RecordBytes = 1 + ImageBytes
	// Folder is where the files lie in the archive.
	Folder = "cifar-10-batches-bin"
	// MaxUnpacked bounds what is unpacked of an archive, in bytes. The official one has 184 MB.
	MaxUnpacked = 1 << 29
)

// Classes are the names of the labels, as batches.meta.txt has them.
var Classes = []string{"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}

// A Batch is the content of a file: N labels, and N·32·32·3 bytes of pixels, NHWC.
type Batch struct {
	Labels []int
	Pixels []uint8
}

// Read reads a file of exactly the given number of records. An error is one line that begins with name and says what was
// expected.
func Read(r io.Reader, name string, records int) (Batch, error) {
	b := Batch{Labels: make([]int, 0, records), Pixels: make([]uint8, records*ImageBytes)}
	record := make([]byte, RecordBytes)
	for i := range records {
		if n, err := io.ReadFull(r, record); err != nil {
			if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
				return Batch{}, fmt.Errorf("%s: ends after %d bytes, expected %d: %d records of %d bytes",
					name, int64(i)*RecordBytes+int64(n), int64(records)*RecordBytes, records, RecordBytes)
			}
			return Batch{}, fmt.Errorf("%s: after %d bytes: %w", name, int64(i)*RecordBytes+int64(n), err)
		}
		if int(record[0]) >= len(Classes) {
			return Batch{}, fmt.Errorf("%s: label %d of image %d, expected less than %d", name, record[0], i, len(Classes))
		}
		b.Labels = append(b.Labels, int(record[0]))
		interleave(b.Pixels[i*ImageBytes:], record[1:])
	}
	switch n, err := io.ReadFull(r, record[:1]); {
	case n > 0:
		return Batch{}, fmt.Errorf("%s: bytes after the end, expected %d: %d records of %d bytes",
			name, int64(records)*RecordBytes, records, RecordBytes)
	case err != io.EOF:
		return Batch{}, fmt.Errorf("%s: after %d bytes: %w", name, int64(records)*RecordBytes, err)
	}
	return b, nil
}

// interleave writes three planes as pixels of three channels.
func interleave(pixels, planes []uint8) {
	const plane = Side * Side
	for i := range plane {
		pixels[3*i], pixels[3*i+1], pixels[3*i+2] = planes[i], planes[plane+i], planes[2*plane+i]
	}
}

// ReadArchive reads the named files, each of the given number of records, out of an archive, and returns them in the
// order of names. They must be plain files in Folder, each there once; everything else is passed over. An error is one
// line that begins with the archive's name.
func ReadArchive(r io.Reader, name string, names []string, records int) ([]Batch, error) {
	batches, err := readArchive(r, names, records)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return batches, nil
}

func readArchive(r io.Reader, names []string, records int) ([]Batch, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("no archive packed by gzip, expected a .tar.gz: %w", err)
	}
	limited := &io.LimitedReader{R: z, N: MaxUnpacked}
	unpacked := tar.NewReader(limited)
	batches := make([]Batch, len(names))
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
		i := slices.Index(names, file)
		if folder != Folder+"/" || i < 0 {
			continue
		}
		if h.Typeflag != tar.TypeReg {
			return nil, fmt.Errorf("%s is no plain file", file)
		}
		if batches[i].Labels != nil {
			return nil, fmt.Errorf("%s is there twice", file)
		}
		if batches[i], err = Read(unpacked, file, records); err != nil {
			return nil, err
		}
	}
	for i, b := range batches {
		if b.Labels == nil {
			return nil, fmt.Errorf("%s/%s is missing", Folder, names[i])
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
