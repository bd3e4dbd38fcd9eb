// Package idx reads and writes the IDX files of MNIST and its successors: arrays of unsigned bytes after a short header
// of big-endian numbers,
//
//	offset  size  meaning
//	0       2     zero
//	2       1     type of an element, 0x08: unsigned byte
//	3       1     number of dimensions d
//	4       4·d   the d sizes, slowest first: images, rows, columns
//	4+4·d   ∏     the elements, row-major
//
// A file may be anybody's: nothing in its header is believed before the bytes are there.
//
// References:
//
//	Y. LeCun, C. Cortes, C. Burges: The MNIST database of handwritten digits, "The IDX file format".
//	http://yann.lecun.com/exdb/mnist/
package idx

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	// unsignedByte is the only type of element read or written.
	unsignedByte = 0x08
	// MaxSize bounds the elements of one file, in bytes: a header that claims more is refused. Fashion-MNIST's training
	// images have 47 MB.
	MaxSize = 1 << 30

	// What gzip packs may unpack to unpackedFree bytes and unpackedRatio times its size beyond; images to about five times.
	unpackedFree  = 16 << 20
	unpackedRatio = 32
)

// An Array is the content of an IDX file: Data holds ∏ Dims bytes, row-major.
type Array struct {
	Dims []int
	Data []byte
}

// Read reads an IDX file of unsigned bytes in the given number of dimensions (1 for labels, 3 for images) from r, as
// it is or compressed by gzip, which the first two bytes tell. The file must end where its header says.
//
// The memory used follows the bytes that are there, not those that the header claims, and what is compressed beyond reason is
// refused. An error is one line that begins
// with name and says what was expected.
func Read(r io.Reader, name string, dims int) (Array, error) {
	if dims < 1 || dims > 255 {
		panic("idx: number of dimensions out of range")
	}
	a, err := read(r, dims)
	if err != nil {
		return Array{}, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

func read(r io.Reader, dims int) (Array, error) {
	packed := counted{Reader: r}
	buffered := bufio.NewReader(&packed)
	// An IDX file begins with two zero bytes, so it cannot be mistaken for gzip.
	if magic, _ := buffered.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(buffered)
		if err != nil {
			return Array{}, fmt.Errorf("not a sound gzip file: %w", err)
		}
		return parse(&unpacked{Reader: z, packed: &packed}, dims)
	}
	return parse(buffered, dims)
}

// A counted reader counts its bytes.
type counted struct {
	io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

// An unpacked reader fails where it has given too many bytes for those that it took.
type unpacked struct {
	io.Reader
	packed *counted
	n      int64
}

func (u *unpacked) Read(b []byte) (int, error) {
	n, err := u.Reader.Read(b)
	if u.n += int64(n); u.n > unpackedFree+unpackedRatio*u.packed.n {
		return 0, fmt.Errorf("%d compressed bytes unpack to more than %d, the most that is read", u.packed.n, u.n)
	}
	return n, err
}

func parse(r io.Reader, dims int) (Array, error) {
	header := make([]byte, 4+4*dims)
	if n, err := io.ReadFull(r, header[:4]); err != nil {
		return Array{}, ended(err, "in its header", int64(n), int64(len(header)))
	}
	want := uint32(unsignedByte)<<8 | uint32(dims)
	if magic := binary.BigEndian.Uint32(header); magic != want {
		return Array{}, fmt.Errorf("magic number 0x%08x, expected 0x%08x (unsigned bytes, dimensions: %d)", magic, want, dims)
	}
	if n, err := io.ReadFull(r, header[4:]); err != nil {
		return Array{}, ended(err, "in its header", int64(4+n), int64(len(header)))
	}
	a := Array{Dims: make([]int, dims)}
	total := uint64(1)
	for i := range a.Dims {
		d := binary.BigEndian.Uint32(header[4+4*i:])
		if d == 0 {
			return Array{}, fmt.Errorf("size %d of %d is 0, expected at least 1", i+1, dims)
		}
		// total ≤ 2³⁰ and d < 2³²: the product fits.
		if total *= uint64(d); total > MaxSize {
			return Array{}, fmt.Errorf("the header claims more than %d bytes, the most that is read", int64(MaxSize))
		}
		a.Dims[i] = int(d)
	}
	var data bytes.Buffer
	if n, err := io.CopyN(&data, r, int64(total)); err != nil {
		return Array{}, ended(err, "in its data", n, int64(total))
	}
	// Reading to the end also lets gzip check its sum.
	switch n, err := io.ReadFull(r, header[:1]); {
	case n > 0:
		return Array{}, fmt.Errorf("bytes after the end, expected %d bytes of data and no more", total)
	case err != io.EOF:
		return Array{}, fmt.Errorf("after %d bytes of data: %w", total, err)
	}
	a.Data = data.Bytes()
	return a, nil
}

// ended says where a file broke off, or what else stopped the reading.
func ended(err error, where string, got, want int64) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("ends %s after %d of %d bytes", where, got, want)
	}
	return fmt.Errorf("%s after %d of %d bytes: %w", where, got, want, err)
}

// Write writes a to w, not compressed. It panics when the sizes of a do not describe its data.
func Write(w io.Writer, a Array) error {
	header := []byte{0, 0, unsignedByte, byte(len(a.Dims))}
	total := 1
	for _, d := range a.Dims {
		if d < 1 || d > MaxSize/total {
			panic("idx: size out of range")
		}
		total *= d
		header = binary.BigEndian.AppendUint32(header, uint32(d))
	}
	if len(a.Dims) < 1 || len(a.Dims) > 255 || total != len(a.Data) {
		panic("idx: sizes do not describe the data")
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	_, err := w.Write(a.Data)
	return err
}
