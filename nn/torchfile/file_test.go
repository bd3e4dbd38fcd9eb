package torchfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func open(t *testing.T, name string) *File {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// What testdata/make.py has saved.
func TestFormats(t *testing.T) {
	for _, name := range []string{"zip.pth", "legacy.pth"} {
		f := open(t, name)
		for _, c := range []struct {
			name  string
			shape []int
			want  []float32
		}{
			{"plain", []int{3, 4}, []float32{0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75}},
			{"transposed", []int{4, 3}, []float32{0, 1, 2, 0.25, 1.25, 2.25, 0.5, 1.5, 2.5, 0.75, 1.75, 2.75}},
			{"part", []int{2, 2}, []float32{1.25, 1.5, 2.25, 2.5}},
			{"parameter", []int{2}, []float32{1.5, -2}},
			{"double", []int{2, 1}, []float32{0.1, 1e-3}},
			{"half", []int{4}, []float32{1, -0.5, 65504, 1.0 / (1 << 24)}},
			{"brain", []int{2}, []float32{3, math.Float32frombits(math.Float32bits(-1e20) + 0x8000&^0xffff)}},
			{"empty", []int{0, 5}, []float32{}},
		} {
			shape, ok := f.Shape(c.name)
			if !ok || !slices.Equal(shape, c.shape) {
				t.Errorf("%s: %s has the shape %v", name, c.name, shape)
				continue
			}
			got := make([]float32, len(c.want))
			if err := f.Read(c.name, got); err != nil {
				t.Error(err)
			}
			for i, v := range got {
				if c.name == "brain" && i == 1 {
					if math.Abs(float64(v)+1e20) > 1e18 {
						t.Errorf("%s: brain[1] is %v", name, v)
					}
				} else if v != c.want[i] {
					t.Errorf("%s: %s[%d] is %v, want %v", name, c.name, i, v, c.want[i])
				}
			}
		}
		if err := f.Read("bn.num_batches_tracked", make([]float32, 1)); err == nil || !strings.Contains(err.Error(), "int64") {
			t.Errorf("%s: a tensor of integers: error %v", name, err)
		}
	}
	if f := open(t, "wrapped.pth"); len(f.Tensors) != 1 || f.Tensors[0].Name != "w" {
		t.Errorf("a wrapped state has the tensors %+v", f.Tensors)
	}
}

// archive makes a zip file of the entries, name and contents in turn.
func archive(method uint16, entries ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: entries[i], Method: method})
		if err == nil {
			_, err = f.Write([]byte(entries[i+1]))
		}
		if err != nil {
			panic(err)
		}
	}
	w.Close()
	return b.String()
}

func short(s string) string { return "\x8c" + string(rune(len(s))) + s }

func integer(n uint64) string {
	return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, n))
}

// state is the pickle of {"w": a tensor}, of a storage with count elements.
func state(count, offset uint64, shape, strides string) string {
	return "\x80\x02}" + short("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" + short("storage") + "ctorch\nFloatStorage\n" + short("0") +
		short("cpu") +
		integer(count) + "tQ" + integer(offset) + "(" + shape + "t(" + strides + "t\x89ccollections\nOrderedDict\n)RtRs."
}

// reference is the part of a pickle that refers to the storage "0".
func reference(kind string, count uint64) string {
	return "(" + short("storage") + "ctorch\n" + kind + "\n" + short("0") + short("cpu") + integer(count) + "tQ"
}

// overlapping is an archive with two storages that its directory puts at one place.
func overlapping() string {
	tensor := func(key string) string {
		return short(key) + "ctorch._utils\n_rebuild_tensor_v2\n(" + strings.Replace(reference("FloatStorage", 4), short("0"), short(key), 1) +
			"K\x00(K\x04t(K\x01ttRs"
	}
	four := strings.Repeat("\x00", 16)
	text := []byte(archive(zip.Store, "a/data.pkl", "\x80\x02}"+tensor("0")+tensor("1")+".", "a/data/0", four, "a/data/1", four))
	entry := func(name string) []byte { // of the directory, whose last four bytes before the name are the place
		at := bytes.LastIndex(text, []byte(name))
		return text[at-4 : at]
	}
	copy(entry("a/data/1"), entry("a/data/0"))
	return string(text)
}

// legacyOf is a file of the format before zip with the numbers 0 to 19 and tensors of 2×3 elements, of parts of them, name and part in
// turn.
func legacyOf(tensors ...string) string {
	text := "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}"
	for i := 0; i < len(tensors); i += 2 {
		text += short(tensors[i]) + "ctorch._utils\n_rebuild_tensor_v2\n(" + strings.TrimSuffix(reference("FloatStorage", 20), "tQ") +
			tensors[i+1] +
			"tQK\x00(K\x02K\x03t(K\x03K\x01t\x89ccollections\nOrderedDict\n)RtRs"
	}
	text += ".\x80\x02]" + short("0") + "a." + string(binary.LittleEndian.AppendUint64(nil, 20))
	for i := range 20 {
		text += string(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(i))))
	}
	return text
}

func part(name string, first, count uint64) string {
	return "(" + short(name) + integer(first) + integer(count) + "t"
}

// Storages of the format before zip may be parts of others: each tensor begins where its part does.
func TestParts(t *testing.T) {
	text := legacyOf("w", part("1", 4, 6), "whole", "N", "b", part("2", 12, 8), "again", part("1", 4, 6))
	f, err := Open(strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for name, first := range map[string]float32{"w": 4, "whole": 0, "b": 12, "again": 4} {
		got := make([]float32, 6)
		want := []float32{first, first + 1, first + 2, first + 3, first + 4, first + 5}
		if err := f.Read(name, got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is %v, %v, want %v", name, got, err, want)
		}
	}
}

// A tensor may have an element of its storage more than once, as expand makes it.
func TestRepeated(t *testing.T) {
	storage := ""
	for i := range 4 {
		storage += string(binary.LittleEndian.AppendUint32(nil, math.Float32bits(float32(i))))
	}
	for _, c := range []struct {
		strides string
		want    []float32
	}{{"K\x00K\x00", []float32{1, 1, 1, 1, 1, 1}}, {"K\x00K\x01", []float32{1, 2, 3, 1, 2, 3}}, {"K\x01K\x00", []float32{1, 1, 1, 2, 2, 2}}} {
		text := archive(zip.Store, "a/data.pkl", state(4, 1, "K\x02K\x03", c.strides), "a/data/0", storage)
		f, err := Open(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, 6)
		if err := f.Read(f.Tensors[0].Name, got); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%v, %v, want %v", got, err, c.want)
		}
	}
}

// Count is of single integers alone.
func TestCount(t *testing.T) {
	for name, c := range map[string]struct {
		kind, shape string
		want        int64
		ok          bool
	}{"scalar": {"LongStorage", "", 3, true}, "one": {"LongStorage", "K\x01", 3, true}, "two": {"LongStorage", "K\x02", 0, false},
		"numbers": {"DoubleStorage", "", 0, false}} {
		pickle := strings.Replace(state(2, 0, c.shape, strings.ReplaceAll(c.shape, "\x02", "\x01")), "FloatStorage", c.kind, 1)
		text := archive(zip.Store, "a/data.pkl", pickle, "a/data/0", "\x03\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00")
		f, err := Open(strings.NewReader(text), int64(len(text)))
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := f.Count(f.Tensors[0].Name); n != c.want || ok != c.ok {
			t.Errorf("%s: %d, %v", name, n, ok)
		}
	}
}

// A part of a storage far larger than itself is read without reading that.
func TestSparse(t *testing.T) {
	const count = 1 << 30
	path := filepath.Join(t.TempDir(), "sparse.pth")
	legacy := "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + state(count, 0, "K\x02", integer(count-1)) +
		"\x80\x02]" + short("0") + "a."
	data := int64(len(legacy) + 8)
	if err := os.WriteFile(path, append([]byte(legacy), binary.LittleEndian.AppendUint64(nil, count)...), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte{0, 0, 0x80, 0x3f}, data+4*(count-1)); err != nil {
		t.Skip("no sparse files here: ", err)
	}
	f, err := Open(file, data+4*count)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := make([]float32, 2)
	err = f.Read(f.Tensors[0].Name, got)
	runtime.ReadMemStats(&after)
	if err != nil || got[0] != 0 || got[1] != 1 {
		t.Errorf("%v, error %v", got, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("takes %d bytes of memory", used)
	}
}

func TestHostile(t *testing.T) {
	four := strings.Repeat("\x00", 16)
	saved := func(pickle string) string { return archive(zip.Store, "a/data.pkl", pickle, "a/data/0", four) }
	legacy, err := os.ReadFile("testdata/legacy.pth")
	if err != nil {
		t.Fatal(err)
	}
	zipped, err := os.ReadFile("testdata/zip.pth")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string][2]string{
		"empty":                     {"", "too short"},
		"text":                      {"hello, world", "neither as an archive nor"},
		"protocol 6":                {saved("\x80\x06}."), "protocol 6"},
		"no archive":                {"PK\x03\x04 and nothing", "not a PyTorch file"},
		"archive of something else": {archive(zip.Store, "a.txt", "hello"), "no data.pkl"},
		"compressed":                {archive(zip.Deflate, "a/data.pkl", state(4, 0, "K\x04", "K\x01"), "a/data/0", four), "compressed"},
		"bomb":                      {archive(zip.Deflate, "a/data.pkl", strings.Repeat("\x00", 1<<22)), "compressed"},
		"no storage":                {archive(zip.Store, "a/data.pkl", state(4, 0, "K\x04", "K\x01")), `storage "0" is not in the file`},
		"short storage":             {archive(zip.Store, "a/data.pkl", state(5, 0, "K\x04", "K\x01"), "a/data/0", four), "has 16 bytes"},
		"huge storage":              {saved(state(1<<60, 0, integer(1<<60), "K\x01")), "has 16 bytes"},
		"huge shape":                {saved(state(4, 0, integer(1<<60), "K\x01")), "does not fit"},
		"huge stride":               {saved(state(4, 0, "K\x02", integer(1<<62))), "does not fit"},
		"product that overflows":    {saved(state(4, 0, integer(1<<32)+integer(1<<32), "K\x01K\x01")), "does not fit"},
		"negative shape":            {saved(state(4, 0, integer(1<<63), "K\x01")), "does not fit"},
		"negative stride":           {saved(state(4, 0, "K\x02", integer(math.MaxUint64))), "does not fit"},
		"negative offset":           {saved(state(4, math.MaxUint64, "K\x02", "K\x01")), "from something else"},
		"offset":                    {saved(state(4, 3, "K\x02", "K\x01")), "does not fit"},
		"strides missing":           {saved(state(4, 0, "K\x02K\x02", "K\x01")), "from something else"},
		"system":                    {saved("\x80\x02cos\nsystem\n(" + short("true") + "tR."), "os.system"},
		"system by stack":           {saved("\x80\x04" + short("posix") + short("system") + "\x93" + short("true") + "\x85R."), "posix.system"},
		"eval":                      {saved("\x80\x02c__builtin__\neval\n(" + short("1") + "tR."), "__builtin__.eval"},
		"instance":                  {saved("\x80\x02(ios\nsystem\n."), "os.system"},
		"new object":                {saved("\x80\x02ctorch\nSize\n)\x81."), "no state dictionary"},
		"call of a call":            {saved("\x80\x02}" + short("w") + ")R."), "what is no function"},
		"no end":                    {saved("\x80\x02}"), "ends too early"},
		"underflow":                 {saved("\x80\x02s."), "takes more"},
		"no mark":                   {saved("\x80\x02}u."), "misses a mark"},
		"no memo":                   {saved("\x80\x02h\x05."), "has not written"},
		"a list":                    {saved("\x80\x02]."), "no state dictionary"},
		"no tensors":                {saved("\x80\x02}" + short("w") + "K\x01s."), "without tensors"},
		"long string":               {saved("\x80\x02X\xff\xff\xff\xff"), "ends too early"},
		"another reference":         {saved("\x80\x02K\x01Q."), "no storage"},
		"another magic number":      {"\x80\x02K\x01.", "magic number"},
		"legacy cut":                {string(legacy[:len(legacy)-20]), "storage"},
		"legacy cut in its pickle":  {string(legacy[:300]), "ends too early"},
		"repeated element": {saved(state(4, 0, integer(1<<22+1), "K\x00")),
			"repeats the 4 elements of its storage, and has more than the 4194304"},
		"keys that are numbers": {saved("\x80\x02}K\x01" + strings.TrimPrefix(state(4, 0, "K\x04", "K\x01"), "\x80\x02}"+short("w"))),
			"a dictionary without tensors under names: its keys are no text"},
		"protocol 1":                {"L" + legacyMagic.String() + "L\n.", "written with pickle_protocol 0 or 1"},
		"part that is too long":     {legacyOf("w", part("1", 15, 6)), `the part "1" of the storage "0" has 6 elements from 15 on, of 20`},
		"part before the beginning": {legacyOf("w", part("1", math.MaxUint64, 6)), "has 6 elements from -1 on"},
		"part of huge length":       {legacyOf("w", part("1", 4, math.MaxInt64)), "elements from 4 on, of 20"},
		"tensor beyond its part":    {legacyOf("w", part("1", 4, 5)), "does not fit its storage of 5 elements"},
		"two parts of one name":     {legacyOf("w", part("1", 4, 6), "b", part("1", 5, 6)), `the storage "1" is of two kinds`},
		"part called as a storage":  {legacyOf("w", part("0", 4, 6)), `the storage "0" is of two kinds`},
		"invalid part":              {legacyOf("w", "K\x01"), "something that is no storage"},
		"strides that overflow": {saved(state(1<<62, 1<<62-1, strings.Repeat("K\x02", 5), strings.Repeat(integer(1<<61), 5))),
			"does not fit"},
		"overlapping":            {overlapping(), "overlap"},
		"duplicate entry":        {archive(zip.Store, "a/data.pkl", state(4, 0, "K\x04", "K\x01"), "a/data.pkl", "\x80\x02}."), "duplicate"},
		"a million entries":      {archive(zip.Store, slices.Repeat([]string{"", ""}, 50000)...), "directory of the archive"},
		"a million dictionaries": {saved("\x80\x02" + strings.Repeat("}", 1<<21)), "operations"},
		"a million items":        {saved("\x80\x02" + strings.Repeat("}"+short("")+"Ns", 1<<18)), "operations"},
		"a million notes":        {saved("\x80\x02N" + strings.Repeat("\x94", 1<<21)), "operations"},
		"long pickle":            {saved("\x80\x02" + strings.Repeat("0", maxPickle)), "at most"},
		"two kinds":              {saved("\x80\x02}(" + reference("FloatStorage", 4) + reference("LongStorage", 2)), "two kinds"},
		"zip cut":                {string(zipped[:len(zipped)-40]), "not a PyTorch file"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Open(strings.NewReader(c[0]), int64(len(c[0])))
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c[1]) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want %q", err, c[1])
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
				t.Errorf("takes %d bytes of memory", used)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	for _, name := range []string{"zip.pth", "legacy.pth", "wrapped.pth"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	saved, err := filepath.Glob("testdata/formats/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range saved {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(legacyOf("w", part("1", 4, 6), "whole", "N", "b", part("2", 12, 8))))
	f.Add([]byte(archive(zip.Store, "a/data.pkl", state(4, 0, "K\x04", "K\x01"), "a/data/0", strings.Repeat("\x00", 16))))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := Open(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		for _, i := range file.Tensors {
			n := 1
			for _, d := range i.Shape {
				if d > 1<<12 {
					return
				}
				n *= d
			}
			if n <= 1<<16 {
				_ = file.Read(i.Name, make([]float32, n))
			}
		}
	})
}
