package dataset

import (
	"bytes"
	"cenet/nn/stream"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// plain returns an image of one colour.
func plain(width, height int, c color.Color) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.Set(x, y, c)
		}
	}
	return m
}

// encoded returns m as a file of the format that the extension of path tells.
func encoded(t testing.TB, path string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch filepath.Ext(path) {
	case ".png", ".PNG":
		err = png.Encode(&b, m)
	default:
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 100})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeFile(t testing.TB, data []byte, parts ...string) {
	t.Helper()
	path := filepath.Join(parts...)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// writePlain writes an image of 4×3 pixels; red tells it from others.
func writePlain(t testing.TB, red uint8, parts ...string) {
	t.Helper()
	path := filepath.Join(parts...)
	writeFile(t, encoded(t, path, plain(4, 3, color.NRGBA{R: red, G: 10, B: 200, A: 255})), path)
}

// madeFolder writes two classes with three training images and one test image each.
func madeFolder(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	writePlain(t, 1, dir, "train", "cat", "a.png")
	writePlain(t, 2, dir, "train", "cat", "b.PNG")
	writePlain(t, 3, dir, "train", "cat", "c.jpg")
	writePlain(t, 4, dir, "train", "ant", "z.png")
	writePlain(t, 5, dir, "train", "ant", "y.JPEG")
	writePlain(t, 6, dir, "train", "ant", "x.png")
	writePlain(t, 7, dir, "test", "cat", "1.png")
	writePlain(t, 8, dir, "test", "ant", "2.png")
	// To be passed over, but for the last:
	writeFile(t, []byte("text"), dir, "train", "readme.txt")
	writeFile(t, []byte("text"), dir, "train", "cat", "list.txt")
	writeFile(t, []byte("text"), dir, "train", "cat", ".hidden.png")
	writeFile(t, []byte("text"), dir, "train", ".git", "x.png")
	writePlain(t, 9, dir, "train", "cat", "deeper.png", "d.png")
	return dir
}

func open(t testing.TB, dir string, o Options) *Data {
	t.Helper()
	d, err := Sources["folder"].Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// reds returns the first byte of every image.
func reds(s *Set) []int {
	var all []int
	for i := 0; i < len(s.Pixels); i += s.imageSize() {
		all = append(all, int(s.Pixels[i]))
	}
	return all
}

// near reports whether a and b differ by at most 2, which JPEG may cost.
func near(a, b []int) bool {
	return slices.EqualFunc(a, b, func(x, y int) bool { return x-y <= 2 && y-x <= 2 })
}

func TestFolder(t *testing.T) {
	dir := madeFolder(t)
	var reported []int
	d := open(t, dir, Options{Progress: func(done, total int) { reported = append(reported, done, total) }})
	if want := []int{1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9, 7, 9, 8, 9, 9, 9}; !slices.Equal(reported, want) {
		t.Errorf("progress %v", reported)
	}
	d.Train.check()
	d.Test.check()
	if d.Train.Height != 3 || d.Train.Width != 4 || d.Train.Channels != 3 {
		t.Errorf("size %d×%d×%d", d.Train.Height, d.Train.Width, d.Train.Channels)
	}
	if want := []string{"ant", "cat"}; !slices.Equal(d.Train.Classes, want) || !slices.Equal(d.Test.Classes, want) {
		t.Errorf("classes %v and %v", d.Train.Classes, d.Test.Classes)
	}
	if !slices.Equal(d.Train.Labels, []int{0, 0, 0, 1, 1, 1, 1}) || !slices.Equal(d.Test.Labels, []int{0, 1}) {
		t.Errorf("labels %v and %v", d.Train.Labels, d.Test.Labels)
	}
	if got := reds(d.Train); !near(got, []int{6, 5, 4, 1, 2, 3, 9}) {
		t.Errorf("training images %v", got)
	}
	if got := reds(d.Test); !slices.Equal(got, []int{8, 7}) {
		t.Errorf("test images %v", got)
	}
	want := filepath.Join(dir, "train") + ": not read: 1 .txt, 1 files next to the class folders, 1 hidden files, 1 hidden folders"
	if len(d.Notes) != 1 || !strings.HasPrefix(d.Notes[0], want) {
		t.Errorf("notes %q, want %q", d.Notes, want)
	}
}

func TestFolderTakesPart(t *testing.T) {
	dir := madeFolder(t)
	// What is not taken is not opened.
	writeFile(t, []byte("broken"), dir, "train", "cat", "d.png")
	d := open(t, dir, Options{Train: 3, Test: 2})
	if got := reds(d.Train); !near(got, []int{6, 5, 1}) {
		t.Errorf("training images %v", got)
	}
	if d.Test.Len() != 2 {
		t.Errorf("%d test images", d.Test.Len())
	}
	_, err := openFolder(dir, Options{Train: 8})
	mustFail(t, err, "train", `"ant" has 3 of the 4 needed`, "at most 6")
}

func TestFolderVal(t *testing.T) {
	dir := madeFolder(t)
	if err := os.Rename(filepath.Join(dir, "test"), filepath.Join(dir, "val")); err != nil {
		t.Fatal(err)
	}
	if d := open(t, dir, Options{}); d.Test.Len() != 2 {
		t.Errorf("%d test images", d.Test.Len())
	}
}

func TestFolderLinks(t *testing.T) {
	dir, links := madeFolder(t), t.TempDir()
	for _, part := range []string{"train", "test"} {
		if err := os.Mkdir(filepath.Join(links, part), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, class := range []string{"ant", "cat"} {
			if err := os.Symlink(filepath.Join(dir, part, class), filepath.Join(links, part, class)); err != nil {
				t.Skip("no symbolic links here: ", err)
			}
		}
	}
	if open(t, links, Options{}).Fingerprint() != open(t, dir, Options{}).Fingerprint() {
		t.Error("linked classes are read differently")
	}
}

func TestFolderResizes(t *testing.T) {
	dir := madeFolder(t)
	wide := plain(20, 10, color.NRGBA{R: 50, A: 255}).(*image.NRGBA)
	for y := range 10 { // margins that the centre cut takes away
		for x := range 3 {
			wide.Set(x, y, color.White)
			wide.Set(19-x, y, color.White)
		}
	}
	writeFile(t, encoded(t, ".png", wide), dir, "train", "ant", "a.png")
	_, err := openFolder(dir, Options{})
	mustFail(t, err, "a.png has 20×10 pixels", "x.png 4×3", "size")

	d := open(t, dir, Options{Size: 5})
	if d.Train.Height != 5 || d.Train.Width != 5 {
		t.Fatalf("size %d×%d", d.Train.Height, d.Train.Width)
	}
	for i, v := range d.Train.Pixels[:d.Train.imageSize()] {
		if want := []uint8{50, 0, 0}[i%3]; v != want {
			t.Fatalf("byte %d of the wide image is %d, want %d", i, v, want)
		}
	}
}

// The result does not depend on the number of goroutines, and a second reading gives the same.
func TestFolderDeterministic(t *testing.T) {
	dir := t.TempDir()
	random := stream.New(1, "images")
	for _, part := range []string{"train", "test"} {
		for _, class := range []string{"a", "b"} {
			for i := range 8 {
				m := image.NewNRGBA(image.Rect(0, 0, 9+i, 12))
				for j := range m.Pix {
					m.Pix[j] = uint8(random.Uint64())
				}
				name := string(rune('0'+i)) + []string{".png", ".jpg"}[i%2]
				writeFile(t, encoded(t, name, m), dir, part, class, name)
			}
		}
	}
	first := open(t, dir, Options{Size: 6}).Fingerprint()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if open(t, dir, Options{Size: 6}).Fingerprint() != first {
		t.Error("one goroutine reads otherwise than several")
	}
}

func TestFolderErrors(t *testing.T) {
	tests := []struct {
		name string
		spot func(t *testing.T, dir string) (string, Options)
		want []string
	}{
		{"none", func(t *testing.T, dir string) (string, Options) { return "", Options{} },
			[]string{"no directory", "expected DIR/train/CLASS"}},
		{"missing", func(t *testing.T, dir string) (string, Options) { return filepath.Join(dir, "no"), Options{} },
			[]string{"no such file", "expected DIR/train/CLASS"}},
		{"a file", func(t *testing.T, dir string) (string, Options) {
			return filepath.Join(dir, "train", "readme.txt"), Options{}
		}, []string{"is no directory", "expected DIR/train/CLASS"}},
		{"one level too deep", func(t *testing.T, dir string) (string, Options) { return filepath.Join(dir, "train"), Options{} },
			[]string{"has no train", "expected DIR/train/CLASS"}},
		{"no test", func(t *testing.T, dir string) (string, Options) {
			os.RemoveAll(filepath.Join(dir, "test"))
			return dir, Options{}
		}, []string{"has no test or val", "expected DIR/train/CLASS"}},
		{"train a file", func(t *testing.T, dir string) (string, Options) {
			os.RemoveAll(filepath.Join(dir, "train"))
			writeFile(t, nil, dir, "train")
			return dir, Options{}
		}, []string{"train", "expected DIR/train/CLASS"}},
		{"no classes", func(t *testing.T, dir string) (string, Options) {
			os.RemoveAll(filepath.Join(dir, "test", "ant"))
			os.RemoveAll(filepath.Join(dir, "test", "cat"))
			return dir, Options{}
		}, []string{"test has no class folders"}},
		{"empty class", func(t *testing.T, dir string) (string, Options) {
			writeFile(t, nil, dir, "train", "dog", "notes.txt")
			return dir, Options{}
		}, []string{"dog has no images"}},
		{"other classes", func(t *testing.T, dir string) (string, Options) {
			writePlain(t, 1, dir, "train", "dog", "a.png")
			writePlain(t, 1, dir, "test", "hen", "a.png")
			return dir, Options{}
		}, []string{"different classes", `only train has "dog"`, `only test has "hen"`}},
		{"text for an image", func(t *testing.T, dir string) (string, Options) {
			writeFile(t, []byte("text"), dir, "train", "cat", "a.png")
			return dir, Options{}
		}, []string{"broken image", filepath.Join("train", "cat", "a.png"), "unknown format"}},
		{"several", func(t *testing.T, dir string) (string, Options) {
			writeFile(t, nil, dir, "train", "ant", "z.png")
			writeFile(t, nil, dir, "train", "cat", "a.png")
			return dir, Options{}
		}, []string{"z.png", "as well broken", "a.png"}},
		{"truncated", func(t *testing.T, dir string) (string, Options) {
			file := encoded(t, ".jpg", plain(4, 3, color.White))
			writeFile(t, file[:len(file)-40], dir, "train", "cat", "c.jpg")
			return dir, Options{}
		}, []string{"broken image", "c.jpg", "EOF"}},
		{"enormous", func(t *testing.T, dir string) (string, Options) {
			writeFile(t, claimingPNG(20_000, 20_000), dir, "train", "cat", "a.png")
			return dir, Options{Size: 4}
		}, []string{"a.png", "20000×20000 pixels", "100 megapixels"}},
		{"unreadable", func(t *testing.T, dir string) (string, Options) {
			if err := os.Symlink("nowhere", filepath.Join(dir, "train", "cat", "0.png")); err != nil {
				t.Skip("no symbolic links here: ", err)
			}
			return dir, Options{}
		}, []string{"broken image", "0.png", "no such file"}},
		{"size", func(t *testing.T, dir string) (string, Options) { return dir, Options{Size: -1} }, []string{"size -1"}},
		{"one class", func(t *testing.T, dir string) (string, Options) {
			os.RemoveAll(filepath.Join(dir, "train", "ant"))
			os.RemoveAll(filepath.Join(dir, "train", "cat", "deeper.png"))
			return dir, Options{}
		}, []string{`train has one class, "cat": a network learns to tell two classes or more apart: expected DIR/train/CLASS`}},
		{"classes one level too deep", func(t *testing.T, dir string) (string, Options) {
			if err := os.Rename(filepath.Join(dir, "train"), filepath.Join(dir, "images")); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(dir, "train"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, "images"), filepath.Join(dir, "train", "images")); err != nil {
				t.Fatal(err)
			}
			return dir, Options{}
		}, []string{`one class, "images"`, "the folders in it (ant, cat) are the classes, they lie one level too deep"}},
		{"train", func(t *testing.T, dir string) (string, Options) { return dir, Options{Train: -1} }, []string{"-1 training"}},
		{"test", func(t *testing.T, dir string) (string, Options) { return dir, Options{Test: -1} }, []string{"-1 test"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir, o := test.spot(t, madeFolder(t))
			_, err := Sources["folder"].Open(dir, o)
			mustFail(t, err, test.want...)
		})
	}
}

// claimingPNG returns the beginning of a PNG file whose header claims a size.
func claimingPNG(width, height uint32) []byte {
	header := []byte("IHDR")
	header = binary.BigEndian.AppendUint32(header, width)
	header = binary.BigEndian.AppendUint32(header, height)
	header = append(header, 8, 2, 0, 0, 0)
	file := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(header)-4))
	file = append(file, header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

// Kinds of images become the same 8-bit RGB.
func TestRGB(t *testing.T) {
	bounds := image.Rect(2, 1, 5, 3) // not at the origin
	for name, m := range map[string]interface {
		image.Image
		Set(x, y int, c color.Color)
	}{
		"gray": image.NewGray(bounds), "gray16": image.NewGray16(bounds), "rgba": image.NewRGBA(bounds), "nrgba": image.NewNRGBA(bounds),
		"rgba64": image.NewRGBA64(bounds), "cmyk": image.NewCMYK(bounds),
		"paletted": image.NewPaletted(bounds, color.Palette{color.Black, color.Gray{77}, color.White}),
	} {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			m.Set(x, 1, color.Gray{77})
			m.Set(x, 2, color.White)
		}
		want := slices.Concat(bytes.Repeat([]uint8{77}, 9), bytes.Repeat([]uint8{255}, 9))
		if got := rgb(make([]uint8, 18), m, box{0, 0, 2, 3}); !bytes.Equal(got, want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	// Transparency is dropped, not laid over black.
	m := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	m.SetNRGBA(0, 0, color.NRGBA{R: 200, G: 100, B: 50, A: 128})
	if got := rgb(make([]uint8, 3), m, box{0, 0, 1, 1}); !bytes.Equal(got, []uint8{200, 100, 50}) {
		t.Errorf("half transparent: %v", got)
	}
}

// Real images, where they are: CIFAR-10 as class folders, named by the environment variable CENET_CIFAR10.
func TestFolderCIFAR10(t *testing.T) {
	dir := os.Getenv("CENET_CIFAR10")
	if dir == "" {
		t.Skip("CENET_CIFAR10 does not name a folder of CIFAR-10 images")
	}
	start := time.Now()
	d := open(t, dir, Options{Train: 2000, Test: 1000})
	t.Logf("%d + %d images in %v", d.Train.Len(), d.Test.Len(), time.Since(start))
	if d.Train.Height != 32 || d.Train.Width != 32 || len(d.Train.Classes) != 10 {
		t.Errorf("%d×%d pixels, %d classes", d.Train.Height, d.Train.Width, len(d.Train.Classes))
	}
	// The published mean and deviation of CIFAR-10's channels, from all 50,000 images.
	norm := d.Train.Normalisation()
	for c, want := range [][2]float64{{0.4914, 0.2470}, {0.4822, 0.2435}, {0.4465, 0.2616}} {
		if dm, ds := norm.Mean[c]-want[0], norm.Std[c]-want[1]; max(dm, -dm) > 0.02 || max(ds, -ds) > 0.01 {
			t.Errorf("channel %d: mean %.4f and deviation %.4f, published %v", c, norm.Mean[c], norm.Std[c], want)
		}
	}
}

// Test images alone: under test or val, or right in the folder; and single ones.
func TestFolderOfTestImages(t *testing.T) {
	dir := madeFolder(t)
	for _, where := range []string{dir, filepath.Join(dir, "test")} {
		d, err := OpenTest(where, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.Test.Classes, []string{"ant", "cat"}) || !slices.Equal(d.Test.Labels, []int{0, 1}) ||
			!slices.Equal(reds(d.Test), []int{8, 7}) {
			t.Errorf("%s: classes %v, labels %v, images %v", where, d.Test.Classes, d.Test.Labels, reds(d.Test))
		}
	}
	_, err := OpenTest(filepath.Join(dir, "test", "cat"), Options{})
	mustFail(t, err, "has no class folders")
	_, err = OpenTest(filepath.Join(dir, "nowhere"), Options{})
	mustFail(t, err, "has no test or val")

	paths := []string{filepath.Join(dir, "test", "cat", "1.png"), filepath.Join(dir, "train", "ant", "z.png"),
		filepath.Join(dir, "train", "cat", "b.PNG")}
	d, err := OpenImages(paths, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := reds(d.Test); !slices.Equal(got, []int{7, 4, 2}) {
		t.Errorf("images %v", got)
	}
	_, err = OpenImages(append(paths, filepath.Join(dir, "train", "readme.txt")), Options{})
	mustFail(t, err, "readme.txt")
}
