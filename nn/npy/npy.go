// Package npy reads and writes arrays of float32 in NumPy's format .npy: a magic string, a header that is a Python dictionary
// of constants, and the elements in the order of rows.
//
// A file may come from a stranger: its shape is checked against its size before anything is allocated.
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
	"regexp"
	"strconv"
	"strings"
)

const (
	magic     = "\x93NUMPY"
	maxHeader = 1 << 16
)

var (
	header = regexp.MustCompile(`^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([0-9, ]*)\),?\s*\}\s*$`)
	types  = map[string]int{"<f4": 4, "<f8": 8, "<i8": 8}
)

// Read returns the shape and the elements of a file of the given size, of little-endian float32, or of float64 or int64, which are rounded.
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
	m := header.FindSubmatch(text)
	if m == nil {
		return nil, nil, fmt.Errorf("the .npy header %.60q is not of the form {'descr': …, 'fortran_order': …, 'shape': …}", text)
	}
	element, ok := types[string(m[1])]
	if !ok {
		return nil, nil, fmt.Errorf("the .npy elements are %q, expected \"<f4\", \"<f8\" or \"<i8\"", m[1])
	}
	if string(m[2]) == "True" {
		return nil, nil, errors.New("the .npy array is in Fortran's order, expected C's: numpy.ascontiguousarray makes it so")
	}
	left := (size - before - length) / int64(element)
	const most = 1 << 48 // elements, far beyond any file: a later dimension may be 0
	count := int64(1)
	for _, word := range strings.FieldsFunc(string(m[3]), func(c rune) bool { return c == ',' || c == ' ' }) {
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil || n > 0 && count > most/n {
			return nil, nil, fmt.Errorf("the .npy shape (%s) has more elements than the %d of the file", m[3], left)
		}
		count *= n
		shape = append(shape, int(n))
	}
	if count > left {
		return nil, nil, fmt.Errorf("the .npy shape (%s) has more elements than the %d of the file", m[3], left)
	}
	if want := before + length + count*int64(element); want != size {
		return nil, nil, fmt.Errorf("the .npy file has %d bytes, its shape (%s) wants %d", size, m[3], want)
	}
	data = make([]float32, count)
	var buffer [1 << 13]byte
	for at := 0; at < len(data); {
		n := min(len(data)-at, len(buffer)/element)
		if _, err := io.ReadFull(r, buffer[:n*element]); err != nil {
			return nil, nil, err
		}
		for i := range n {
			switch string(m[1]) {
			case "<f4":
				data[at+i] = math.Float32frombits(binary.LittleEndian.Uint32(buffer[4*i:]))
			case "<f8":
				data[at+i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(buffer[8*i:])))
			case "<i8":
				data[at+i] = float32(int64(binary.LittleEndian.Uint64(buffer[8*i:])))
			}
		}
		at += n
	}
	return shape, data, nil
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
