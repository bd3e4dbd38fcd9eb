package dataset

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // formats of pictures in folders
	_ "image/png"
	"os"
)

// maxPixels is how many pixels a picture may have by its header: one that claims more is refused before memory is
// allocated for it.
const maxPixels = 100_000_000

// pictureSize reads the height and the width of a picture from the header of its file.
func pictureSize(path string) (height, width int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer file.Close()
	c, _, err := image.DecodeConfig(file)
	if err != nil {
		return 0, 0, err
	}
	if c.Width < 1 || c.Height < 1 {
		return 0, 0, fmt.Errorf("%d×%d pixels, expected at least one", c.Width, c.Height)
	}
	if int64(c.Width)*int64(c.Height) > maxPixels {
		return 0, 0, fmt.Errorf("%d×%d pixels, more than the %d megapixels that are read", c.Width, c.Height, maxPixels/1_000_000)
	}
	return c.Height, c.Width, nil
}

// decodeRGB reads a picture as height×width×3 bytes of red, green and blue, 8 bits each as the file has them: no gamma,
// no colour profile, no rotation by Exif, transparency dropped, grey three times. The size must be that of its header.
func decodeRGB(path string, height, width int) ([]uint8, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	m, _, err := image.Decode(file)
	if err != nil {
		return nil, err
	}
	if size := m.Bounds().Size(); size.Y != height || size.X != width {
		return nil, fmt.Errorf("%d×%d pixels, but %d×%d by its header", size.X, size.Y, width, height)
	}
	return rgb(m), nil
}

// rgb returns the pixels of m, rows×columns×3.
func rgb(m image.Image) []uint8 {
	bounds := m.Bounds()
	out := make([]uint8, 0, bounds.Dx()*bounds.Dy()*3)
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		// Row by row, so that no second whole picture is needed.
		row := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), 1))
		for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
			draw.Draw(row, row.Rect, m, image.Pt(bounds.Min.X, y), draw.Src)
			for p := row.Pix; len(p) > 0; p = p[4:] {
				out = append(out, p[0], p[1], p[2])
			}
		}
		return out
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			// The colour that lies under the transparency.
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			out = append(out, c.R, c.G, c.B)
		}
	}
	return out
}
