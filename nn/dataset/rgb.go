package dataset

import (
	"image"
	"image/color"
)

// rgb writes the pixels of a part of m, rows×columns×3, into out, and returns it: 8 bits a channel, the upper ones of 16; the
// colour that lies under a transparency, as Pillow's convert("RGB") gives it; grey three times; Y'CbCr as WebP means it.
func rgb(out []uint8, m image.Image, part box) []uint8 {
	at := m.Bounds().Min.Add(image.Pt(part.left, part.top))
	n := part.width
	for y := range part.height {
		row := out[3*n*y : 3*n*(y+1)]
		at := at.Add(image.Pt(0, y))
		switch m := m.(type) {
		case *image.Gray:
			for x, v := range m.Pix[m.PixOffset(at.X, at.Y):][:n] {
				row[3*x], row[3*x+1], row[3*x+2] = v, v, v
			}
		case *image.NRGBA:
			for x, pix := 0, m.Pix[m.PixOffset(at.X, at.Y):][:4*n]; x < n; x++ {
				row[3*x], row[3*x+1], row[3*x+2] = pix[4*x], pix[4*x+1], pix[4*x+2]
			}
		case *image.NRGBA64:
			for x, pix := 0, m.Pix[m.PixOffset(at.X, at.Y):][:8*n]; x < n; x++ {
				row[3*x], row[3*x+1], row[3*x+2] = pix[8*x], pix[8*x+2], pix[8*x+4]
			}
		case *image.RGBA:
			for x, pix := 0, m.Pix[m.PixOffset(at.X, at.Y):][:4*n]; x < n; x++ {
				p := pix[4*x:][:4]
				if row[3*x], row[3*x+1], row[3*x+2] = p[0], p[1], p[2]; p[3] != 255 {
					divided(row[3*x:], color.RGBA{R: p[0], G: p[1], B: p[2], A: p[3]})
				}
			}
		case *image.Paletted:
			var table [256][3]uint8 // black where the palette ends
			for i, c := range m.Palette[:min(256, len(m.Palette))] {
				opaque(table[i][:], c)
			}
			for x, v := range m.Pix[m.PixOffset(at.X, at.Y):][:n] {
				copy(row[3*x:3*x+3], table[v][:])
			}
		case *image.YCbCr:
			webpRow(row, m, at)
		case *image.NYCbCrA:
			webpRow(row, &m.YCbCr, at)
		default:
			for x := range n {
				opaque(row[3*x:], m.At(at.X+x, at.Y))
			}
		}
	}
	return out
}

// opaque writes a colour without its transparency, the upper 8 bits of each channel. A colour that its transparency has been multiplied
// with is divided by it as Pillow does: v·255/a, rounded down.
func opaque(out []uint8, c color.Color) {
	switch c := c.(type) {
	case color.NRGBA:
		out[0], out[1], out[2] = c.R, c.G, c.B
	case color.NRGBA64:
		out[0], out[1], out[2] = uint8(c.R>>8), uint8(c.G>>8), uint8(c.B>>8)
	case color.RGBA:
		divided(out, c)
	case color.RGBA64:
		divided(out, color.RGBA{R: uint8(c.R >> 8), G: uint8(c.G >> 8), B: uint8(c.B >> 8), A: uint8(c.A >> 8)})
	default:
		p := color.NRGBAModel.Convert(c).(color.NRGBA)
		out[0], out[1], out[2] = p.R, p.G, p.B
	}
}

func divided(out []uint8, c color.RGBA) {
	switch a := int(c.A); a {
	case 0:
		out[0], out[1], out[2] = 0, 0, 0
	case 255:
		out[0], out[1], out[2] = c.R, c.G, c.B
	default:
		out[0], out[1], out[2] = uint8(min(255, int(c.R)*255/a)), uint8(min(255, int(c.G)*255/a)), uint8(min(255, int(c.B)*255/a))
	}
}

// webpRow writes a row of an image of WebP, whose chroma has half the resolution and is interpolated from the four nearest
// samples, weighted 9, 3, 3 and 1, rounded as libwebp does; Y'CbCr is that of ITU-R BT.601 in its limited range.
//
// References:
//
//	Google: libwebp, src/dsp/yuv.h and upsampling.c, for how sums are rounded. https://chromium.googlesource.com/webm/libwebp
func webpRow(row []uint8, m *image.YCbCr, at image.Point) {
	if m.SubsampleRatio != image.YCbCrSubsampleRatio420 {
		for x := range len(row) / 3 {
			opaque(row[3*x:], m.At(at.X+x, at.Y))
		}
		return
	}
	width, height := (m.Rect.Dx()+1)/2, (m.Rect.Dy()+1)/2
	px, py := at.X-m.Rect.Min.X, at.Y-m.Rect.Min.Y
	near := py / 2
	far := min(max(near+2*(py%2)-1, 0), height-1)
	chroma := func(plane []uint8, x int) int32 {
		a, b := plane[near*m.CStride:][:width], plane[far*m.CStride:][:width]
		n := x / 2
		neighbour := n + 2*(x%2) - 1
		if neighbour < 0 || neighbour >= width {
			return (3*int32(a[n]) + int32(b[n]) + 2) >> 2
		}
		sum := int32(a[n]) + 3*int32(a[neighbour]) + 3*int32(b[n]) + int32(b[neighbour])
		return ((sum+8)>>3 + int32(a[n])) >> 1
	}
	for i := range len(row) / 3 {
		x := px + i
		y, u, v := int32(m.Y[py*m.YStride+x])*19077>>8, chroma(m.Cb, x), chroma(m.Cr, x)
		row[3*i] = sixth(y + v*26149>>8 - 14234)
		row[3*i+1] = sixth(y - u*6419>>8 - v*13320>>8 + 8708)
		row[3*i+2] = sixth(y + u*33050>>8 - 17685)
	}
}

// sixth is v/64 as a byte.
func sixth(v int32) uint8 { return uint8(min(max(v>>6, 0), 255)) }
