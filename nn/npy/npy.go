// Package npy reads arrays of numbers in NumPy's format .npy, as float32, and writes such: a magic string, a header that is a
// Python dictionary of constants, and the elements, in the order of rows or of columns.
//
// A file may come from a stranger: its shape is checked against its size before anything is allocated. sbinet/npyio reads such files too,
// but not float16 or version 3, takes a file that ends too early for a whole one, and panics at a header without a line break, so this
// package reads them itself.
//
// References:
//
//	https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
package npy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"cenet/nn/half"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16
)

// Read returns the shape and the elements, row by row, of a file of the given size. The elements may be booleans, integers or
// floating-point numbers of any size and order of bytes, and in the order of rows or of columns; those that float32 does not
// hold are rounded.
func Read(r io.Reader, size int64) (shape []int, data []float32, err error) {
	var begin [12]byte
	if _, err := io.ReadFull(r, begin[:10]); err != nil || string(begin[:6]) != magic {
		return nil, nil, errors.New("not a .npy file: it does not begin as one")
	}
	length, before := int64(binary.LittleEndian.Uint16(begin[8:])), int64(10)
	switch begin[6] {
	case 1:
	case 2, 3:
		if _, err := io.ReadFull(r, begin[10:]); err != nil {
			return nil, nil, errors.New("the .npy file ends in its header")
		}
		length, before = int64(binary.LittleEndian.Uint32(begin[8:])), 12
	default:
		return nil, nil, fmt.Errorf("version %d of .npy is not known, 1 to 3 are", begin[6])
	}
	if length > maxHeader || length > size-before {
		return nil, nil, fmt.Errorf("the .npy header says it is %d bytes long, in a file of %d", length, size)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, nil, errors.New("the .npy file ends in its header")
	}
	h, err := parseHeader(string(text))
	if err != nil {
		return nil, nil, err
	}
	left := (size - before - length) / int64(h.size)
	const most = 1 << 48 // elements, far beyond any file: a later dimension may be 0
	count := int64(1)
	for _, n := range h.shape {
		if n > 0 && count > most/int64(n) {
			return nil, nil, fmt.Errorf("the .npy shape %v has more elements than the %d of the file", h.shape, left)
		}
		count *= int64(n)
	}
	if count > left {
		return nil, nil, fmt.Errorf("the .npy shape %v has more elements than the %d of the file", h.shape, left)
	}
	if want := before + length + count*int64(h.size); want != size {
		return nil, nil, fmt.Errorf("the .npy file has %d bytes, its shape %v wants %d", size, h.shape, want)
	}
	data = make([]float32, count)
	var buffer [1 << 13]byte
	place := h.places()
	for at := 0; at < len(data); {
		n := min(len(data)-at, len(buffer)/h.size)
		if _, err := io.ReadFull(r, buffer[:n*h.size]); err != nil {
			return nil, nil, err
		}
		for i := range n {
			data[place()] = h.decode(h.order, buffer[i*h.size:])
		}
		at += n
	}
	return h.shape, data, nil
}

// A header says what the elements of an array are.
type header struct {
	element
	order   binary.ByteOrder
	columns bool // the first index runs fastest
	shape   []int
}

// places returns where the next element of the file goes, row by row.
func (h *header) places() func() int {
	if !h.columns {
		at := -1
		return func() int { at++; return at }
	}
	strides, size := make([]int, len(h.shape)), 1
	for i := len(strides) - 1; i >= 0; i-- {
		strides[i] = size
		size *= h.shape[i]
	}
	index, next := make([]int, len(h.shape)), 0
	return func() int {
		at := next
		for i := range index {
			index[i]++
			next += strides[i]
			if index[i] < h.shape[i] {
				break
			}
			next -= index[i] * strides[i]
			index[i] = 0
		}
		return at
	}
}

// An element is a kind of numbers.
type element struct {
	size   int
	decode func(order binary.ByteOrder, b []byte) float32
}

// elements by kind and size, as a descr has them after the order of bytes.
var elements = map[string]element{
	"b1": {1, func(_ binary.ByteOrder, b []byte) float32 {
		if b[0] != 0 {
			return 1
		}
		return 0
	}},
	"i1": {1, func(_ binary.ByteOrder, b []byte) float32 { return float32(int8(b[0])) }},
	"u1": {1, func(_ binary.ByteOrder, b []byte) float32 { return float32(b[0]) }},
	"i2": {2, func(o binary.ByteOrder, b []byte) float32 { return float32(int16(o.Uint16(b))) }},
	"u2": {2, func(o binary.ByteOrder, b []byte) float32 { return float32(o.Uint16(b)) }},
	"i4": {4, func(o binary.ByteOrder, b []byte) float32 { return float32(int32(o.Uint32(b))) }},
	"u4": {4, func(o binary.ByteOrder, b []byte) float32 { return float32(o.Uint32(b)) }},
	"i8": {8, func(o binary.ByteOrder, b []byte) float32 { return float32(int64(o.Uint64(b))) }},
	"u8": {8, func(o binary.ByteOrder, b []byte) float32 { return float32(o.Uint64(b)) }},
	"f2": {2, func(o binary.ByteOrder, b []byte) float32 { return half.Float32(o.Uint16(b)) }},
	"f4": {4, func(o binary.ByteOrder, b []byte) float32 { return math.Float32frombits(o.Uint32(b)) }},
	"f8": {8, func(o binary.ByteOrder, b []byte) float32 { return float32(math.Float64frombits(o.Uint64(b))) }},
}

// Write writes an array. It panics where the shape does not fit the data.
func Write(w io.Writer, shape []int, data []float32) error {
	count := 1
	var dims strings.Builder
	for _, n := range shape {
		count *= n
		fmt.Fprintf(&dims, "%d, ", n)
	}
	if count != len(data) {
		panic("npy: the shape does not fit the data")
	}
	text := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", strings.TrimSuffix(dims.String(), " "))
	text += strings.Repeat(" ", 63-(10+len(text))%64) + "\n"
	out := append([]byte(magic), 1, 0)
	out = binary.LittleEndian.AppendUint16(out, uint16(len(text)))
	if _, err := w.Write(append(out, text...)); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, data)
}
