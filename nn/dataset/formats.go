package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
	"golang.org/x/image/webp"

	"cenet/nn/dataset/jpeg"
)

// A format is one in which images are read. It is told by the beginning of a file, whatever the file is called.
type format struct {
	name   string
	begins []string // one of them; "?" stands for any byte
	// pixelsPerByte is how many pixels a byte of a file can stand for; 0: any number.
	pixelsPerByte int64
	size          func(r io.Reader) (width, height int, err error)
	// ended tells whether what r reads, a file of so many bytes or the last part of it, has the mark of an image's end; nil where
	// there is none.
	ended func(r io.Reader, begin []byte, size int64) (bool, error)
	// decode reads the image; nil for JPEG, which has a decoder of its own.
	decode func(r io.Reader) (image.Image, error)
}

// formats are those that are read: a JPEG has at least a bit for each block of 8×8 pixels, and what is packed by deflate is
// packed to 1/1032 at most, of one bit a pixel.
var formats = []format{
	{name: "JPEG", begins: []string{"\xff\xd8"}, pixelsPerByte: 8 * 64, size: jpeg.Size, ended: jpegEnded},
	{name: "PNG", begins: []string{"\x89PNG\r\n\x1a\n"}, pixelsPerByte: 8 * 1032, size: sizeBy(png.DecodeConfig), ended: pngEnded, decode: png.Decode},
	{name: "BMP", begins: []string{"BM????\x00\x00\x00\x00"}, pixelsPerByte: 8, size: sizeBy(bmp.DecodeConfig), decode: bmp.Decode},
	{name: "TIFF", begins: []string{"II\x2a\x00", "MM\x00\x2a"}, size: sizeBy(tiff.DecodeConfig), decode: tiff.Decode},
	{name: "WebP", begins: []string{"RIFF????WEBP"}, size: sizeBy(webp.DecodeConfig), ended: riffEnded, decode: webp.Decode},
	{name: "PNM", begins: []string{"P1", "P2", "P3", "P4", "P5", "P6"}, pixelsPerByte: 8, size: pnmSize, decode: decodePNM},
}

// others are formats that are known by their beginnings, and are not read.
var others = []struct{ name, begin string }{
	{"a GIF", "GIF8"}, {"an AVIF or HEIF", "????ftyp"}, {"a JPEG 2000", "\x00\x00\x00\x0cjP  "}, {"a JPEG XL", "\xff\x0a"}, {"a Photoshop image", "8BPS"},
	{"an HTML page", "<!"}, {"an HTML page", "<h"}, {"an SVG or another XML", "<?xml"}, {"an SVG", "<svg"}, {"a Git LFS pointer", "version https://git-lfs"},
	{"a zip archive", "PK\x03\x04"}, {"a PDF", "%PDF"},
}

// begins tells whether a file begins so.
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

// sizeBy reads the size of an image by the configuration that a package tells.
func sizeBy(config func(io.Reader) (image.Config, error)) func(io.Reader) (int, int, error) {
	return func(r io.Reader) (width, height int, err error) {
		c, err := config(r)
		return c.Width, c.Height, err
	}
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

// jpegEnded looks for an end of image behind the last start of a scan: an earlier one is that of a thumbnail.
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

// Errors of packages that do not say much.
func said(err error) error {
	switch {
	case errors.Is(err, bmp.ErrUnsupported):
		return errors.New("a BMP that is packed or of 16 bits, or whose header is an old one, which is not read")
	}
	return err
}
