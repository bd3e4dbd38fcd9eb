package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"cenet/nn/half"
)

// Info is what the header says of a tensor.
type Info struct {
	Name       string
	Type       string // "F32", "F64", "F16", "BF16", "I64", …
	Shape      []int
	begin, end int64 // in the data
}

// Len is the number of elements.
func (i Info) Len() int {
	n := 1
	for _, d := range i.Shape {
		n *= d
	}
	return n
}

// A File is an open file whose header has been checked.
type File struct {
	Tensors  []Info // in the order of the data
	Metadata map[string]string

	r     io.ReaderAt
	begin int64 // of the data
}

// sizes of the elements of each type, in bytes.
var sizes = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "F64": 8, "I64": 8, "U64": 8,
}

// Open checks the header of a file of the given size. The data must fill the file without gaps or overlaps.
func Open(r io.ReaderAt, size int64) (*File, error) {
	var length [8]byte
	if size < 8 {
		return nil, fmt.Errorf("not a safetensors file: %d bytes, and the length of the header takes 8", size)
	}
	if _, err := r.ReadAt(length[:], 0); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, fmt.Errorf("not a safetensors file: a header of %d bytes, in a file of %d", n, size)
	}
	text := make([]byte, n)
	if _, err := r.ReadAt(text, 8); err != nil && err != io.EOF {
		return nil, err
	}
	f := &File{r: r, begin: 8 + int64(n)}
	if err := f.parse(text); err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	return f, f.check(size - f.begin)
}

// parse reads the header entry by entry, since a duplicate name must be noticed.
func (f *File) parse(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields() // what is not known could change what the data mean
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		name := token.(string) // a key of an object
		if seen[name] {
			return fmt.Errorf("duplicate name %q", name)
		}
		seen[name] = true
		if name == metadataKey {
			if err := d.Decode(&f.Metadata); err != nil {
				return fmt.Errorf("%s: %w", metadataKey, err)
			}
			continue
		}
		var entry struct {
			Type    string  `json:"dtype"`
			Shape   *[]int  `json:"shape"`
			Offsets []int64 `json:"data_offsets"`
		}
		if err := d.Decode(&entry); err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		if entry.Shape == nil {
			return fmt.Errorf("tensor %q has no shape", name)
		}
		if len(entry.Offsets) != 2 {
			return fmt.Errorf("tensor %q: data_offsets has %d numbers, not 2", name, len(entry.Offsets))
		}
		f.Tensors = append(f.Tensors, Info{name, entry.Type, *entry.Shape, entry.Offsets[0], entry.Offsets[1]})
	}
	if _, err := d.Token(); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("something follows the JSON object")
	}
	return nil
}

// check compares types, shapes and places with the bytes of data that there are.
func (f *File) check(size int64) error {
	slices.SortStableFunc(f.Tensors, func(a, b Info) int { return cmp.Compare(a.begin, b.begin) })
	at := int64(0)
	for _, t := range f.Tensors {
		element, ok := sizes[t.Type]
		if !ok {
			return fmt.Errorf("tensor %q: unknown type %q", t.Name, t.Type)
		}
		want, ok := product(t.Shape, element)
		switch {
		case !ok:
			return fmt.Errorf("tensor %q: the shape %v is not possible", t.Name, t.Shape)
		case t.begin != at:
			return fmt.Errorf("tensor %q: begins at byte %d of the data, not at %d where the one before it ends", t.Name, t.begin, at)
		case t.end < t.begin || t.end > size:
			return fmt.Errorf("tensor %q: ends at byte %d of %d bytes of data", t.Name, t.end, size)
		case t.end-t.begin != want:
			return fmt.Errorf("tensor %q: has %d bytes, but %s%v takes %d", t.Name, t.end-t.begin, t.Type, t.Shape, want)
		}
		at = t.end
	}
	if at != size {
		return fmt.Errorf("safetensors: %d bytes of data, but the tensors take %d", size, at)
	}
	return nil
}

// product is the number of bytes of the given number of elements; false where that is negative or does not fit.
func product(shape []int, element int) (int64, bool) {
	n := uint64(element)
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		hi, lo := bits.Mul64(n, uint64(d))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		n = lo
	}
	return int64(n), true
}

// Find returns what the header says of the tensor of that name.
func (f *File) Find(name string) (Info, bool) {
	i := slices.IndexFunc(f.Tensors, func(t Info) bool { return t.Name == name })
	if i < 0 {
		return Info{}, false
	}
	return f.Tensors[i], true
}

// Names lists the tensors.
func (f *File) Names() (list []string) {
	for _, t := range f.Tensors {
		list = append(list, t.Name)
	}
	return list
}

// Shape returns the shape of a tensor; ok is false if no tensor has that name.
func (f *File) Shape(name string) (shape []int, ok bool) {
	t, ok := f.Find(name)
	return t.Shape, ok
}

// Read fills dst with a tensor of F32, F64, F16 or BF16, converted to float32. It panics where dst has another length.
func (f *File) Read(name string, dst []float32) error {
	t, _ := f.Find(name)
	if len(dst) != t.Len() {
		panic("safetensors: destination of another length than the tensor")
	}
	convert, ok := converters[t.Type]
	if !ok {
		return fmt.Errorf("tensor %q: %s holds no real numbers", t.Name, t.Type)
	}
	element := sizes[t.Type]
	var buffer [1 << 14]byte
	for at := int64(0); len(dst) > 0; {
		n := min(len(dst), len(buffer)/element)
		part := buffer[:n*element]
		if _, err := f.r.ReadAt(part, f.begin+t.begin+at); err != nil && err != io.EOF {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		for i := range n {
			dst[i] = convert(part[i*element:])
		}
		dst, at = dst[n:], at+int64(len(part))
	}
	return nil
}

// Count is the value of a single integer, as a module counts by; false where the tensor is another one or cannot be read.
func (f *File) Count(name string) (n int64, ok bool) {
	t, _ := f.Find(name)
	var b [8]byte
	if t.Type != "I64" || t.Len() != 1 {
		return 0, false
	}
	_, err := f.r.ReadAt(b[:], f.begin+t.begin)
	return int64(binary.LittleEndian.Uint64(b[:])), err == nil || err == io.EOF
}

// converters make a float32 of the first element of some bytes.
var converters = map[string]func([]byte) float32{
	"F32":  func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) },
	"F64":  func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) },
	"BF16": func(b []byte) float32 { return half.BFloat(binary.LittleEndian.Uint16(b)) },
	"F16":  func(b []byte) float32 { return half.Float32(binary.LittleEndian.Uint16(b)) },
}
