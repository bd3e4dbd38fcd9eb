package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"

	"cenet/nn/dataset/jpeg"
)

// A format is one in which images are read. It is recognised by the beginning of a file, whatever the file is called.
type format struct {
	name   string
	begins []string // one of them; "?" matches any byte
	// pixelsPerByte is how many pixels a byte of a file can stand for; 0: any number.
	pixelsPerByte int64
	// size reads the size of the image. An image of a kind that is not read is an error that says so.
	size func(file *os.File) (width, height int, err error)
	// ended reports whether what r reads, a file of the given number of bytes or the last part of it, has the mark of an image's end; nil
	// for formats without such a mark.
	ended func(r io.Reader, begin []byte, size int64) (bool, error)
	// decode reads the image; nil for JPEG, which has a decoder of its own.
	decode func(file *os.File) (image.Image, error)
}

// formats are those that are read: a JPEG has at least a bit for each block of 8×8 pixels, and what is packed by deflate is
// packed to 1/1032 at most, of one bit a pixel.
var formats = []format{
	{name: "JPEG", begins: []string{"\xff\xd8"}, pixelsPerByte: 8 * 64, size: jpegSize, ended: jpegEnded},
	{name: "PNG", begins: []string{"\x89PNG\r\n\x1a\n"}, pixelsPerByte: 8 * 1032, size: pngSize, ended: pngEnded,
		decode: decodeBy(png.Decode)},
	{name: "BMP", begins: []string{"BM????\x00\x00\x00\x00"}, pixelsPerByte: 8, size: bmpSize, decode: decodeBy(bmp.Decode)},
	{name: "TIFF", begins: []string{"II\x2a\x00", "MM\x00\x2a"}, size: tiffSize, decode: decodeTIFF},
	{name: "WebP", begins: []string{"RIFF????WEBP"}, size: webpSize, ended: riffEnded, decode: decodeBy(webp.Decode)},
	{name: "PNM", begins: []string{"P1", "P2", "P3", "P4", "P5", "P6"}, pixelsPerByte: 8, size: pnmSize, decode: decodeBy(decodePNM)},
}

// others are formats that are known by their beginnings, and are not read.
var others = []struct{ name, begin string }{
	{"a GIF", "GIF8"}, {"an AVIF or HEIF", "????ftyp"}, {"a JPEG 2000", "\x00\x00\x00\x0cjP  "}, {"a JPEG 2000", "\xff\x4f\xff\x51"},
	{"a JPEG XL", "\xff\x0a"}, {"a Photoshop image", "8BPS"}, {"a BigTIFF", "II\x2b\x00"}, {"a BigTIFF", "MM\x00\x2b"},
	{"an icon", "\x00\x00\x01\x00"}, {"a DDS texture", "DDS "},
	{"a PAM", "P7"}, {"a PFM", "Pf"}, {"a PFM", "PF"}, {"an SGI image", "\x01\xda"}, {"a PCX", "\x0a\x05\x01"}, {"PostScript", "%!PS"},
	{"an HTML page", "<!"}, {"an HTML page", "<h"}, {"an SVG or another XML", "<?xml"}, {"an SVG", "<svg"},
	{"a Git LFS pointer", "version https://git-lfs"},
	{"a zip archive", "PK\x03\x04"}, {"a PDF", "%PDF"},
}

// begins reports whether a file begins so.
func begins(head []byte, with string) bool {
	if len(head) < len(with) {
		return false
	}
	for i := range len(with) {
		if with[i] != '?' && with[i] != head[i] {
			return false
		}
	}
	return true
}

// formatOf tells the format of a file by its beginning.
func formatOf(file *os.File) (*format, []byte, error) {
	head := make([]byte, 32)
	n, err := file.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	head = head[:n]
	for i, f := range formats {
		for _, begin := range f.begins {
			if begins(head, begin) {
				return &formats[i], head, nil
			}
		}
	}
	what := "unknown format"
	if n == 0 {
		what = "unknown format of an empty file"
	}
	for _, o := range others {
		if begins(head, o.begin) {
			what = "unknown format: " + o.name
			break
		}
	}
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
	}
	return nil, nil, fmt.Errorf("%s, expected %s", what, strings.Join(names, ", "))
}

// decodeBy reads an image by a function that needs no more than a reader.
func decodeBy(decode func(io.Reader) (image.Image, error)) func(*os.File) (image.Image, error) {
	return func(file *os.File) (image.Image, error) { return decode(file) }
}

// errGrey16 is that Pillow opens an image of 16 bits of grey, or of 32, and that its convert("RGB") makes every value above 255 white.
var errGrey16 = errors.New(
	`grey values of more than 8 bits, all of which above 255 Pillow's convert("RGB") makes white: save the image with 8 bits`)

func jpegSize(file *os.File) (width, height int, err error) { return jpeg.Size(file) }

// pngSize refuses 16 bits of grey. Where each pixel has its own transparency they are read: Pillow takes the upper 8 bits then.
func pngSize(file *os.File) (width, height int, err error) {
	c, err := png.DecodeConfig(file)
	var kind [2]byte // bits a sample, and 0 for grey
	if _, short := file.ReadAt(kind[:], 24); err == nil && short == nil && kind == [2]byte{16, 0} {
		err = errGrey16
	}
	return c.Width, c.Height, err
}

func webpSize(file *os.File) (width, height int, err error) {
	var head [21]byte
	if n, _ := file.ReadAt(head[:], 0); n == len(head) && string(head[12:16]) == "VP8X" && head[20]&2 != 0 {
		return 0, 0, errors.New("a WebP with an animation, which is not read")
	}
	c, err := webp.DecodeConfig(file)
	return c.Width, c.Height, err
}

// bmpSize says why a BMP is not read, which golang.org/x/image/bmp does not.
func bmpSize(file *os.File) (width, height int, err error) {
	c, err := bmp.DecodeConfig(file)
	var head [34]byte // what is beyond the end of the file is 0
	_, _ = file.ReadAt(head[:], 0)
	header, packed := binary.LittleEndian.Uint32(head[14:]), binary.LittleEndian.Uint32(head[30:])
	planes, bits := binary.LittleEndian.Uint16(head[26:]), binary.LittleEndian.Uint16(head[28:])
	if palette, ok := c.ColorModel.(color.Palette); err == nil && ok && misread(palette, bits) {
		return 0, 0, fmt.Errorf("a BMP of %d bits a pixel with %d shades of grey, which Pillow reads as if it had 1 bit or 8: save it anew",
			bits, len(palette))
	}
	if !errors.Is(err, bmp.ErrUnsupported) {
		return c.Width, c.Height, err
	}
	switch {
	case header != 40 && header != 108 && header != 124:
		err = fmt.Errorf("a BMP with a header of %d bytes, expected 40, 108 or 124", header)
	case packed == 3 || packed == 6:
		err = fmt.Errorf("a BMP of %d bits a pixel with masks for its colours, which is not read", bits)
	case packed != 0:
		err = fmt.Errorf("a BMP with the compression number %d, expected 0 (none)", packed)
	case planes != 1:
		err = fmt.Errorf("a BMP of %d planes, expected 1", planes)
	case bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 24 && bits != 32:
		err = fmt.Errorf("a BMP of %d bits a pixel, expected 1, 2, 4, 8, 24 or 32", bits)
	default:
		err = errors.New("a BMP whose size is not possible, or whose pixels do not follow right after its header and palette")
	}
	return 0, 0, err
}

// misread reports whether Pillow takes the palette of a BMP for no palette, of black and white or of the shades 0, 1, 2 …, and then reads
// the pixels with another number of bits than they have.
func misread(palette color.Palette, bits uint16) bool {
	for i, c := range palette {
		shade := uint8(i)
		if len(palette) == 2 {
			shade *= 255
		}
		if c != color.Color(color.RGBA{R: shade, G: shade, B: shade, A: 255}) {
			return false
		}
	}
	return len(palette) == 2 && bits != 1 || len(palette) != 2 && bits != 8
}

// sought calls found on each part of what r reads, the last bytes of one being the first of the next.
func sought(r io.Reader, found func(part []byte)) error {
	window, kept := make([]byte, 2*fileEnd), 0
	var err error
	for err == nil {
		var n int
		n, err = io.ReadFull(r, window[kept:])
		part := window[:kept+n]
		found(part)
		kept = copy(window, part[max(0, len(part)-3):]) // a mark may lie across the border
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return err
}

// jpegEnded looks for an end of image after the last start of a scan: an earlier one is that of a thumbnail.
func jpegEnded(r io.Reader, _ []byte, _ int64) (ended bool, err error) {
	err = sought(r, func(part []byte) {
		if end, scan := bytes.LastIndex(part, []byte{0xff, 0xd9}), bytes.LastIndex(part, []byte{0xff, 0xda}); end != scan {
			ended = end > scan
		}
	})
	return ended, err
}

// pngEnded looks for the chunk IEND.
func pngEnded(r io.Reader, _ []byte, _ int64) (ended bool, err error) {
	err = sought(r, func(part []byte) { ended = ended || bytes.Contains(part, []byte("IEND")) })
	return ended, err
}

// riffEnded compares the size of the file with that of its one chunk.
func riffEnded(_ io.Reader, begin []byte, size int64) (bool, error) {
	return size-8 >= int64(binary.LittleEndian.Uint32(begin[4:])), nil
}
