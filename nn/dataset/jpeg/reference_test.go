package jpeg

import (
	"bytes"
	"fmt"
	"image"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// ppm is an image like a photograph: waves of several lengths, an edge, some noise.
func ppm(r *rand.Rand, width, height int) []byte {
	out := fmt.Appendf(nil, "P6 %d %d 255\n", width, height)
	var waves [6][4]float64
	for i := range waves {
		waves[i] = [4]float64{r.NormFloat64() * 0.2, r.NormFloat64() * 0.2, r.Float64() * 6, r.Float64() * 60}
	}
	noise, edge := r.IntN(40)+1, r.IntN(width+height)
	for y := range height {
		for x := range width {
			for c := range 3 {
				v := 128.0
				for i, w := range waves {
					if i%3 == c || i > 2 {
						t := w[0]*float64(x) + w[1]*float64(y) + w[2]
						v += w[3] * (t - float64(int(t)) - 0.5)
					}
				}
				if x+y > edge {
					v = 255 - v
				}
				out = append(out, uint8(min(max(v+float64(r.IntN(noise)), 0), 255)))
			}
		}
	}
	return out
}

func piped(t *testing.T, in []byte, name string, args ...string) []byte {
	t.Helper()
	c := exec.Command(name, args...)
	c.Stdin = bytes.NewReader(in)
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, complaint.Bytes())
	}
	return out
}

// samples are the pixels of a PNM file as red, green and blue.
func samples(t *testing.T, text []byte) (pixels []uint8, width, height int) {
	t.Helper()
	var kind string
	if _, err := fmt.Sscan(string(text[:min(len(text), 40)]), &kind, &width, &height); err != nil {
		t.Fatal(err)
	}
	if kind == "P6" {
		return text[len(text)-3*width*height:], width, height
	}
	for _, v := range text[len(text)-width*height:] {
		pixels = append(pixels, v, v, v)
	}
	return pixels, width, height
}

// A thousand images of mixed kinds are, pixel by pixel, those of libjpeg's own program.
func TestReference(t *testing.T) {
	for _, name := range []string{"cjpeg", "djpeg"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("Debian's libjpeg-turbo-progs is not installed: ", err)
		}
	}
	images := 1000
	if testing.Short() {
		images = 60
	}
	samplings := []string{"1x1", "2x1", "1x2", "2x2", "4x1", "1x4", "3x1", "1x3", "4x2", "2x4", "3x2",
		"2x2,1x1,1x2", "2x2,1x1,2x2", "2x2,2x1,1x2", "1x2,1x1,1x2", "2x1,2x1,1x1", "1x1,2x2,1x1", "4x1,2x1,1x1", "1x1,1x2,1x1"}
	r := rand.New(rand.NewPCG(1, 2))
	var d Decoder
	near, same, all := 0, 0, 0
	for i := range images {
		width, height := 1+r.IntN(90), 1+r.IntN(90)
		args := []string{"-quality", fmt.Sprint(1 + r.IntN(100)), "-sample", samplings[i%len(samplings)]}
		for _, extra := range [][]string{{"-progressive"}, {"-optimize"}, {"-restart", "1"}, {"-restart", "3B"}, {"-grayscale"}, {"-rgb"}} {
			switch n := r.IntN(12); {
			case n == 0, n < 6 && extra[0] == "-progressive":
				args = append(args, extra...)
			}
		}
		if slices.Contains(args, "-grayscale") || slices.Contains(args, "-rgb") {
			args[3] = samplings[i%4]
		}
		text := piped(t, ppm(r, width, height), "cjpeg", args...)
		want, w, h := samples(t, piped(t, text, "djpeg", "-pnm"))
		if w2, h2, err := Size(bytes.NewReader(text)); err != nil || w2 != w || h2 != h {
			t.Fatalf("%v: %d×%d pixels, %v, want %d×%d", args, w2, h2, err, w, h)
		}
		got := make([]uint8, 3*w*h)
		if err := d.Decode(got, bytes.NewReader(text), w, h, image.Rect(0, 0, w, h)); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		if err := d.Check(bytes.NewReader(text), w, h); err != nil {
			t.Fatalf("%v: checked: %v", args, err)
		}
		far := 0
		for p := 0; p < len(got); p += 3 {
			most := 0
			for c := range 3 {
				most = max(most, int(got[p+c])-int(want[p+c]), int(want[p+c])-int(got[p+c]))
			}
			if most == 0 {
				same++
			}
			if most > 2 {
				far++
			}
		}
		near, all = near+w*h-far, all+w*h
		if far > 0 {
			t.Errorf("%v of %d×%d pixels: %d differ by more than 2", args, w, h, far)
		}
		// A part is what the whole has there.
		part := image.Rect(r.IntN(w), r.IntN(h), 1+r.IntN(w), 1+r.IntN(h)).Canon()
		some := make([]uint8, 3*part.Dx()*part.Dy())
		if err := d.Decode(some, bytes.NewReader(text), w, h, part); err != nil {
			t.Fatalf("%v: part %v: %v", args, part, err)
		}
		for y := range part.Dy() {
			at := 3 * ((part.Min.Y+y)*w + part.Min.X)
			if row := some[3*y*part.Dx():][:3*part.Dx()]; !bytes.Equal(row, got[at:at+len(row)]) {
				t.Fatalf("%v: row %d of the part %v is not that of the whole", args, y, part)
			}
		}
	}
	t.Logf("%d images of %d pixels: %.4f %% within 2 levels of djpeg's, %.4f %% the same", images, all, 100*float64(near)/float64(all),
		100*float64(same)/float64(all))
	if near < all*99/100 {
		t.Error("less than 99 % within 2 levels")
	}
}
