package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// claimingJPEG returns a JPEG file with no more than a header that claims a size; of a baseline image or of a progressive one.
func claimingJPEG(width, height uint16, progressive bool) []byte {
	frame := []byte{0xff, 0xc0, 0, 17, 8}
	if progressive {
		frame[1] = 0xc2
	}
	frame = binary.BigEndian.AppendUint16(frame, height)
	frame = binary.BigEndian.AppendUint16(frame, width)
	frame = append(frame, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0)
	scan := []byte{0xff, 0xda, 0, 12, 3, 1, 0, 2, 0, 3, 0, 0, 63, 0}
	return append(append(append([]byte{0xff, 0xd8}, frame...), scan...), 0, 0, 0xff, 0xd9)
}

// within runs f, which may take little time and little memory.
func within(t *testing.T, bytes uint64, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done := make(chan struct{})
	go func() { defer close(done); f() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("hangs")
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > bytes {
		t.Errorf("%d bytes allocated", spent)
	}
}

// An image that claims more pixels than are read, or than its file can have, is refused by its header, in one line that names
// the file, before memory is allocated for it.
func TestImageBombs(t *testing.T) {
	end := []byte("IEND")
	for name, test := range map[string]struct {
		file []byte
		want string
	}{
		"bomb.png":             {append(claimingPNG(60_000, 60_000), end...), "60000×60000 pixels, more than the 100 megapixels"},
		"bomb.jpg":             {claimingJPEG(60_000, 60_000, false), "60000×60000 pixels, more than the 100 megapixels"},
		"progressive.jpg":      {claimingJPEG(60_000, 60_000, true), "60000×60000 pixels, more than the 100 megapixels"},
		"wide.png":             {append(claimingPNG(1<<31-1, 1), end...), "2147483647×1 pixels, more than the 100 megapixels"},
		"below.png":            {append(claimingPNG(10_000, 10_000), end...), "10000×10000 pixels, more than a file of 37 bytes can have"},
		"below.jpg":            {claimingJPEG(10_000, 10_000, false), "10000×10000 pixels, more than a file of 39 bytes can have"},
		"progressivebelow.jpg": {claimingJPEG(10_000, 10_000, true), "10000×10000 pixels, more than a file of 39 bytes can have"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := madeFolder(t)
			writeFile(t, test.file, dir, "train", "cat", name)
			within(t, 4<<20, func() {
				_, err := openFolder(dir, Options{Size: 4})
				mustFail(t, err, "broken image", filepath.Join("train", "cat", name), test.want)
			})
		})
	}
}

// A file without end, most of which is a hole, is refused by its size, and one of as many bytes as are read costs no memory.
func TestHugeImageFile(t *testing.T) {
	for size, want := range map[int64]string{maxFile + 1: "more than the 1024 MB", maxFile / 8: "cut short"} {
		dir := madeFolder(t)
		path := filepath.Join(dir, "train", "cat", "a.png")
		if err := os.WriteFile(path, encoded(t, path, plain(4, 3, color.White))[:60], 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(path, size); err != nil {
			t.Skip("no large files here: ", err)
		}
		within(t, 4<<20, func() {
			_, err := openFolder(dir, Options{Size: 4})
			mustFail(t, err, path, want)
		})
	}
}

// What the program can decode besides is no image of a folder.
func TestOtherFormats(t *testing.T) {
	dir := madeFolder(t)
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, 4, 3), color.Palette{color.Black}), nil); err != nil {
		t.Fatal(err)
	}
	writeFile(t, b.Bytes(), dir, "train", "cat", "a.png")
	_, err := openFolder(dir, Options{})
	mustFail(t, err, "a.png", "a GIF, expected JPEG, PNG")
}

// Links out of the folder are followed; what they lead to, if it is no image, and links that lead nowhere or in circles give an
// error that names them.
func TestFolderHostileLinks(t *testing.T) {
	outside := t.TempDir()
	writePlain(t, 77, outside, "there.png")
	writeFile(t, []byte("root:x:0:0:secret"), outside, "secret.txt")
	link := func(t *testing.T, to string, parts ...string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(parts...)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	for name, test := range map[string]struct {
		spot func(t *testing.T, dir string)
		want []string // nil: opened
	}{
		"an image outside": {func(t *testing.T, dir string) {
			link(t, filepath.Join(outside, "there.png"), dir, "train", "cat", "0.png")
		}, nil},
		"text outside": {func(t *testing.T, dir string) {
			link(t, filepath.Join(outside, "secret.txt"), dir, "train", "cat", "0.png")
		},
			[]string{"broken image", "0.png", "unknown format"}},
		"a link to itself": {func(t *testing.T, dir string) { link(t, "0.png", dir, "train", "cat", "0.png") },
			[]string{"broken image", "0.png"}},
		"a circle": {func(t *testing.T, dir string) {
			link(t, "1.png", dir, "train", "cat", "0.png")
			link(t, "0.png", dir, "train", "cat", "1.png")
		}, []string{"broken image", "0.png", "1.png"}},
		"a directory for an image": {func(t *testing.T, dir string) { link(t, outside, dir, "train", "cat", "0.png") }, nil},
		"a class that is its parent": {func(t *testing.T, dir string) { link(t, "..", dir, "train", "loop") },
			[]string{"loop has no images"}},
		"a class that is a link to itself": {func(t *testing.T, dir string) { link(t, "loop", dir, "train", "loop") }, nil},
		"a loop in a class":                {func(t *testing.T, dir string) { link(t, ".", dir, "train", "cat", "loop") }, nil},
		"train is the folder": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "train")); err != nil {
				t.Fatal(err)
			}
			link(t, ".", dir, "train")
		}, []string{"has no images"}},
		"train is a link to itself": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, "train")); err != nil {
				t.Fatal(err)
			}
			link(t, "train", dir, "train")
		}, []string{"train", "expected DIR/train/CLASS"}},
		"a device for an image": {func(t *testing.T, dir string) {
			if _, err := os.Stat("/dev/zero"); err != nil {
				t.Skip("no devices here")
			}
			link(t, "/dev/zero", dir, "train", "cat", "0.png")
		}, []string{"broken image", "0.png", "no plain file"}},
		"a terminal's sequence in a name": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "train", "cat", "\x1b[2J\n.png"), nil, 0o644); err != nil {
				t.Skip("no such names here: ", err)
			}
		}, []string{`"\x1b[2J\n.png"`, "control characters"}},
		"a line's end in a class": {func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "train", "c\nt"), 0o755); err != nil {
				t.Skip("no such names here: ", err)
			}
		}, []string{`"c\nt"`, "control characters"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := madeFolder(t)
			test.spot(t, dir)
			within(t, 64<<20, func() {
				_, err := openFolder(dir, Options{})
				if test.want != nil {
					mustFail(t, err, test.want...)
				} else if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// An image that becomes something else once the folder is open is an error of its own.
func TestStreamedImageBecomesDirectory(t *testing.T) {
	s := open(t, madePhotographs(t, 4), Options{Size: 16, MemoryLimit: 1}).Train
	path := s.files[0].path()
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o755)); err != nil {
		t.Fatal(err)
	}
	l := NewLoader(s, ImageNet, 0)
	defer l.Close()
	l.Begin(Pass{Order: []int{0}})
	_, err := l.FillOne(make([]float32, 16*16*3), 0)
	mustFail(t, err, "broken image", path, "no plain file")
}

// FuzzImage: a file that is no image is refused in one line; an image has the size of its header, reads the same twice, and a
// part of it is that part of the whole.
func FuzzImage(f *testing.F) {
	for _, m := range []image.Image{
		plain(4, 3, color.NRGBA{200, 100, 50, 255}), plain(3, 5, color.NRGBA{200, 100, 50, 128}), image.NewGray(image.Rect(0, 0, 9, 2)),
		image.NewGray16(image.Rect(0, 0, 2, 2)), image.NewRGBA64(image.Rect(0, 0, 2, 3)),
		image.NewPaletted(image.Rect(0, 0, 17, 2), color.Palette{color.Black, color.White}),
	} {
		f.Add(encoded(f, ".png", m))
		f.Add(encoded(f, ".jpg", m))
	}
	stored, err := filepath.Glob("testdata/stored/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range stored {
		if filepath.Ext(path) != ".rgb" {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	f.Add(photograph(f, 20, 12, 1))
	f.Add(append(claimingPNG(60_000, 60_000), "IEND"...))
	f.Add(claimingJPEG(60_000, 60_000, false))
	f.Add(claimingJPEG(16, 16, true))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, file []byte) {
		path := filepath.Join(dir, "image")
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		oneLine := func(err error) {
			if strings.Contains(imageError(path, err).Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
		}
		p, err := probeImage(path)
		if err != nil {
			oneLine(err)
			return
		}
		if p.height < 1 || p.width < 1 || p.height*p.width > maxPixels {
			t.Fatalf("%d×%d pixels are taken", p.width, p.height)
		}
		if p.height*p.width > 1<<20 {
			return // takes too long to try many
		}
		var d, e decoder
		checked := d.check(path, p.height, p.width)
		whole, err := d.read(path, p.height, p.width, box{0, 0, p.height, p.width})
		if (err == nil) != (checked == nil) {
			t.Fatalf("checked: %v, read: %v", checked, err)
		}
		if err != nil {
			oneLine(err)
			return
		}
		if len(whole) != p.height*p.width*3 {
			t.Fatalf("%d bytes of %d×%d pixels", len(whole), p.width, p.height)
		}
		part := box{p.height / 3, p.width / 2, (p.height + 1) / 2, p.width - p.width/2}
		cut, err := e.read(path, p.height, p.width, part)
		if err != nil {
			t.Fatalf("read once, but not twice: %v", err)
		}
		for y := range part.height {
			row := whole[((part.top+y)*p.width+part.left)*3:][:part.width*3]
			if !bytes.Equal(cut[y*part.width*3:][:part.width*3], row) {
				t.Fatalf("row %d of the part %+v differs", y, part)
			}
		}
		small := make([]uint8, 5*5*3)
		if err := d.whole(small, &imageFile{dir: dir, name: "image", probe: p}, 7, 5); err != nil {
			t.Fatalf("read, but not resized: %v", err)
		}
	})
}
