// Package torchfile reads the state dictionaries that PyTorch writes with torch.save, in the zip format (since 1.6) and in the one before.
//
// A file may come from a stranger. Its pickle is read for what state dictionaries consist of and nothing else, and nothing
// of it is run; sizes, places and shapes are checked against the file before anything of their size is allocated. There is no
// library that promises this: gopickle, the widely used one, allocates what a file says.
//
// References:
//
//	torch/serialization.py of PyTorch 1.13; Python's pickletools for the opcodes.
package torchfile

import (
	"archive/zip"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"cenet/nn/half"
)

// Info is what a file says of a tensor.
type Info struct {
	Name  string
	Shape []int
	DType string // float32, float64, float16, bfloat16, int64, …
}

// A File is an open file whose pickle has been read.
type File struct {
	Tensors []Info // in their order
	// Note tells, where the file has several dictionaries of tensors, which one was read; "" where there is one.
	Note string

	order   binary.ByteOrder // of the elements
	tensors map[string]*tensor
	places  map[string]*io.SectionReader // of storages by key
}

// maxPickle bounds the pickle of a file: state dictionaries take some hundred bytes a tensor.
const maxPickle = 1 << 22

// Open reads the pickle of a file of the given size.
func Open(r io.ReaderAt, size int64) (*File, error) {
	var begin [4]byte
	if _, err := r.ReadAt(begin[:], 0); err != nil && size < int64(len(begin)) {
		return nil, errors.New("not a PyTorch file: it is too short")
	} else if err != nil {
		return nil, err
	}
	switch {
	case string(begin[:]) == "PK\x03\x04":
		return openZip(r, size)
	case Is(begin[:]):
		return openLegacy(r, size)
	}
	if what := Foreign(r, size); what != "" {
		return nil, fmt.Errorf("not a PyTorch file: it is %s", what)
	}
	return nil, errors.New("not a PyTorch file: it begins neither as an archive nor as a pickle")
}

func (f *File) fill(v any, storages map[string]*storage) (err error) {
	var names []string
	if names, f.tensors, f.Note, err = stateOf(v); err != nil {
		return err
	}
	for _, name := range names {
		t := f.tensors[name]
		info := Info{Name: name, DType: t.element.name, Shape: []int{}}
		for _, n := range t.shape {
			info.Shape = append(info.Shape, int(n))
		}
		f.Tensors = append(f.Tensors, info)
	}
	for key := range storages {
		if f.places[key] == nil {
			return fmt.Errorf("the storage %.20q is not in the file", key)
		}
	}
	return nil
}

// maxDirectory bounds what is read to find out what an archive has: about 100 bytes for an entry.
const maxDirectory = 1 << 21

var errDirectory = fmt.Errorf("the directory of the archive has more than %d bytes", maxDirectory)

// A limited reader reads a number of bytes in all.
type limited struct {
	io.ReaderAt
	left int
}

func (l *limited) ReadAt(b []byte, at int64) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, errDirectory
	}
	return l.ReaderAt.ReadAt(b, at)
}

// openZip reads an archive with NAME/data.pkl and, for every storage, NAME/data/KEY.
func openZip(r io.ReaderAt, size int64) (*File, error) {
	archive, err := zip.NewReader(&limited{r, maxDirectory}, size)
	if err != nil {
		return nil, fmt.Errorf("not a PyTorch file: %w", err)
	}
	files := map[string]*zip.File{}
	root := ""
	for _, entry := range archive.File {
		if files[entry.Name] != nil {
			return nil, fmt.Errorf("duplicate %.60q in the archive", entry.Name)
		}
		files[entry.Name] = entry
		if name, ok := strings.CutSuffix(entry.Name, "/data.pkl"); ok {
			root = name + "/"
		}
	}
	entry := files[root+"data.pkl"]
	if entry == nil {
		names := map[string]bool{}
		for name := range files {
			names[name] = true
		}
		what := foreignArchive(names)
		if what != "" {
			what = ": it is " + what
		}
		return nil, errors.New("not a PyTorch file: the archive has no data.pkl" + what)
	}
	if files[root+"constants.pkl"] != nil {
		return nil, errors.New("a program of TorchScript, no state dictionary: torch.save(torch.jit.load(FILE).state_dict(), OTHER) writes one")
	}
	f := &File{places: map[string]*io.SectionReader{}}
	if f.order, err = orderOf(r, files[root+"byteorder"], size); err != nil {
		return nil, err
	}
	if err := knownVersion(r, files[root+"version"], size); err != nil {
		return nil, err
	}
	pickle, err := stored(r, entry, size)
	if err != nil {
		return nil, err
	}
	if pickle.Size() > maxPickle {
		return nil, fmt.Errorf("the pickle has %d bytes, at most %d are read", pickle.Size(), maxPickle)
	}
	text := make([]byte, pickle.Size())
	if _, err := pickle.ReadAt(text, 0); err != nil && err != io.EOF {
		return nil, err
	}
	storages := map[string]*storage{}
	u := unpickler{text: text, persistent: persistentStorage(storages)}
	v, err := u.load()
	if err != nil {
		return nil, err
	}
	for key, s := range storages {
		entry := files[root+"data/"+key]
		if entry == nil {
			continue
		}
		place, err := stored(r, entry, size)
		if err != nil {
			return nil, err
		}
		if s.count > place.Size()/s.element.size {
			return nil, fmt.Errorf("the storage %.20q of %d × %s has %d bytes", key, s.count, s.element.name, place.Size())
		}
		f.places[key] = place
	}
	if err := f.apart(); err != nil {
		return nil, err
	}
	return f, f.fill(v, storages)
}

// record reads a short record of an archive; "" without one.
func record(r io.ReaderAt, entry *zip.File, size int64) (string, error) {
	if entry == nil {
		return "", nil
	}
	place, err := stored(r, entry, size)
	if err != nil {
		return "", err
	}
	text := make([]byte, min(place.Size(), 32))
	if _, err := place.ReadAt(text, 0); err != nil && err != io.EOF {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// orderOf is the order of bytes that an archive tells, since PyTorch 2.1; before, files were written by little-endian machines, all
// but for a few, which do not say so.
func orderOf(r io.ReaderAt, entry *zip.File, size int64) (binary.ByteOrder, error) {
	switch text, err := record(r, entry, size); {
	case err != nil:
		return nil, err
	case text == "little" || entry == nil:
		return binary.LittleEndian, nil
	case text == "big":
		return binary.BigEndian, nil
	default:
		return nil, fmt.Errorf("the record byteorder is %.20q, expected little or big", text)
	}
}

// knownVersion refuses an archive of a later version than PyTorch itself reads today, 10.
func knownVersion(r io.ReaderAt, entry *zip.File, size int64) error {
	text, err := record(r, entry, size)
	if err != nil || entry == nil {
		return err
	}
	if n, err := strconv.Atoi(text); err != nil || n < 1 || n > 10 {
		return fmt.Errorf("version %.20q of the archive, 1 to 10 are known", text)
	}
	return nil
}

// apart refuses storages that overlap in the file.
func (f *File) apart() error {
	begin := func(key string) int64 { _, at, _ := f.places[key].Outer(); return at }
	keys := slices.SortedFunc(maps.Keys(f.places), func(a, b string) int { return cmp.Compare(begin(a), begin(b)) })
	for i := 1; i < len(keys); i++ {
		if begin(keys[i-1])+f.places[keys[i-1]].Size() > begin(keys[i]) {
			return fmt.Errorf("the storages %.20q and %.20q overlap in the file", keys[i-1], keys[i])
		}
	}
	return nil
}

// stored is the place of an entry, which must not be compressed, as PyTorch writes none.
func stored(r io.ReaderAt, entry *zip.File, size int64) (*io.SectionReader, error) {
	at, err := entry.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("%.60q in the archive: %w", entry.Name, err)
	}
	n := int64(entry.UncompressedSize64)
	if entry.Method != zip.Store || n < 0 || n > size-at {
		return nil, fmt.Errorf("%.60q in the archive is compressed or longer than the file", entry.Name)
	}
	return io.NewSectionReader(r, at, n), nil
}

// legacyMagic opens a file of the format before zip.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// openLegacy reads five pickles: the magic number, the version, facts of the machine, the state, and the keys of the storages, which
// follow in that order, each after its number of elements.
func openLegacy(r io.ReaderAt, size int64) (*File, error) {
	text := make([]byte, min(size, maxPickle))
	if _, err := r.ReadAt(text, 0); err != nil && err != io.EOF {
		return nil, err
	}
	storages := map[string]*storage{}
	var values [5]any
	u := unpickler{text: text, persistent: persistentStorage(storages)}
	for i := range values {
		v, err := u.load()
		if err != nil {
			return nil, err
		}
		if magic, ok := v.(*big.Int); i == 0 && (!ok || magic.Cmp(legacyMagic) != 0) {
			return nil, errors.New("not a PyTorch file: a pickle without PyTorch's magic number")
		}
		values[i] = v
	}
	if values[1] != int64(1001) {
		return nil, fmt.Errorf("version %.20v of PyTorch's format before zip, expected 1001", values[1])
	}
	keys, ok := values[4].(*list)
	if !ok {
		return nil, errors.New("the list of storages is invalid")
	}
	// PyTorch writes the elements little-endian whatever the machine; that is not what the third pickle's little_endian tells.
	f := &File{places: map[string]*io.SectionReader{}, order: binary.LittleEndian}
	place := int64(u.at)
	for _, v := range keys.items {
		key, _ := v.(string)
		s := storages[key]
		var count [8]byte
		if s == nil || f.places[key] != nil {
			return nil, fmt.Errorf("the storage %.20q is not expected, or a duplicate", key)
		}
		if _, err := r.ReadAt(count[:], place); err != nil {
			return nil, fmt.Errorf("the storage %.20q is not in the file", key)
		}
		place += 8
		if n := int64(binary.LittleEndian.Uint64(count[:])); n != s.count || n > (size-place)/s.element.size {
			return nil, fmt.Errorf("the storage %.20q of %d × %s says it has %d, with %d bytes left", key, s.count, s.element.name, n, size-place)
		}
		f.places[key] = io.NewSectionReader(r, place, s.count*s.element.size)
		place += s.count * s.element.size
	}
	return f, f.fill(values[3], storages)
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
	i := slices.IndexFunc(f.Tensors, func(t Info) bool { return t.Name == name })
	if i < 0 {
		return nil, false
	}
	return f.Tensors[i].Shape, true
}

// Read fills dst with a tensor of floating-point numbers, row by row, converted to float32. It panics where dst has another length.
func (f *File) Read(name string, dst []float32) error {
	t := f.tensors[name]
	n := int64(1)
	for _, d := range t.shape {
		n *= d
	}
	if n != int64(len(dst)) {
		panic("torchfile: a tensor of another length")
	}
	decode := decoders[t.element.name]
	if decode == nil {
		return fmt.Errorf("tensor %q is of %s, expected floating-point numbers", name, t.element.name)
	}
	if n == 0 {
		return nil
	}
	last := int64(0)
	for i, d := range t.shape {
		last += (d - 1) * t.strides[i]
	}
	size, storage := t.element.size, f.places[t.key]
	raw, whole := make([]byte, size), last < 4*n
	if whole { // else the elements are read one by one: a part of a huge storage takes no more memory than it has elements
		raw = make([]byte, (last+1)*size)
	}
	if _, err := storage.ReadAt(raw, t.offset*size); err != nil && err != io.EOF {
		return err
	}
	index, at := make([]int64, len(t.shape)), int64(0)
	for j := range dst {
		element := raw
		if whole {
			element = raw[at*size:]
		} else if _, err := storage.ReadAt(raw, (t.offset+at)*size); err != nil && err != io.EOF {
			return err
		}
		dst[j] = decode(f.order, element)
		for k := len(index) - 1; k >= 0; k-- {
			index[k]++
			at += t.strides[k]
			if index[k] < t.shape[k] {
				break
			}
			at -= index[k] * t.strides[k]
			index[k] = 0
		}
	}
	return nil
}

// Count is the value of a single integer, as a module counts by; false where the tensor is another one or cannot be read.
func (f *File) Count(name string) (n int64, ok bool) {
	t := f.tensors[name]
	var b [8]byte
	if t == nil || t.element.name != "int64" || slices.ContainsFunc(t.shape, func(d int64) bool { return d != 1 }) {
		return 0, false
	}
	_, err := f.places[t.key].ReadAt(b[:], 8*t.offset)
	return int64(f.order.Uint64(b[:])), err == nil || err == io.EOF
}

var decoders = map[string]func(order binary.ByteOrder, b []byte) float32{
	"float32":  func(order binary.ByteOrder, b []byte) float32 { return math.Float32frombits(order.Uint32(b)) },
	"float64":  func(order binary.ByteOrder, b []byte) float32 { return float32(math.Float64frombits(order.Uint64(b))) },
	"bfloat16": func(order binary.ByteOrder, b []byte) float32 { return half.BFloat(order.Uint16(b)) },
	"float16":  func(order binary.ByteOrder, b []byte) float32 { return half.Float32(order.Uint16(b)) },
}
