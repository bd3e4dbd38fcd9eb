package dataset

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"

	"golang.org/x/image/tiff"
)

// Tags of a TIFF that decide what its pixels are.
const (
	tiffBits         = 258
	tiffCompression  = 259
	tiffColours      = 262 // PhotometricInterpretation
	tiffFillOrder    = 266
	tiffOrientation  = 274
	tiffSamples      = 277
	tiffPlanes       = 284 // PlanarConfiguration
	tiffFaxOptions   = 292 // T4Options
	tiffPredictor    = 317
	tiffExtra        = 338
	tiffSampleFormat = 339
)

// Names of what the tags say, for messages.
var (
	tiffColourNames = map[int]string{
		0: "grey", 1: "grey", 2: "RGB", 3: "palette", 4: "transparency mask", 5: "CMYK", 6: "YCbCr", 8: "CIE L*a*b*", 9: "ICC L*a*b*",
	}
	tiffCompressionNames = map[int]string{
		2: "CCITT RLE", 6: "old JPEG", 7: "JPEG", 34676: "SGI LogLuv", 34712: "JPEG 2000", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP",
	}
	tiffFormatNames = map[int]string{2: "signed integers", 3: "floating-point numbers"}
)

// tiffRead are the compressions that are read: none, CCITT Group 3 and 4, LZW, deflate by both its numbers, PackBits.
var tiffRead = map[int]bool{1: true, 3: true, 4: true, 5: true, 8: true, 32946: true, 32773: true}

// tiffTags are the values of the tags above, of those that the first image of a file has.
//
// References:
//
//	Aldus: TIFF, revision 6.0, 1992.
type tiffTags map[int][]int

// first is the first value of a tag, or what the format says where the tag is missing.
func (t tiffTags) first(tag, otherwise int) int {
	if len(t[tag]) == 0 {
		return otherwise
	}
	return t[tag][0]
}

// readTIFFTags reads the tags of the first image.
func readTIFFTags(r io.ReaderAt) (tiffTags, error) {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, unexpected(err)
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(head[4:]))
	if _, err := r.ReadAt(head[:2], at); err != nil {
		return nil, unexpected(err)
	}
	entries := make([]byte, 12*int(order.Uint16(head[:])))
	if _, err := r.ReadAt(entries, at+2); err != nil {
		return nil, unexpected(err)
	}
	tags := tiffTags{}
	for ; len(entries) > 0; entries = entries[12:] {
		tag := int(order.Uint16(entries))
		switch tag {
		case tiffBits, tiffCompression, tiffColours, tiffFillOrder, tiffOrientation, tiffSamples, tiffPlanes, tiffFaxOptions,
			tiffPredictor, tiffExtra, tiffSampleFormat:
			values, err := tiffValues(r, order, entries[:12])
			if err != nil {
				return nil, fmt.Errorf("a TIFF whose tag %d cannot be read: %w", tag, err)
			}
			tags[tag] = values
		}
	}
	return tags, nil
}

// tiffValues reads the first 16 values of an entry. Signed types are read as unsigned ones: no valid value is negative.
func tiffValues(r io.ReaderAt, order binary.ByteOrder, entry []byte) ([]int, error) {
	size := map[uint16]int{1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4}[order.Uint16(entry[2:])] // BYTE, SHORT, LONG and the same with a sign
	if size == 0 {
		return nil, fmt.Errorf("values of type %d, expected whole numbers", order.Uint16(entry[2:]))
	}
	count := order.Uint32(entry[4:])
	n := int(min(count, 16))
	text := entry[8:]
	if int64(count)*int64(size) > 4 {
		text = make([]byte, n*size)
		if _, err := r.ReadAt(text, int64(order.Uint32(entry[8:]))); err != nil {
			return nil, unexpected(err)
		}
	}
	values := make([]int, n)
	for i := range values {
		switch size {
		case 1:
			values[i] = int(text[i])
		case 2:
			values[i] = int(order.Uint16(text[2*i:]))
		default:
			values[i] = int(order.Uint32(text[4*i:]))
		}
	}
	return values, nil
}

// refused returns why an image is not read, in the terms of TIFF; nil where it is. golang.org/x/image/tiff passes over some of the tags
// and would return other pixels.
func (t tiffTags) refused() error {
	compression, colours, bits, samples := t.first(tiffCompression, 1), t.first(tiffColours, 0), t.first(tiffBits, 1), t.first(tiffSamples, 1)
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("a TIFF "+format+", which is not read", args...)
	}
	named := func(names map[int]string, n int) string {
		if names[n] == "" {
			return fmt.Sprintf("number %d", n)
		}
		return names[n]
	}
	fax, grey := compression == 3 || compression == 4, colours <= 1
	for _, f := range t[tiffSampleFormat] {
		if f != 1 {
			return refuse("of the sample format %s", named(tiffFormatNames, f))
		}
	}
	for _, b := range t[tiffBits] {
		if b != bits {
			return refuse("with samples of %v bits", t[tiffBits])
		}
	}
	switch n := max(1, len(t[tiffBits])); {
	case !tiffRead[compression]:
		return refuse("with the compression %s", named(tiffCompressionNames, compression))
	case colours > 3:
		return refuse("with the colours %s", named(tiffColourNames, colours))
	case grey && bits == 16:
		return errGrey16
	case bits != 1 && bits != 8 && bits != 16, bits == 16 && colours == 3, bits == 1 && colours == 2:
		return refuse("of %d bits a sample in %s", bits, named(tiffColourNames, colours))
	case n != samples:
		return refuse("of %d samples a pixel with BitsPerSample for %d", samples, n)
	case colours != 2 && samples != 1, colours == 2 && samples != 3 && samples != 4:
		return refuse("of %d samples a pixel in %s", samples, named(tiffColourNames, colours))
	case samples == 4 && t.first(tiffExtra, 0) != 1 && t.first(tiffExtra, 0) != 2:
		return refuse("with a fourth sample that is not called transparency (ExtraSamples 1 or 2)")
	case fax && (bits != 1 || !grey):
		return refuse("of %d bits a sample in %s packed by CCITT", bits, named(tiffColourNames, colours))
	case t.first(tiffFillOrder, 1) != 1 && !fax:
		return refuse("with FillOrder %d, the bits of a byte in another order", t.first(tiffFillOrder, 1))
	case t.first(tiffPlanes, 1) != 1 && samples > 1:
		return refuse("with a plane for each sample (PlanarConfiguration %d)", t.first(tiffPlanes, 1))
	case t.first(tiffPredictor, 1) > 2, t.first(tiffPredictor, 1) == 2 && compression != 5 && compression != 8 && compression != 32946:
		return refuse("with Predictor %d and the compression number %d", t.first(tiffPredictor, 1), compression)
	case compression == 3 && t.first(tiffFaxOptions, 0) != 0:
		return refuse("of CCITT Group 3 with T4Options %d: two dimensions, uncompressed parts or fill bits", t.first(tiffFaxOptions, 0))
	}
	return nil
}

// tiffSize reads the size of an image as it is decoded: turned by its orientation. An image that is not read is an error.
func tiffSize(file *os.File) (width, height int, err error) {
	tags, err := readTIFFTags(file)
	if err == nil {
		err = tags.refused()
	}
	if err != nil {
		return 0, 0, err
	}
	c, err := tiff.DecodeConfig(file)
	if o := tags.first(tiffOrientation, 1); o >= 5 && o <= 8 {
		c.Width, c.Height = c.Height, c.Width
	}
	return c.Width, c.Height, err
}

// decodeTIFF decodes the first image of a file as Pillow and libtiff do: turned by its orientation, and with the bits of a fax as
// PhotometricInterpretation says, where golang.org/x/image/tiff makes a black run black whatever the tag says.
func decodeTIFF(file *os.File) (image.Image, error) {
	tags, err := readTIFFTags(file)
	if err == nil {
		err = tags.refused()
	}
	if err != nil {
		return nil, err
	}
	m, err := tiff.Decode(file)
	if err != nil {
		return nil, err
	}
	if c := tags.first(tiffCompression, 1); (c == 3 || c == 4) && tags.first(tiffColours, 0) == 1 {
		g := m.(*image.Gray)
		for i, v := range g.Pix {
			g.Pix[i] = 255 - v
		}
	}
	if o := tags.first(tiffOrientation, 1); o >= 2 && o <= 8 {
		m = turned{m, o}
	}
	return m, nil
}

// turned is an image whose rows and columns are in the order of TIFF's tag Orientation, 2 to 8.
type turned struct {
	image.Image
	orientation int
}

// Bounds are those of the image as it is seen.
func (m turned) Bounds() image.Rectangle {
	size := m.Image.Bounds().Size()
	if m.orientation >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	return image.Rectangle{Max: size}
}

// At is the colour of a pixel of the image as it is seen.
func (m turned) At(x, y int) color.Color {
	b := m.Image.Bounds()
	if m.orientation >= 5 {
		x, y = y, x
	}
	if o := m.orientation; o == 2 || o == 3 || o == 7 || o == 8 {
		x = b.Dx() - 1 - x
	}
	if o := m.orientation; o == 3 || o == 4 || o == 6 || o == 7 {
		y = b.Dy() - 1 - y
	}
	return m.Image.At(b.Min.X+x, b.Min.Y+y)
}
