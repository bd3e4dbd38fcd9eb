package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
)

// Data is a source that was opened.
type Data struct {
	Name        string // of the source, as in Sources
	Copy        string // which copy of it, where it is not that of its authors: "JPEG copy"
	Train, Test *Set   // of the same image size and the same classes
	// Norm is what normalises the images of both sets; without channels: by the training set (see
	// Normalisation).
	Norm Normalisation
	// Skipped has a line for each image that was passed over as broken (see Options.MaxBroken).
	Skipped []string
	// Notes has a line for each kind of file of a folder that is not read, and for what is read otherwise than its name says.
	Notes []string
}

// Normalisation returns what normalises the images of both sets: Norm, or else the mean and the standard
// deviation of the training set.
func (d *Data) Normalisation() Normalisation {
	if len(d.Norm.Mean) > 0 {
		return d.Norm
	}
	return d.Train.Normalisation()
}

// HoldOut returns the data with n of the training images, as many of each class, in the place of the test images: to choose
// settings by. The error says how many there are.
func (d *Data) HoldOut(n int) (*Data, error) {
	held, rest, err := d.Train.split(n)
	if err != nil {
		return nil, err
	}
	if len(rest) == 0 {
		return nil, fmt.Errorf("all %d training images asked for, none would be left", n)
	}
	out := *d
	out.Test, out.Train = d.Train.Subset(held), d.Train.Subset(rest)
	return &out, nil
}

// decodedAs is raised when the same file is decoded to other pixels than before: 2 is since JPEGs are as libjpeg's, 3 since a TIFF is
// turned by its orientation.
const decodedAs = 3

// Fingerprint is the SHA-256, in hexadecimal, of all that a training can see: the sizes, the number of classes, the
// labels and the pixels of Train and Test. Where a folder lies and what its classes are called do not enter. It takes
// about a second for a gigabyte of pixels. Of a streamed set, the SHA-256 of each file and the way in which they are decoded enter
// instead of the pixels.
func (d *Data) Fingerprint() string {
	h := sha256.New()
	for _, s := range []*Set{d.Train, d.Test} {
		s.check()
		// Every part has a length that the numbers before it tell, so that no two data sets are the same text.
		writeNumbers(h, s.Len(), s.Height, s.Width, s.Channels, len(s.Classes))
		writeNumbers(h, s.Labels...)
		h.Write(s.Pixels)
		if s.Streamed() {
			writeNumbers(h, s.resize, decodedAs)
		}
		for _, f := range s.files {
			h.Write(f.print[:])
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writeNumbers writes numbers to h, as 8 little-endian bytes each.
func writeNumbers(h hash.Hash, numbers ...int) {
	var buffer [8]byte
	for _, n := range numbers {
		binary.LittleEndian.PutUint64(buffer[:], uint64(n))
		h.Write(buffer[:])
	}
}
