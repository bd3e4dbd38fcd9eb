package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed are the images of every class of c, by their paths within its folder.
func listed(c *classFolders) (list []string) {
	for _, files := range c.files {
		for _, p := range files {
			name, err := filepath.Rel(c.dir, p.path())
			if err != nil {
				name = err.Error()
			}
			list = append(list, filepath.ToSlash(name))
		}
	}
	return list
}

// touch makes empty files.
func touch(t testing.TB, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		writeFile(t, nil, dir, filepath.FromSlash(name))
	}
}

// Folders within a class are read in the order of their paths, as torchvision's ImageFolder does.
func TestIndexNested(t *testing.T) {
	dir := t.TempDir()
	touch(t, dir, "train/b/z.jpg", "train/b/a/2.png", "train/b/a/c/1.webp", "train/b/a-b/3.tiff", "train/b/0.PPM", "train/a/only/deep/x.bmp",
		"train/a/only/w.pgm")
	c, err := indexClasses(dir, "train")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a/only/w.pgm", "a/only/deep/x.bmp", "b/0.PPM", "b/z.jpg", "b/a/2.png", "b/a-b/3.tiff", "b/a/c/1.webp"}
	if got := listed(c); !slices.Equal(got, want) || len(c.notes) != 1 || !strings.HasSuffix(c.notes[0],
		"the images in its folders (a, a-b) are all of the class b") {
		t.Errorf("%q, %q, want %q", got, c.notes, want)
	}
	for k, files := range c.files {
		for _, p := range files {
			if p.label != k {
				t.Errorf("%s has the label %d", p.path(), p.label)
			}
		}
	}
}

// What is not read is counted and named by its kind.
func TestIndexNotes(t *testing.T) {
	for _, test := range []struct {
		files []string
		want  string
	}{
		{nil, ""},
		{[]string{"a/x.gif"}, `1 .gif (the first: "DIR/train/a/x.gif")`},
		{[]string{"a/x.gif", "b/y.GIF", "b/deep/z.npy", "b/pixmap.pnm", "b/bits.pbm"}, "2 .gif, 1 .npy, 1 .pbm, 1 .pnm"},
		{[]string{"a/noextension", "a/x.averylongextension", "labels.csv", "x.jpg"},
			"2 files next to the class folders, 2 without an image's extension"},
		{[]string{"a/.x.jpg", "a/._x.jpg", "a/.cache/y.jpg", ".ipynb_checkpoints/z.jpg", ".DS_Store"},
			"2 hidden files, 2 hidden folders, 1 files next to the class folders"},
		{[]string{"a/1.e1", "a/1.e2", "a/1.e3", "a/1.e4", "a/1.e5", "a/1.e6", "a/1.e7", "a/1.e8", "a/1.e9", "b/1.e9"},
			"2 .e9, 1 .e1, 1 .e2, 1 .e3, 1 .e4, 1 .e5, 1 .e6, 1 .e7, 1 further kinds"},
	} {
		dir := t.TempDir()
		touch(t, dir, "train/a/1.jpg", "train/b/2.jpg")
		for _, name := range test.files {
			touch(t, filepath.Join(dir, "train"), name)
		}
		c, err := indexClasses(dir, "train")
		if err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(strings.Join(c.notes, "; "), dir, "DIR")
		if test.want == "" && got != "" || !strings.HasPrefix(got, map[bool]string{true: "DIR/train: not read: "}[test.want != ""]+test.want) {
			t.Errorf("%q: %q, want %q", test.files, got, test.want)
		}
		if len(listed(c)) != 2 {
			t.Errorf("%q are read", listed(c))
		}
	}
	dir := t.TempDir()
	touch(t, dir, "train/a/1.avif", "train/a/2.avif")
	_, err := indexClasses(dir, "train")
	mustFail(t, err, "a has no images, but 2 .avif")
}

// test is looked into before it is taken: val is where test has no class folders, or others than train.
func TestIndexTest(t *testing.T) {
	train := []string{"train/a/1.jpg", "train/b/1.jpg"}
	val := []string{"val/a/v.jpg", "val/b/v.jpg"}
	for name, test := range map[string]struct {
		files []string
		want  string   // the folder that is read
		notes []string // or the error
	}{
		"test": {[]string{"test/a/t.jpg", "test/b/t.jpg"}, "test", nil},
		"val":  {val, "val", nil},
		"both": {append([]string{"test/a/t.jpg", "test/b/t.jpg"}, val...), "test", []string{"val is not read: DIR/test is"}},
		"no class folders": {append([]string{"test/1.jpg", "test/2.jpg"}, val...), "val",
			[]string{"test is not read: DIR/test has no class folders, but 2 files next to the class folders"}},
		"an empty folder": {append([]string{"test/.keep"}, val...), "val", []string{"test is not read: DIR/test has no class folders"}},
		"one folder of all": {append([]string{"test/unknown/1.jpg"}, val...), "val",
			[]string{`test is not read: DIR: training and test have different classes, 2 and 1: only train has "a", "b"; only test has "unknown"`}},
		"val of others":            {append([]string{"test/1.jpg"}, "val/a/1.jpg", "val/c/1.jpg"), "", []string{"test has no class folders"}},
		"neither":                  {[]string{"test/1.jpg", "val/1.jpg"}, "", []string{"test has no class folders, but 1 files next to"}},
		"an empty class is no way": {append([]string{"test/a/1.jpg", "test/b/1.txt"}, val...), "", []string{"test/b has no images, but 1 .txt"}},
	} {
		dir := t.TempDir()
		touch(t, dir, append(train, test.files...)...)
		_, c, err := indexFolder(dir)
		alone, err2 := indexTestAlone(dir)
		if test.want == "" {
			mustFail(t, err, test.notes...)
			mustFail(t, err2, test.notes...)
			continue
		}
		if err != nil || err2 != nil {
			t.Errorf("%s: %v, %v", name, err, err2)
			continue
		}
		for _, c := range []*classFolders{c, alone} {
			if filepath.Base(c.dir) != test.want || !slices.Equal(c.classes, []string{"a", "b"}) {
				t.Errorf("%s: %s with %q is read", name, c.dir, c.classes)
			}
			notes := strings.ReplaceAll(strings.Join(c.notes, "; "), dir, "DIR")
			for _, want := range test.notes {
				if !strings.Contains(notes, want) {
					t.Errorf("%s: notes %q, want %q", name, notes, want)
				}
			}
			if (notes == "") != (test.notes == nil) {
				t.Errorf("%s: notes %q", name, notes)
			}
		}
	}
	dir := t.TempDir()
	touch(t, dir, train...)
	_, err := indexTestAlone(dir)
	mustFail(t, err, "has no test or val")
}

// A class may be spelled in either of Unicode's forms, here or there.
func TestIndexUnicode(t *testing.T) {
	composed, apart := "caf\u00e9", "cafe\u0301"
	for _, in := range [][2]string{{composed, composed}, {composed, apart}, {apart, composed}, {apart, apart}} {
		dir := t.TempDir()
		// Between the two spellings in the order of bytes, so that the orders of the folders differ.
		touch(t, dir, "train/"+in[0]+"/1.jpg", "train/cafz/1.jpg", "test/"+in[1]+"/2.jpg", "test/cafz/2.jpg")
		train, test, err := indexFolder(dir)
		if err != nil {
			t.Error(err)
			continue
		}
		if !slices.Equal(train.classes, test.classes) || !slices.Contains(train.classes, composed) {
			t.Errorf("classes %+q and %+q", train.classes, test.classes)
		}
		for k, files := range test.files {
			if base := filepath.Base(files[0].dir); len(files) != 1 || files[0].label != k || (base == "cafz") != (test.classes[k] == "cafz") {
				t.Errorf("class %+q has the files %+q", test.classes[k], listed(test))
			}
		}
	}
	dir := t.TempDir()
	touch(t, dir, "train/"+composed+"/1.jpg", "train/"+apart+"/2.jpg", "train/x/1.jpg")
	entries, err := os.ReadDir(filepath.Join(dir, "train"))
	if err != nil || len(entries) != 3 {
		t.Skip("this file system takes both spellings for one name")
	}
	c, err := indexClasses(dir, "train")
	if err != nil || !slices.Equal(c.classes, []string{composed, "x"}) || len(c.files[0]) != 2 {
		t.Fatalf("%+v, %v", c, err)
	}
	if len(c.notes) != 1 || !strings.Contains(c.notes[0], `spelled "cafe\u0301" and "caf\u00e9"`) {
		t.Errorf("notes %q", c.notes)
	}
	// What only looks the same is named by its code points.
	err = sameClasses(dir, []string{"a", "\u0430"}, &classFolders{dir: "test", classes: []string{"a"}})
	mustFail(t, err, `only train has "а" ("\u0430")`)
}

// Many classes are no slow matter.
func BenchmarkIndex(b *testing.B) {
	dir := b.TempDir()
	for class := range 1000 {
		touch(b, dir, fmt.Sprintf("train/%04d/1.jpg", class), fmt.Sprintf("val/%04d/1.jpg", class))
	}
	for b.Loop() {
		if _, _, err := indexFolder(dir); err != nil {
			b.Fatal(err)
		}
	}
}
