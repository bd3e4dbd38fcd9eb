package idx

import (
	"bytes"
	"compress/gzip"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// encode returns a as a file, compressed when asked.
func encode(t testing.TB, a Array, compress bool) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, a); err != nil {
		t.Fatal(err)
	}
	if !compress {
		return b.Bytes()
	}
	return zip(t, b.Bytes())
}

func zip(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for _, a := range []Array{
		{Dims: []int{5}, Data: []byte{0, 1, 2, 3, 255}},
		{Dims: []int{2, 3, 1}, Data: []byte{9, 8, 7, 6, 5, 4}},
	} {
		for _, compress := range []bool{false, true} {
			got, err := Read(bytes.NewReader(encode(t, a, compress)), "f", len(a.Dims))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Dims, a.Dims) || !bytes.Equal(got.Data, a.Data) {
				t.Errorf("compressed %v: got %v, want %v", compress, got, a)
			}
		}
	}
}

func TestReadErrors(t *testing.T) {
	good := encode(t, Array{Dims: []int{2, 2, 2}, Data: make([]byte, 8)}, false)
	packed := zip(t, good)
	flipped := slices.Clone(packed)
	flipped[len(flipped)-5] ^= 1 // the last byte of the checksum
	tests := []struct {
		name, want string
		file       []byte
	}{
		{"empty", "ends in its header after 0 of 16 bytes", nil},
		{"short magic", "ends in its header after 3 of 16 bytes", good[:3]},
		{"text", "magic number 0x3c68746d, expected 0x00000803", []byte("<html>not found</html>")},
		{"labels for images", "magic number 0x00000801, expected 0x00000803", []byte{0, 0, 8, 1, 0, 0, 0, 1, 7}},
		{"floats", "magic number 0x00000d03", []byte{0, 0, 13, 3, 0, 0, 0, 1}},
		{"short header", "ends in its header after 10 of 16 bytes", good[:10]},
		{"zero size", "size 2 of 3 is 0", []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}},
		{"huge", "claims more than", []byte{0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
		{"truncated", "ends in its data after 7 of 8 bytes", good[:len(good)-1]},
		{"trailing", "bytes after the end, expected 8 bytes", append(slices.Clone(good), 0)},
		{"gzip header", "not a sound gzip file", []byte{0x1f, 0x8b, 0}},
		{"gzip truncated", "ends in its", packed[:len(packed)/2]},
		{"gzip without its sum", "after 8 bytes of data: unexpected EOF", packed[:len(packed)-4]},
		{"gzip with a wrong sum", "gzip: invalid checksum", flipped},
		{"gzip and more", "after 8 bytes of data", append(slices.Clone(packed), "more"...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read(bytes.NewReader(test.file), "train.idx", 3)
			if err == nil {
				t.Fatal("no error")
			}
			if m := err.Error(); !strings.HasPrefix(m, "train.idx: ") || !strings.Contains(m, test.want) || strings.Contains(m, "\n") {
				t.Errorf("error %q, want one line with %q", m, test.want)
			}
		})
	}
}

// A file of 16 bytes that claims 2 GiB must not cost 2 GiB.
func TestClaimCostsNothing(t *testing.T) {
	claim := []byte{0, 0, 8, 3, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 1}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := Read(bytes.NewReader(claim), "claim", 3); err == nil {
		t.Error("no error")
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("%d bytes allocated for a file of %d", spent, len(claim))
	}
}

// A compressed file of less than a megabyte that unpacks to nearly a gigabyte is refused, and costs little memory.
func TestBombCostsLittle(t *testing.T) {
	var bomb bytes.Buffer
	z, err := gzip.NewWriterLevel(&bomb, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	const size = 1 << 29
	if _, err := z.Write([]byte{0, 0, 8, 1, size >> 24, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for range size / len(chunk) {
		if _, err := z.Write(chunk); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Read(&bomb, "bomb", 1)
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "the most that is read") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 200<<20 {
		t.Errorf("%d bytes allocated", spent)
	}
}

func TestWritePanics(t *testing.T) {
	for name, a := range map[string]Array{
		"no dimension": {Data: []byte{1}},
		"zero":         {Dims: []int{0}},
		"mismatch":     {Dims: []int{2, 2}, Data: make([]byte, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_ = Write(&bytes.Buffer{}, a)
		})
	}
}

// FuzzRead: no input panics, an array that is read is what its sizes say, and writing it gives the file again.
func FuzzRead(f *testing.F) {
	images := Array{Dims: []int{2, 3, 2}, Data: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}}
	labels := Array{Dims: []int{3}, Data: []byte{0, 9, 4}}
	for _, a := range []Array{images, labels} {
		for _, compress := range []bool{false, true} {
			f.Add(encode(f, a, compress), uint8(len(a.Dims)))
		}
	}
	f.Add([]byte{0, 0, 8, 3, 255, 255, 255, 255, 0, 0, 0, 1, 0, 0, 0, 1}, uint8(3))
	f.Fuzz(func(t *testing.T, file []byte, dims uint8) {
		a, err := Read(bytes.NewReader(file), "f", int(dims%4)+1)
		if err != nil {
			return
		}
		total := 1
		for _, d := range a.Dims {
			total *= d
		}
		if total != len(a.Data) {
			t.Fatalf("sizes %v but %d bytes", a.Dims, len(a.Data))
		}
		if file[0] == 0 && !bytes.Equal(encode(t, a, false), file) {
			t.Fatal("written, the file is another one")
		}
	})
}
