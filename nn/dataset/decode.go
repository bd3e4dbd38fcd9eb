package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"

	"golang.org/x/sync/semaphore"

	"cenet/nn/dataset/jpeg"
)

// maxPixels is how many pixels an image may have by its header: one that claims more is refused before memory is
// allocated for it.
const maxPixels = 100_000_000

// maxFile is how many bytes the file of an image may have: more than the largest image takes without compression.
const maxFile = 1 << 30

// decoding bounds the pixels of all images that are being decoded at a moment, in the whole process: one of the largest,
// or several smaller ones.
var decoding = semaphore.NewWeighted(maxPixels)

// fileEnd is how many bytes at the end of a file are searched for the mark of its end at first.
const fileEnd = 4096

// A probe is what is known of an image without decoding it.
type probe struct{ height, width int }

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
	format, begin, err := formatOf(file)
	if err != nil {
		return probe{}, err
	}
	width, height, err := format.size(file)
	if err != nil {
		return probe{}, err
	}
	if width < 1 || height < 1 {
		return probe{}, fmt.Errorf("%d×%d pixels, expected at least one", width, height)
	}
	if int64(width) > maxPixels/int64(height) {
		return probe{}, fmt.Errorf("%d×%d pixels, more than the %d megapixels that are read", width, height, maxPixels/1_000_000)
	}
	if most := format.pixelsPerByte; most > 0 && int64(width)*int64(height) > most*info.Size() {
		return probe{}, fmt.Errorf("%d×%d pixels, more than a file of %d bytes can have", width, height, info.Size())
	}

	if format.ended != nil {
		part := make([]byte, min(fileEnd, info.Size()))
		if _, err := file.ReadAt(part, info.Size()-int64(len(part))); err != nil {
			return probe{}, err
		}
		ended, err := format.ended(bytes.NewReader(part), begin, info.Size())
		if !ended && err == nil { // something long may follow the image
			ended, err = format.ended(io.NewSectionReader(file, 0, info.Size()), begin, info.Size())
		}
		if err != nil {
			return probe{}, err
		}
		if !ended {
			return probe{}, fmt.Errorf("cut short, the mark of its end is missing: %w", io.ErrUnexpectedEOF)
		}
	}
	return probe{height: height, width: width}, nil
}

// A decoder reads images. It keeps its buffers, and serves one goroutine at a time.
type decoder struct {
	resizer
	jpeg   jpeg.Decoder
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

// read returns a part of an image as rows×columns×3 bytes of red, green and blue, 8 bits each, as torchvision's ImageFolder has it from
// Pillow's convert("RGB"): no gamma, no colour profile, transparency dropped, grey three times; a TIFF is turned by its orientation, no
// other format is. The size must be that of its header. What is returned is overwritten by the next call.
func (d *decoder) read(path string, height, width int, part box) ([]uint8, error) {
	d.pixels = grow(d.pixels, part.height*part.width*3)
	return d.pixels, d.decode(path, height, width, part)
}

// check reads an image to its end, and is the error of read where it has one.
func (d *decoder) check(path string, height, width int) error {
	return d.decode(path, height, width, box{})
}

// decode writes a part to pixels.
func (d *decoder) decode(path string, height, width int, part box) error {
	if err := decoding.Acquire(context.Background(), int64(height)*int64(width)); err != nil {
		return err
	}
	defer decoding.Release(int64(height) * int64(width))
	file, err := openImage(path)
	if err != nil {
		return err
	}
	defer file.Close()
	// The file may have become another one since its header was read: nothing is decoded that is not accounted for.
	format, _, err := formatOf(file)
	if err != nil {
		return err
	}
	if format.decode == nil {
		cut := image.Rect(part.left, part.top, part.left+part.width, part.top+part.height)
		return d.jpeg.Decode(d.pixels, file, width, height, cut)
	}
	if w, h, err := format.size(file); err != nil {
		return err
	} else if h != height || w != width {
		return fmt.Errorf("%d×%d pixels, but %d×%d before", w, h, width, height)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	m, err := format.decode(file)
	if err != nil {
		return err
	}
	if size := m.Bounds().Size(); size.Y != height || size.X != width {
		return fmt.Errorf("%d×%d pixels, but %d×%d by its header", size.X, size.Y, width, height)
	}
	rgb(d.pixels, m, part)
	return nil
}
