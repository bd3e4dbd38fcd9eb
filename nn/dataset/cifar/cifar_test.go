package cifar

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// record returns a record whose plane c holds c·80 + row + column.
func record(label byte) []byte {
	r := []byte{label}
	for c := range Channels {
		for i := range Side * Side {
			r = append(r, byte(c*80+i/Side+i%Side))
		}
	}
	return r
}

// entry is one entry of a made archive.
type entry struct {
	name string
	kind byte
	data []byte
}

func archive(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Mode: 0o644, Size: int64(len(e.data))}
		if e.kind == tar.TypeSymlink || e.kind == tar.TypeLink {
			h.Linkname = "/etc/passwd"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(e.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRead(t *testing.T) {
	b, err := CIFAR10.Read(bytes.NewReader(slices.Concat(record(3), record(9))), "f", 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(b.Labels, []int{3, 9}) || len(b.Pixels) != 2*ImageBytes {
		t.Fatalf("labels %v, %d bytes", b.Labels, len(b.Pixels))
	}
	for i, v := range b.Pixels {
		row, column, c := i/(Side*3)%Side, i/3%Side, i%3
		if int(v) != c*80+row+column {
			t.Fatalf("row %d, column %d, channel %d of image %d is %d", row, column, c, i/ImageBytes, v)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"empty":     {nil, "ends after 0 bytes, expected 6146"},
		"cut":       {slices.Concat(record(1), record(2))[:6000], "ends after 6000 bytes, expected 6146"},
		"a record":  {record(1), "ends after 3073 bytes, expected 6146: 2 records of 3073 bytes"},
		"more":      {slices.Concat(record(1), record(2), []byte{0}), "bytes after the end, expected 6146"},
		"label":     {slices.Concat(record(1), record(10)), "image 1: label 10, expected less than 10"},
		"other one": {[]byte(strings.Repeat("<html>", 2000)), "image 0: label 60"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := CIFAR10.Read(bytes.NewReader(test.file), "batch.bin", 2)
			mustFail(t, err, "batch.bin: ", test.want)
		})
	}
}

// A record of CIFAR-100 has two labels, which must go together.
func TestCIFAR100(t *testing.T) {
	beaver, image := []byte{0, 4}, record(0)[1:]
	for _, test := range []struct {
		format *Format
		label  int
	}{{CIFAR100, 4}, {CIFAR100Coarse, 0}} {
		b, err := test.format.Read(bytes.NewReader(slices.Concat(beaver, image)), "f", 1)
		if err != nil || b.Labels[0] != test.label || b.Pixels[1] != 80 || len(b.Pixels) != ImageBytes {
			t.Errorf("labels %v, %v", b.Labels, err)
		}
	}
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"cut":    {slices.Concat(beaver, image[1:]), "ends after 3073 bytes, expected 3074: 1 records of 3074 bytes"},
		"more":   {slices.Concat(beaver, image, []byte{0}), "bytes after the end"},
		"coarse": {slices.Concat([]byte{20, 4}, image), "image 0: label 20, expected less than 20"},
		"fine":   {slices.Concat([]byte{0, 100}, image), "image 0: label 100, expected less than 100"},
		"contradiction": {slices.Concat([]byte{1, 4}, image), "image 0: coarse label 1 with the fine label 4, beaver, expected 0, " +
			"aquatic_mammals"},
	} {
		_, err := CIFAR100.Read(bytes.NewReader(test.file), "train.bin", 1)
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		mustFail(t, err, "train.bin: ", test.want)
	}
	count := make([]int, len(coarse))
	for label := range fine {
		count[Coarse(label)]++
	}
	for label, n := range count {
		if n != 5 {
			t.Errorf("%s has %d classes", coarse[label], n)
		}
	}
}

// Names are the same whatever ends the lines.
func TestReadNames(t *testing.T) {
	for _, text := range []string{"a b\nc\n", "a b\r\nc\r\n", "a b\nc", "\ufeffa b\nc\n\n\r\n", "a b \n c\n"} {
		if names, err := ReadNames(strings.NewReader(text)); err != nil || !slices.Equal(names, []string{"a b", "c"}) {
			t.Errorf("%q: %q, %v", text, names, err)
		}
	}
	for _, text := range []string{strings.Repeat("x", 1<<20), strings.Repeat("x\n", 1<<22)} {
		if _, err := ReadNames(strings.NewReader(text)); err == nil {
			t.Errorf("%d bytes are read", len(text))
		}
	}
}

func mustFail(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q, want %q in it", err, w)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error of several lines: %q", err)
	}
}

func TestReadArchive(t *testing.T) {
	got, err := CIFAR10.ReadArchive(bytes.NewReader(archive(t,
		entry{CIFAR10.Folder + "/", tar.TypeDir, nil},
		entry{CIFAR10.Folder + "/readme.html", tar.TypeReg, []byte("text")},
		entry{"./" + CIFAR10.Folder + "/b.bin", tar.TypeReg, record(2)},
		entry{"../../a.bin", tar.TypeReg, record(7)},
		entry{"/" + CIFAR10.Folder + "/a.bin", tar.TypeReg, record(8)},
		entry{CIFAR10.Folder + "/../a.bin", tar.TypeReg, record(9)},
		entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)},
	)), "x.tar.gz", []Part{{"a.bin", 1}, {"b.bin", 1}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Labels[0] != 1 || got[1].Labels[0] != 2 {
		t.Errorf("%v", got)
	}
}

func TestReadArchiveErrors(t *testing.T) {
	good := archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)})
	flipped := slices.Clone(good)
	flipped[len(flipped)-6] ^= 1
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"empty":     {nil, "expected a .tar.gz"},
		"text":      {[]byte("<html>not found</html>"), "expected a .tar.gz"},
		"no tar":    {zip(t, []byte(strings.Repeat("text", 200))), "not a sound archive"},
		"cut":       {good[:len(good)/2], "a"},
		"wrong sum": {flipped, "invalid checksum"},
		"missing":   {archive(t, entry{"a.bin", tar.TypeReg, record(1)}), CIFAR10.Folder + "/a.bin is missing"},
		"traversal": {archive(t, entry{"../" + CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)}), "a.bin is missing"},
		"link":      {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeSymlink, nil}), "a.bin is no plain file"},
		"hard link": {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeLink, nil}), "a.bin is no plain file"},
		"directory": {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeDir, nil}), "a.bin is no plain file"},
		"pipe":      {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeFifo, nil}), "a.bin is no plain file"},
		"device":    {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeChar, nil}), "a.bin is no plain file"},
		"linked": {archive(t, entry{CIFAR10.Folder, tar.TypeSymlink, nil}, entry{CIFAR10.Folder + "/../a.bin", tar.TypeReg, record(1)}),
			"a.bin is missing"},
		"root": {archive(t, entry{"/" + CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)}), "a.bin is missing"},
		"twice": {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)},
			entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)}), "a.bin is there twice"},
		"short record": {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)[:99]}), "a.bin: ends after 99 bytes, expected 3073"},
		"long record":  {archive(t, entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, append(record(1), 1)}), "a.bin: bytes after the end"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := CIFAR10.ReadArchive(bytes.NewReader(test.file), "x.tar.gz", []Part{{"a.bin", 1}})
			mustFail(t, err, "x.tar.gz: ", test.want)
		})
	}
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

// A small archive that unpacks to more than the limit is refused, and costs little memory.
func TestReadArchiveBomb(t *testing.T) {
	if testing.Short() {
		t.Skip("packs half a gigabyte")
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	const size = MaxUnpacked + 1<<20
	if err := w.WriteHeader(&tar.Header{Name: CIFAR10.Folder + "/big", Typeflag: tar.TypeReg, Size: size}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(w, zeros{}, size); err != nil {
		t.Fatal(err)
	}
	if w.Close() != nil || z.Close() != nil {
		t.Fatal("not written")
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = CIFAR10.ReadArchive(&b, "bomb.tar.gz", []Part{{"a.bin", 1}})
	mustFail(t, err, "bomb.tar.gz: more than 512 MB when unpacked")
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
		t.Errorf("%d bytes allocated", spent)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzRead: no input panics, and what is read has as many labels and pixels as asked for.
func FuzzRead(f *testing.F) {
	f.Add(record(3), uint8(1))
	f.Add(slices.Concat(record(0), record(9)), uint8(2))
	f.Add(record(200), uint8(1))
	f.Add(slices.Concat([]byte{0}, record(4)), uint8(1))
	f.Fuzz(func(t *testing.T, file []byte, records uint8) {
		for _, format := range []*Format{CIFAR10, CIFAR100, CIFAR100Coarse} {
			b, err := format.Read(bytes.NewReader(file), "f", int(records))
			if err != nil {
				continue
			}
			checkBatch(t, b, int(records), len(format.Classes()))
			if len(file) != int(records)*format.RecordBytes() {
				t.Fatalf("%d bytes read as %d records", len(file), records)
			}
		}
	})
}

func checkBatch(t *testing.T, b Batch, records, classes int) {
	t.Helper()
	if len(b.Labels) != records || len(b.Pixels) != records*ImageBytes {
		t.Fatalf("%d labels and %d bytes of %d records", len(b.Labels), len(b.Pixels), records)
	}
	for _, label := range b.Labels {
		if label < 0 || label >= classes {
			t.Fatalf("label %d", label)
		}
	}
}

// FuzzReadArchive: no archive panics, packed or (to get past the checksum of gzip) packed here.
func FuzzReadArchive(f *testing.F) {
	good := archive(f, entry{CIFAR10.Folder + "/a.bin", tar.TypeReg, record(1)}, entry{"../b.bin", tar.TypeSymlink, nil})
	f.Add(good, false)
	z, err := gzip.NewReader(bytes.NewReader(good))
	if err != nil {
		f.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain, true)
	f.Fuzz(func(t *testing.T, file []byte, pack bool) {
		if pack {
			file = zip(t, file)
		}
		batches, err := CIFAR10.ReadArchive(bytes.NewReader(file), "f", []Part{{"a.bin", 1}})
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		if len(batches) != 1 {
			t.Fatalf("%d batches", len(batches))
		}
		checkBatch(t, batches[0], 1, len(Classes))
	})
}
