package dataset

import (
	"bytes"
	"fmt"
	"math"
	"testing"
)

// resizeRGB is the size×size centre of an image whose shorter side is resized to size.
func resizeRGB(pixels []uint8, height, width, size int) []uint8 {
	small := make([]uint8, size*size*3)
	new(resizer).centre(small, pixels, height, width, size, size)
	return small
}

// resizeReference is resizeRGB by its definition, in float64 and in two dimensions at once.
func resizeReference(pixels []uint8, height, width, size, row, column, channel int) float64 {
	shorter := min(height, width)
	sh, sw := size*height/shorter, size*width/shorter
	half := func(n int) int { return int(math.RoundToEven(float64(n) / 2)) }
	weight := func(out, scaled, in, at int) float64 {
		scale := float64(in) / float64(scaled)
		centre := (float64(out) + 0.5) * scale
		return max(0, 1-math.Abs(float64(at)+0.5-centre)/max(scale, 1))
	}
	var sum, total float64
	for r := range height {
		for q := range width {
			w := weight(row+half(sh-size), sh, height, r) * weight(column+half(sw-size), sw, width, q)
			sum += w * float64(pixels[(r*width+q)*3+channel])
			total += w
		}
	}
	return sum / total
}

func TestResize(t *testing.T) {
	for _, shape := range [][3]int{{8, 8, 4}, {13, 7, 5}, {7, 22, 3}, {5, 4, 9}, {1, 6, 3}, {30, 30, 1}, {9, 10, 9}} {
		height, width, size := shape[0], shape[1], shape[2]
		t.Run(fmt.Sprint(shape), func(t *testing.T) {
			pixels := madeSet(1, height, width, 3, 1).Pixels
			got := resizeRGB(pixels, height, width, size)
			for r := range size {
				for q := range size {
					for c := range 3 {
						want := resizeReference(pixels, height, width, size, r, q, c)
						// Rounded twice, to a half each time.
						if v := float64(got[(r*size+q)*3+c]); math.Abs(v-want) > 1.01 {
							t.Fatalf("(%d,%d,%d) is %g, want %g", r, q, c, v, want)
						}
					}
				}
			}
		})
	}
}

func TestResizeKeeps(t *testing.T) {
	pixels := madeSet(1, 6, 6, 3, 1).Pixels
	if !bytes.Equal(resizeRGB(pixels, 6, 6, 6), pixels) {
		t.Error("the same size changes the image")
	}
	for _, v := range []uint8{0, 1, 254, 255} {
		plain := bytes.Repeat([]uint8{v}, 37*23*3)
		for _, size := range []int{1, 5, 23, 40} {
			if got := resizeRGB(plain, 37, 23, size); !bytes.Equal(got, bytes.Repeat([]uint8{v}, size*size*3)) {
				t.Errorf("size %d: a plain image of %d is no longer plain", size, v)
			}
		}
	}
}

// The finest stripes become plain grey: nothing aliases.
func TestResizeAntialiases(t *testing.T) {
	const side, size = 64, 16
	pixels := make([]uint8, side*side*3)
	for i := range pixels {
		pixels[i] = uint8(i / 3 % 2 * 255)
	}
	got := resizeRGB(pixels, side, side, size)
	for r := range size {
		for q := 1; q < size-1; q++ { // at the edges the filter is cut off
			if v := got[(r*size+q)*3]; v < 126 || v > 129 {
				t.Fatalf("(%d,%d) is %d, want the mean 127.5", r, q, v)
			}
		}
	}
}

// A strip of a pixel's breadth would be enormous if it were resized whole.
func TestResizeStrip(t *testing.T) {
	const long = 100_000
	pixels := madeSet(1, long, 1, 3, 1).Pixels
	for _, shape := range [][2]int{{long, 1}, {1, long}} {
		if got := resizeRGB(pixels, shape[0], shape[1], 64); len(got) != 64*64*3 {
			t.Errorf("%d bytes", len(got))
		}
	}
}
