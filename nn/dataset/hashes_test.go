package dataset

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// madeOld gives every file below dir a time long ago, so that its hash is kept.
func madeOld(t *testing.T, dir string) {
	t.Helper()
	old := time.Now().Add(-time.Hour)
	if err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, old, old)
	}); err != nil {
		t.Fatal(err)
	}
}

// overwrite changes some bytes in the middle of a file, in place.
func overwrite(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(text) / 2; i < len(text)/2+100; i++ {
		text[i] ^= 0xff
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// madePixmaps are files of one size, longer than what is read at once at their ends.
func madePixmaps(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i := range 8 {
		file := append([]byte("P6 48 64 255\n"), bytes.Repeat([]byte{byte(10 * i), 100, 200}, 48*64)...)
		writeFile(t, file, dir, []string{"train", "test"}[i%2], []string{"a", "b"}[i/2%2], fmt.Sprintf("%d.ppm", i))
	}
	return dir
}

// An image that is changed in the middle of its file is another image, whether hashes are kept or not, in memory and streamed.
func TestChangedImages(t *testing.T) {
	for name, o := range map[string]Options{
		"in memory": {Size: 16}, "streamed": {Size: 16, MemoryLimit: 1}, "hashes kept": {Size: 16, MemoryLimit: 1, Hashes: "hashes"},
		"crops": {Size: 16, RandomResizedCrop: true, Hashes: "hashes"},
	} {
		for _, restored := range []bool{false, true} {
			dir := madePixmaps(t)
			madeOld(t, dir)
			if o.Hashes != "" {
				o.Hashes = filepath.Join(t.TempDir(), "state", "hashes")
			}
			before := open(t, dir, o).Fingerprint()
			if open(t, dir, o).Fingerprint() != before {
				t.Errorf("%s: opened twice, two fingerprints", name)
			}
			path := filepath.Join(dir, "test", "a", "1.ppm")
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			overwrite(t, path)
			if restored { // with the old time, which the time of the inode's last change gives away
				if inode, changed := inodeOf(info); inode == 0 || changed == 0 {
					continue
				}
				if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
					t.Fatal(err)
				}
			}
			if open(t, dir, o).Fingerprint() == before {
				t.Errorf("%s: an image was changed, its time restored: %v, the fingerprint is the same", name, restored)
			}
		}
	}
}

// A file whose hash is kept is not read again: neither hashed, which a changed hash shows, nor decoded. A file of hashes that is
// damaged, or of another version, counts for nothing, and a file that has just been written is not trusted.
func TestHashesKept(t *testing.T) {
	dir := madePixmaps(t)
	o := Options{Size: 16, MemoryLimit: 1, Hashes: filepath.Join(t.TempDir(), "hashes")}
	want := open(t, dir, o).Fingerprint()
	if _, err := os.Stat(o.Hashes); err == nil {
		t.Error("hashes of files are kept that may change again within the time's resolution")
	}
	madeOld(t, dir)
	open(t, dir, o)
	kept, err := os.ReadFile(o.Hashes)
	if err != nil || len(kept) != 9*hashEntry {
		t.Fatalf("%d bytes are kept, %v, want 9 entries", len(kept), err)
	}
	for name, c := range map[string]struct {
		change func(text []byte) []byte
		trusts bool
	}{
		"another hash":    {func(text []byte) []byte { text[len(text)-1]++; return text }, true},
		"another version": {func(text []byte) []byte { text[len(text)-1]++; text[bytes.IndexByte(text, '\n')-1]++; return text }, false},
		"cut short":       {func(text []byte) []byte { text[2*hashEntry-1]++; return text[:len(text)-1] }, false},
		"empty":           {func([]byte) []byte { return nil }, false},
	} {
		if err := os.WriteFile(o.Hashes, c.change(slices.Clone(kept)), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := open(t, dir, o).Fingerprint(); (got != want) != c.trusts {
			t.Errorf("%s: the fingerprint is another one: %v, want %v", name, got != want, c.trusts)
		}
	}
	// What cannot be kept is noted.
	o.Hashes = filepath.Join(dir, "test", "a", "1.ppm", "hashes")
	if d := open(t, dir, o); d.Fingerprint() != want || len(d.Notes) != 1 {
		t.Errorf("notes %q", d.Notes)
	}
}

// A training ends with an error where an image of its streamed set is changed meanwhile, and goes on where it was only touched.
func TestStreamedImageChanges(t *testing.T) {
	dir := madePixmaps(t)
	madeOld(t, dir)
	s := open(t, dir, Options{Size: 16, MemoryLimit: 1}).Train
	fill := func() error {
		l := NewLoader(s, ImageNet, 0)
		defer l.Close()
		l.Begin(Pass{Order: []int{0}})
		_, err := l.FillOne(make([]float32, 16*16*3), 0)
		return err
	}
	if err := os.Chtimes(s.files[0].path(), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := fill(); err != nil {
		t.Errorf("touched: %v", err)
	}
	overwrite(t, s.files[0].path())
	mustFail(t, fill(), "broken image", s.files[0].path(), "the file has changed since the folder was opened")
}

// FuzzHashes: a file of hashes is read or counts as empty, and what is read is written again.
func FuzzHashes(f *testing.F) {
	f.Add(hashesHead())
	f.Add(append(hashesHead(), make([]byte, 2*hashEntry)...))
	f.Add(append(hashesHead(), 1))
	f.Add([]byte(nil))
	path := filepath.Join(f.TempDir(), "hashes")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		h := readHashes(path)
		if n := len(text)/hashEntry - 1; len(h.known) > max(n, 0) {
			t.Fatalf("%d hashes of %d bytes", len(h.known), len(text))
		}
		h.changed = true
		if err := h.write(); err != nil {
			t.Fatal(err)
		}
		if again := readHashes(path); !maps.Equal(again.known, h.known) {
			t.Fatal("what was written is read otherwise")
		}
	})
}
