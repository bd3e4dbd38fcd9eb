package npy

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// file is a version 1 file with a header and so many bytes behind it.
func file(head string, bytes int) string {
	n := binary.LittleEndian.AppendUint16(nil, uint16(len(head)))
	return magic + "\x01\x00" + string(n) + head + strings.Repeat("\x00", bytes)
}

func head(descr, order, shape string) string {
	return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': (" + shape + "), }\n"
}

func TestRoundTrip(t *testing.T) {
	for _, shape := range [][]int{{}, {5}, {2, 3}, {3, 0, 2}, {1, 3, 4, 70}} {
		n := 1
		for _, d := range shape {
			n *= d
		}
		data := make([]float32, n)
		for i := range data {
			data[i] = float32(i) / 3
		}
		var b bytes.Buffer
		if err := Write(&b, shape, data); err != nil {
			t.Fatal(err)
		}
		if at := bytes.IndexByte(b.Bytes(), '\n') + 1; at%64 != 0 {
			t.Errorf("the elements begin at %d, no multiple of 64", at)
		}
		gotShape, got, err := Read(&b, int64(b.Len()))
		if err != nil || !slices.Equal(gotShape, shape) || !slices.Equal(got, data) {
			t.Errorf("%v comes back as %v, error %v", shape, gotShape, err)
		}
	}
}

// What numpy.save(f, numpy.array([[1, 2.5]])) writes.
func TestFloat64(t *testing.T) {
	text := file("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }"+strings.Repeat(" ", 58)+"\n", 0) +
		"\x00\x00\x00\x00\x00\x00\xf0\x3f\x00\x00\x00\x00\x00\x00\x04\x40"
	shape, data, err := Read(strings.NewReader(text), int64(len(text)))
	if err != nil || !slices.Equal(shape, []int{1, 2}) || !slices.Equal(data, []float32{1, 2.5}) {
		t.Errorf("%v of %v, error %v", data, shape, err)
	}
}

func TestHostile(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "does not begin",
		"PK\x03\x04 something else":        "does not begin",
		magic + "\x09\x00\x00\x00":         "version 9",
		magic + "\x02\x00\xff\xff\xff\xff": "4294967295 bytes long",
		magic + "\x02\x00\xff":             "does not begin",
		magic + "\x01\x00\xff\x00{":        "255 bytes long",
		file("{}", 8):                      "not of the form",
		file("__import__('os').system('true')", 8):                           "not of the form",
		file(head("<i4", "False", "1,"), 8):                                  `"<i8"`,
		file(head(">f4", "False", "1,"), 4):                                  `">f4"`,
		file(head("|O", "False", "1,"), 8):                                   `"|O"`,
		file(head("<f4", "True", "2, 2"), 16):                                "Fortran",
		file(head("<f4", "False", "2, 2"), 15):                               "more elements",
		file(head("<f4", "False", "2, 2"), 17):                               "wants",
		file(head("<f4", "False", "2147483647, 2147483647, 2147483647"), 16): "more elements",
		file(head("<f4", "False", "99999999999999999999"), 16):               "more elements",
		file(head("<f4", "False", "-1"), 16):                                 "not of the form",
	} {
		_, _, err := Read(strings.NewReader(text), int64(len(text)))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(file(head("<f4", "False", "2, 2"), 16)))
	f.Add([]byte(file(head("<f8", "False", "0,"), 0)))
	f.Fuzz(func(t *testing.T, text []byte) {
		shape, data, err := Read(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, shape, data); err != nil {
			t.Fatal(err)
		}
		if again, _, err := Read(&b, int64(b.Len())); err != nil || !slices.Equal(again, shape) {
			t.Errorf("%v comes back as %v, error %v", shape, again, err)
		}
	})
}
