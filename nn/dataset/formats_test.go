package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// madeTIFF is an image of 8×2 pixels, 8 bits of grey where the tags do not say otherwise, that is all zeros.
func madeTIFF(order binary.AppendByteOrder, tags map[int][]int) []byte {
	all := map[int][]int{256: {8}, 257: {2}, 258: {8}, 259: {1}, 262: {1}, 273: {8}, 277: {1}, 279: {128}}
	maps.Copy(all, tags)
	text := []byte("II\x2a\x00")
	if order == binary.AppendByteOrder(binary.BigEndian) {
		text = []byte("MM\x00\x2a")
	}
	text = append(order.AppendUint32(text, 8+128), make([]byte, 128)...)
	text = order.AppendUint16(text, uint16(len(all)))
	values := len(text) + 12*len(all) + 4
	var long []byte
	for _, tag := range slices.Sorted(maps.Keys(all)) {
		text = order.AppendUint16(order.AppendUint16(text, uint16(tag)), 3)
		text = order.AppendUint32(text, uint32(len(all[tag])))
		var shorts []byte
		for _, v := range all[tag] {
			shorts = order.AppendUint16(shorts, uint16(v))
		}
		if len(shorts) > 4 {
			text = order.AppendUint32(text, uint32(values+len(long)))
			long = append(long, shorts...)
		} else {
			text = append(text, append(shorts, make([]byte, 4-len(shorts))...)...)
		}
	}
	return append(append(text, 0, 0, 0, 0), long...)
}

// madeBMP is an image of 2×2 pixels of zeros with a header of that many bytes.
func madeBMP(header, planes, bits, packed, gap int) []byte {
	text := binary.LittleEndian.AppendUint32([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00"), uint32(14+header+gap))
	text = binary.LittleEndian.AppendUint32(text, uint32(header))
	text = append(text, 2, 0, 0, 0, 2, 0, 0, 0, byte(planes), 0, byte(bits), 0, byte(packed), 0, 0, 0)
	return append(text, make([]byte, header+gap)...)
}

// shades is a BMP of 2×2 pixels of zeros with a palette.
func shades(bits int, palette ...byte) []byte {
	text := madeBMP(40, 1, bits, 0, 4*len(palette))
	text[46] = byte(len(palette))
	for i, v := range palette {
		copy(text[54+4*i:], []byte{v, v, v})
	}
	return append(text, make([]byte, 8)...)
}

// What Pillow would read and this package does not is refused with the reason, and never read as something else.
func TestRefusedFormats(t *testing.T) {
	three, four := []int{8, 8, 8}, []int{8, 8, 8, 8}
	type refusal struct {
		file []byte
		want string
	}
	files := map[string]refusal{
		"grey.png": {encoded(t, ".png", image.NewGray16(image.Rect(0, 0, 3, 2))), "grey values of more than 8 bits"},
		"5.pgm":    {[]byte("P5 1 1 256\n\x00\x01"), "grey values of more than 8 bits"},
		"2.pgm":    {[]byte("P2 1 1 65535\n1"), "grey values of more than 8 bits"},
		"a.webp":   {[]byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "a WebP with an animation"},
		"rle.bmp":  {madeBMP(40, 1, 8, 1, 0), "a BMP with the compression number 1"},
		"mask.bmp": {madeBMP(40, 1, 16, 3, 0), "a BMP of 16 bits a pixel with masks"},
		"16.bmp":   {madeBMP(40, 1, 16, 0, 0), "a BMP of 16 bits a pixel, expected"},
		"os2.bmp":  {madeBMP(12, 1, 24, 0, 0), "a BMP with a header of 12 bytes"},
		"zero.bmp": {madeBMP(40, 0, 24, 0, 0), "a BMP of 0 planes"},
		"two.bmp":  {shades(8, 0, 255), "a BMP of 8 bits a pixel with 2 shades of grey, which Pillow reads as"},
		"four.bmp": {shades(4, 0, 1, 2, 3), "a BMP of 4 bits a pixel with 4 shades"},
		"bits.bmp": {shades(1, 0, 255), ""},
		"wide.bmp": {shades(8, 0, 1, 2, 3), ""},
		"turn.bmp": {shades(8, 255, 0), ""},
		"gap.bmp":  {madeBMP(40, 1, 24, 0, 8), "do not follow right after its header"},
		"gif.png":  {[]byte("GIF89a"), "unknown format: a GIF"},
		"big.tif":  {[]byte("II\x2b\x00\x08\x00\x00\x00"), "unknown format: a BigTIFF"},
		"ico.png":  {[]byte("\x00\x00\x01\x00\x01"), "unknown format: an icon"},
		"pam.ppm":  {[]byte("P7\nWIDTH 1\n"), "unknown format: a PAM"},
	}
	for want, tags := range map[string]map[int][]int{
		"grey values of more than 8 bits":                 {258: {16}},
		"of 4 bits a sample in grey":                      {258: {4}},
		"of 32 bits a sample in grey":                     {258: {32}},
		"of 2 bits a sample in palette":                   {258: {2}, 262: {3}},
		"of the sample format floating-point numbers":     {258: {32}, 339: {3}},
		"of the sample format signed integers":            {258: {8}, 339: {2}},
		"with samples of [5 6 5] bits":                    {258: {5, 6, 5}, 262: {2}, 277: {3}},
		"of the sample format number 4":                   {339: {4}},
		"of 8 bits a sample in grey packed by CCITT":      {259: {4}},
		"with the compression JPEG":                       {259: {7}},
		"with the compression number 9":                   {259: {9}},
		"with the colours CMYK":                           {258: four, 262: {5}, 277: {4}},
		"with the colours YCbCr":                          {258: three, 262: {6}, 277: {3}},
		"with the colours number 32803":                   {262: {32803}},
		"of 2 samples a pixel in grey":                    {258: {8, 8}, 277: {2}, 338: {2}},
		"of 5 samples a pixel in RGB":                     {258: {8, 8, 8, 8, 8}, 262: {2}, 277: {5}},
		"of 3 samples a pixel with BitsPerSample for 1":   {262: {2}, 277: {3}},
		"a fourth sample that is not called transparency": {258: four, 262: {2}, 277: {4}},
		"with FillOrder 2":                                {266: {2}},
		"a plane for each sample":                         {258: three, 262: {2}, 277: {3}, 284: {2}},
		"with Predictor 2 and the compression number 1":   {317: {2}},
		"with Predictor 3 and the compression number 8":   {259: {8}, 317: {3}},
		"of CCITT Group 3 with T4Options 1":               {258: {1}, 259: {3}, 292: {1}},
		"of CCITT Group 3 with T4Options 4":               {258: {1}, 259: {3}, 292: {4}},
	} {
		for name, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
			files[fmt.Sprintf("%s %s.tif", name, strings.ReplaceAll(want, " ", "_"))] = refusal{madeTIFF(order, tags), want}
		}
	}
	// What is made is read where nothing is wrong with it.
	files["II.tif"], files["MM.tif"] = refusal{madeTIFF(binary.LittleEndian, nil), ""}, refusal{madeTIFF(binary.BigEndian, nil), ""}
	files["24.bmp"] = refusal{madeBMP(40, 1, 24, 0, 0), ""}
	dir := t.TempDir()
	for name, test := range files {
		writeFile(t, test.file, dir, name)
		p, err := probeImage(filepath.Join(dir, name))
		if test.want != "" {
			mustFail(t, err, test.want)
		} else if err == nil {
			err = new(decoder).check(filepath.Join(dir, name), p.height, p.width)
		}
		if err != nil && test.want == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Transparency that the colours have been multiplied with is taken away as Pillow does, with values that such a file should not have, too.
func TestOpaque(t *testing.T) {
	for c, want := range map[color.Color][]uint8{
		color.RGBA{100, 50, 0, 100}:             {255, 127, 0},
		color.RGBA{200, 1, 2, 3}:                {255, 85, 170},
		color.RGBA{9, 9, 9, 0}:                  {0, 0, 0},
		color.RGBA{9, 8, 7, 255}:                {9, 8, 7},
		color.RGBA64{0x64ff, 0x32ff, 0, 0x6400}: {255, 127, 0},
		color.RGBA64{0xfffe, 0x1234, 0, 0xffff}: {255, 0x12, 0},
		color.NRGBA{200, 1, 2, 3}:               {200, 1, 2},
		color.Gray{7}:                           {7, 7, 7},
	} {
		got := make([]uint8, 3)
		if opaque(got, c); !bytes.Equal(got, want) {
			t.Errorf("%#v is %v, want %v", c, got, want)
		}
	}
}
