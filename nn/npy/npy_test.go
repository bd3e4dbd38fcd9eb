package npy

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// file is a version 1 file with a header and the given number of bytes after it.
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

// Every kind of number, in either order of bytes, and of either order of axes.
func TestElements(t *testing.T) {
	for descr, c := range map[string]struct {
		text string
		want float32
	}{
		"|b1": {"\x01", 1}, "|i1": {"\xfe", -2}, "|u1": {"\xfe", 254}, "<i2": {"\xfe\xff", -2}, ">i2": {"\xff\xfe", -2}, "<u2": {"\x01\x02", 513},
		">u2": {"\x01\x02", 258},
		"<i4": {"\xfe\xff\xff\xff", -2}, ">i4": {"\xff\xff\xff\xfe", -2}, "<u4": {"\x00\x00\x00\x80", 1 << 31},
		">u4": {"\x80\x00\x00\x00", 1 << 31},
		"<i8": {"\xfe\xff\xff\xff\xff\xff\xff\xff", -2}, ">i8": {"\xff\xff\xff\xff\xff\xff\xff\xfe", -2},
		"<u8": {"\x00\x00\x00\x00\x00\x00\x00\x80", 1 << 63}, ">u8": {"\x80\x00\x00\x00\x00\x00\x00\x00", 1 << 63},
		"<f2": {"\x00\xbe", -1.5}, ">f2": {"\xbe\x00", -1.5}, "<f4": {"\x00\x00\xc0\xbf", -1.5}, ">f4": {"\xbf\xc0\x00\x00", -1.5},
		"<f8": {"\x00\x00\x00\x00\x00\x00\xf8\xbf", -1.5}, ">f8": {"\xbf\xf8\x00\x00\x00\x00\x00\x00", -1.5},
	} {
		for _, shape := range []string{"", "1,", "1, 1", "1L,"} {
			text := file(head(descr, "False", shape), 0) + c.text
			_, data, err := Read(strings.NewReader(text), int64(len(text)))
			if err != nil || !slices.Equal(data, []float32{c.want}) {
				t.Errorf("%s (%s): %v, error %v, want %v", descr, shape, data, err, c.want)
			}
		}
	}
	// In the order of columns, as numpy.asfortranarray has them: 0 … 23 row by row.
	for _, dims := range [][]int{{24}, {4, 6}, {2, 3, 4}, {1, 2, 3, 4}, {4, 1, 6}} {
		var shape []string
		for _, n := range dims {
			shape = append(shape, strconv.Itoa(n))
		}
		text := []byte(file(head("|u1", "True", strings.Join(shape, ", ")+","), 24))
		body := text[len(text)-24:]
		for i := range 24 { // at i row by row; its place column by column
			left, place, stride := i, 0, 1
			var index []int
			for a := len(dims) - 1; a >= 0; a-- {
				index = append([]int{left % dims[a]}, index...)
				left /= dims[a]
			}
			for a, n := range dims {
				place += index[a] * stride
				stride *= n
			}
			body[place] = byte(i)
		}
		got, data, err := Read(bytes.NewReader(text), int64(len(text)))
		if err != nil || !slices.Equal(got, dims) {
			t.Errorf("%v: %v, %v", dims, got, err)
		}
		for i, v := range data {
			if int(v) != i {
				t.Errorf("%v: element %d is %v", dims, i, v)
				break
			}
		}
	}
	// Keys in another order, other quotes and spaces.
	for _, h := range []string{
		`{"shape": (2,), 'descr':'<f4',  "fortran_order" : False}`, "{'fortran_order': True, 'shape': (2, ), 'descr': '<f4', }   \n",
		"{'descr':'<f4','fortran_order':False,'shape':(2,)}",
	} {
		if _, data, err := Read(strings.NewReader(file(h, 8)), int64(len(file(h, 8)))); err != nil || len(data) != 2 {
			t.Errorf("%s: %v, %v", h, data, err)
		}
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
		file("__import__('os').system('true')", 8): "not of the form",
		file(head("<i4", "False", "1,"), 8):        "wants",
		file(head("=f4", "False", "1,"), 4):        `"=f4", unknown`,
		file(head("|O", "False", "1,"), 8):         `"|O", objects of Python`,
		file(head("<c8", "False", "1,"), 8):        `"<c8", complex`,
		file(head("<U3", "False", "1,"), 12):       `"<U3", text`,
		file(head("<M8[s]", "False", "1,"), 8):     `"<M8[s]", dates`,
		file(head("", "False", "1,"), 8):           `"", unknown`,
		file(head("<f16", "False", "1,"), 16):      `"<f16"`,
		file(strings.Replace(head("<f4", "False", "1,"), "'<f4'", "[('x', '<f4'), ('y', '>i2')]", 1), 6): "structured, [('x', '<f4')",
		file(strings.Replace(head("<f4", "False", "1,"), "(1,)", "'1'", 1), 4):                           "not of the form",
		file(strings.Replace(head("<f4", "False", "1,"), "False", "0", 1), 4):                            "not of the form",
		file("{'descr': '<f4', 'descr': '<f4', 'shape': (1,), }", 4):                                     `"descr" twice`,
		file("{'descr': '<f4', 'shape': (1,), }", 4):                                                     "not of the form",
		file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 'x'}", 4):                  "not of the form",
		file(head("<f4", "False", "1 2"), 8):                                                             "or is invalid",
		file(head("<f4", "False", "2, 2"), 15):                                                           "more elements",
		file(head("<f4", "False", "2, 2"), 17):                                                           "wants",
		file(head("<f4", "False", "2147483647, 2147483647, 2147483647"), 16):                             "more elements",
		file(head("<f4", "False", "99999999999999999999"), 16):                                           "more elements",
		file(head("<f4", "False", "-1"), 16):                                                             "not of the form",
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
	f.Add([]byte(file(head(">i2", "True", "2, 3, 0"), 0)))
	f.Add([]byte(file(head("|u1", "True", "2, 3"), 6)))
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
