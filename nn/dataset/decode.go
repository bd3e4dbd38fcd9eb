package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	_ "image/jpeg" // formats of images in folders
	_ "image/png"
	"io"
	"os"

	"golang.org/x/sync/semaphore"
)

// maxPixels is how many pixels an image may have by its header: one that claims more is refused before memory is
// allocated for it.
const maxPixels = 100_000_000

// maxFile is how many bytes the file of an image may have: more than so many pixels take that are not compressed.
const maxFile = 1 << 30

// pixelsPerByte is how many pixels a byte of a file can stand for, by format: a JPEG has at least a bit for each block of 8×8, and
// a PNG of one bit a pixel is packed to 1/1032 at most. Images of other formats are not read, though the program knew them.
var pixelsPerByte = map[string]int64{"jpeg": 8 * 64, "png": 8 * 1032}

// decoding bounds the pixels of all images that are being decoded at a moment, in the whole process: one of the largest,
// or several smaller ones.
var decoding = semaphore.NewWeighted(maxPixels)

// fileEnd is how many bytes at the beginning and at the end of a file enter its print.
const fileEnd = 4096

// A probe is what can be told of an image without decoding it.
type probe struct {
	height, width int
	print         [sha256.Size]byte // SHA-256 of the size of the file, its first 4096 bytes and its last
}

// openImage opens a plain file, or a link to one. Anything else is an error: a pipe would keep waiting who opens it.
func openImage(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("no plain file")
	}
	return os.Open(path)
}

// probeImage reads the header and the end of the file of an image. A file that is no image, that is cut short, or
// that claims too many pixels is an error.
func probeImage(path string) (probe, error) {
	file, err := openImage(path)
	if err != nil {
		return probe{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return probe{}, err
	}
	if info.Size() > maxFile {
		return probe{}, fmt.Errorf("%d bytes, more than the %d MB that are read", info.Size(), maxFile>>20)
	}
	c, format, err := image.DecodeConfig(file)
	if err != nil {
		return probe{}, err
	}
	if c.Width < 1 || c.Height < 1 {
		return probe{}, fmt.Errorf("%d×%d pixels, expected at least one", c.Width, c.Height)
	}
	if int64(c.Width)*int64(c.Height) > maxPixels {
		return probe{}, fmt.Errorf("%d×%d pixels, more than the %d megapixels that are read", c.Width, c.Height, maxPixels/1_000_000)
	}
	if most, ok := pixelsPerByte[format]; !ok {
		return probe{}, fmt.Errorf("format %s, expected jpeg or png", format)
	} else if int64(c.Width)*int64(c.Height) > most*info.Size() {
		return probe{}, fmt.Errorf("%d×%d pixels, more than a file of %d bytes can have", c.Width, c.Height, info.Size())
	}

	part := make([]byte, min(fileEnd, info.Size()))
	h := sha256.New()
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(info.Size())))
	for _, at := range []int64{0, info.Size() - int64(len(part))} {
		if _, err := file.ReadAt(part, at); err != nil {
			return probe{}, err
		}
		h.Write(part)
	}
	ended, err := hasEnd(bytes.NewReader(part), format)
	if !ended && err == nil { // something long may follow the image
		ended, err = hasEnd(io.NewSectionReader(file, 0, info.Size()), format)
	}
	if err != nil {
		return probe{}, err
	}
	if !ended {
		return probe{}, fmt.Errorf("cut short, the mark of its end is missing: %w", io.ErrUnexpectedEOF)
	}
	p := probe{height: c.Height, width: c.Width}
	h.Sum(p.print[:0])
	return p, nil
}

// hasEnd tells whether what r reads, a file or the last part of one, has the mark of an image's end: in a JPEG an end of image
// behind the last start of a scan (an earlier one is that of a thumbnail), in a PNG the chunk IEND.
func hasEnd(r io.Reader, format string) (ended bool, err error) {
	window, kept := make([]byte, 2*fileEnd), 0
	for err == nil {
		var n int
		n, err = io.ReadFull(r, window[kept:])
		part := window[:kept+n]
		switch format {
		case "jpeg":
			if end, scan := bytes.LastIndex(part, []byte{0xff, 0xd9}), bytes.LastIndex(part, []byte{0xff, 0xda}); end != scan {
				ended = end > scan
			}
		case "png":
			ended = ended || bytes.Contains(part, []byte("IEND"))
		}
		kept = copy(window, part[max(0, len(part)-3):]) // a mark may lie across the border
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return ended, err
}

// A decoder reads images. It keeps its buffers, and serves one goroutine at a time.
type decoder struct {
	resizer
	pixels []uint8 // of a file, or of a part of it
	image  []uint8 // of the size of a set
}

// whole writes the image of a file to pixels: its shorter side resized to resize and the centre, of size×size pixels,
// cut out; or as it is, when resize is 0.
func (d *decoder) whole(pixels []uint8, f *imageFile, resize, size int) error {
	raw, err := d.read(f.path(), f.height, f.width, box{0, 0, f.height, f.width})
	if err != nil {
		return err
	}
	if resize == 0 {
		copy(pixels, raw)
		return nil
	}
	d.centre(pixels, raw, f.height, f.width, resize, size)
	return nil
}

// read returns a part of an image as rows×columns×3 bytes of red, green and blue, 8 bits each as the file has them: no
// gamma, no colour profile, no rotation by Exif, transparency dropped, grey three times. The size must be that of its
// header. What is returned is overwritten by the next call.
func (d *decoder) read(path string, height, width int, part box) ([]uint8, error) {
	if err := decoding.Acquire(context.Background(), int64(height)*int64(width)); err != nil {
		return nil, err
	}
	defer decoding.Release(int64(height) * int64(width))
	file, err := openImage(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// The file may have become another one since its header was read: nothing is decoded that is not accounted for.
	if c, _, err := image.DecodeConfig(file); err != nil {
		return nil, err
	} else if c.Height != height || c.Width != width {
		return nil, fmt.Errorf("%d×%d pixels, but %d×%d before", c.Width, c.Height, width, height)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	m, _, err := image.Decode(file)
	if err != nil {
		return nil, err
	}
	if size := m.Bounds().Size(); size.Y != height || size.X != width {
		return nil, fmt.Errorf("%d×%d pixels, but %d×%d by its header", size.X, size.Y, width, height)
	}
	d.pixels = rgb(grow(d.pixels, part.height*part.width*3), m, part)
	return d.pixels, nil
}

// rgb writes the pixels of a part of m, rows×columns×3, into out, and returns it.
func rgb(out []uint8, m image.Image, part box) []uint8 {
	at := m.Bounds().Min.Add(image.Pt(part.left, part.top))
	rest := out
	if o, ok := m.(interface{ Opaque() bool }); ok && o.Opaque() {
		// Row by row, so that no second whole image is needed.
		row := image.NewRGBA(image.Rect(0, 0, part.width, 1))
		for y := range part.height {
			draw.Draw(row, row.Rect, m, at.Add(image.Pt(0, y)), draw.Src)
			for p := row.Pix; len(p) > 0; p, rest = p[4:], rest[3:] {
				rest[0], rest[1], rest[2] = p[0], p[1], p[2]
			}
		}
		return out
	}
	for y := range part.height {
		for x := range part.width {
			// The colour that lies under the transparency.
			c := color.NRGBAModel.Convert(m.At(at.X+x, at.Y+y)).(color.NRGBA)
			rest[0], rest[1], rest[2] = c.R, c.G, c.B
			rest = rest[3:]
		}
	}
	return out
}
