package jpeg

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"math/rand/v2"
	"testing"
)

// made is a JPEG of 4:2:0, as the standard library writes it.
func made(width, height, quality int) []byte {
	text := ppm(rand.New(rand.NewPCG(3, 4)), width, height)
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for i, p := 0, text[len(text)-3*width*height:]; len(p) > 0; i, p = i+4, p[3:] {
		m.Pix[i], m.Pix[i+1], m.Pix[i+2], m.Pix[i+3] = p[0], p[1], p[2], 255
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// BenchmarkDecode reads an image of ImageNet's usual size, the whole of it and a quarter.
func BenchmarkDecode(b *testing.B) {
	text := made(500, 375, 90)
	pixels := make([]uint8, 3*500*375)
	whole := image.Rect(0, 0, 500, 375)
	var d Decoder
	for name, part := range map[string]image.Rectangle{"whole": whole, "quarter": image.Rect(100, 100, 350, 288), "checked": {}} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if err := d.Decode(pixels, bytes.NewReader(text), 500, 375, part); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("standard library", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		row := image.NewRGBA(image.Rect(0, 0, 500, 1))
		for b.Loop() {
			m, err := jpeg.Decode(bytes.NewReader(text))
			if err != nil {
				b.Fatal(err)
			}
			for y := range 375 {
				draw.Draw(row, row.Rect, m, image.Pt(0, y), draw.Src)
			}
		}
	})
}
