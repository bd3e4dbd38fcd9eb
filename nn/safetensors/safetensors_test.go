package safetensors

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	tensors := []Tensor{
		{"a/weight", []int{2, 3}, []float32{1, -2, 3.5, float32(math.Inf(1)), 1e-45, 0}},
		{"scalar", nil, []float32{7}},
		{"empty", []int{0, 4}, nil},
		{"long", []int{5000}, slices.Repeat([]float32{0.1}, 5000)},
	}
	var b, again bytes.Buffer
	meta := map[string]string{"format": "pt", "step": "12"}
	if err := Write(&b, tensors, meta); err != nil {
		t.Fatal(err)
	}
	if err := Write(&again, tensors, meta); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same tensors give other bytes")
	}
	f, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	if f.begin%8 != 0 || f.Metadata["step"] != "12" || len(f.Tensors) != len(tensors) {
		t.Errorf("data at %d, metadata %v, %d tensors", f.begin, f.Metadata, len(f.Tensors))
	}
	for _, want := range tensors {
		info, ok := f.Find(want.Name)
		if !ok {
			t.Fatalf("%s is not there", want.Name)
		}
		got := make([]float32, info.Len())
		if err := f.Read(info.Name, got); err != nil || !slices.Equal(got, want.Data) {
			t.Errorf("%s: %v, want %v, error %v", want.Name, got, want.Data, err)
		}
	}
}

// file makes a file of a header and the given number of bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestConversions(t *testing.T) {
	header := `{"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"b":{"dtype":"BF16","shape":[1],"data_offsets":[10,12]},` +
		`"d":{"dtype":"F64","shape":[1],"data_offsets":[12,20]},"i":{"dtype":"I64","shape":[],"data_offsets":[20,28]}}`
	b := file(header, 0)
	for _, h := range []uint16{0x3c00, 0xc000, 0x0001, 0x7c00, 0x7bff} {
		b = binary.LittleEndian.AppendUint16(b, h)
	}
	b = binary.LittleEndian.AppendUint16(b, 0xbfc0)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(0.1))
	b = binary.LittleEndian.AppendUint64(b, 3)
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]float32{{1, -2, 0x1p-24, float32(math.Inf(1)), 65504}, {-1.5}, {0.1}} {
		got := make([]float32, len(want))
		if err := f.Read(f.Tensors[i].Name, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v, error %v", f.Tensors[i].Name, got, want, err)
		}
	}
	if err := f.Read(f.Tensors[3].Name, make([]float32, 1)); err == nil {
		t.Error("an integer was read as a real number")
	}
	for i, want := range []bool{false, false, false, true} {
		if n, ok := f.Count(f.Tensors[i].Name); ok != want || ok && n != 3 {
			t.Errorf("%s counts %d, %v", f.Tensors[i].Name, n, ok)
		}
	}
}

// hostile are files that must be refused, and what the error must say.
var hostile = []struct {
	name, want string
	data       []byte
}{
	{"empty", "0 bytes", nil},
	{"no header", "a header of 100 bytes", append(binary.LittleEndian.AppendUint64(nil, 100), '{')},
	{"enormous header", "a header of 18446744073709551615", binary.LittleEndian.AppendUint64(nil, math.MaxUint64)},
	{"no object", "not a JSON object", file(`[]`, 0)},
	{"cut short", "header", file(`{"a":{"dtype":"F32"`, 0)},
	{"something after", "follows", file(`{} {}`, 0)},
	{"twice", "duplicate name", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8)},
	{"unknown type", `unknown type "F31"`, file(`{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}`, 4)},
	{"negative", "not possible", file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, 4)},
	{"product overflows", "not possible", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0)},
	{"enormous", "ends at byte", file(`{"a":{"dtype":"F32","shape":[288230376151711744],"data_offsets":[0,1152921504606846976]}}`, 4)},
	{"overlap", "begins at byte 2", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}`, 6)},
	{"gap", "begins at byte 8", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}`, 12)},
	{"reversed", "ends at byte", file(`{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,-4]}}`, 4)},
	{"other size", "has 4 bytes", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, 4)},
	{"too much", "take 4", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 5)},
	{"three offsets", "3 numbers", file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}`, 4)},
	{"no shape", "has no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, 4)},
	{"no type", `unknown type ""`, file(`{"a":{"shape":[1],"data_offsets":[0,4]}}`, 4)},
	{"strides", `unknown field "strides"`, file(`{"a":{"dtype":"F32","shape":[1],"strides":[1],"data_offsets":[0,4]}}`, 4)},
	{"shape of text", "tensor", file(`{"a":{"dtype":"F32","shape":"1","data_offsets":[0,4]}}`, 4)},
	{"metadata of numbers", "__metadata__", file(`{"__metadata__":{"a":1}}`, 0)},
}

func TestHostile(t *testing.T) {
	for _, h := range hostile {
		_, err := Open(bytes.NewReader(h.data), int64(len(h.data)))
		if err == nil || !strings.Contains(err.Error(), h.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", h.name, err, h.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, h := range hostile {
		f.Add(h.data)
	}
	f.Add(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, 4))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, info := range file.Tensors {
			if _, ok := converters[info.Type]; ok {
				if err := file.Read(info.Name, make([]float32, info.Len())); err != nil {
					t.Errorf("a checked tensor cannot be read: %v", err)
				}
			}
		}
	})
}
