// Package jpeg decodes JPEG images, baseline and progressive, to the same bytes as libjpeg in its usual settings: the accurate
// integer inverse DCT, chroma interpolated by a triangle ("fancy upsampling"), colours in fixed point. So a network sees what
// the programs that most networks are trained with see. The standard library's decoder takes the nearest chroma sample
// instead, and reads fewer ratios of sampling; there is no other well-kept one in Go.
//
// Read are 8 bits a sample, Huffman codes, one component (grey), three (Y'CbCr or RGB) or four (CMYK or YCCK), in any sampling
// that libjpeg reads: each component's factors divide the largest. Not read are arithmetic codes, lossless and hierarchical
// images and 12 bits.
//
// A file may be anybody's: no size but the one that the caller expects is decoded, and what is not sound is an error.
//
// References:
//
//	ITU-T T.81: Information technology – Digital compression and coding of continuous-tone still images (1992).
//	ITU-T T.871: JPEG File Interchange Format (2011); T.872, section 6.5.3 on the marker of Adobe.
//	C. Loeffler, A. Ligtenberg, G. Moschytz: Practical fast 1-D DCT algorithms with 11 multiplications. ICASSP 1989.
//	Independent JPEG Group: libjpeg 6b, and libjpeg-turbo 2.1, for how sums are rounded. https://libjpeg-turbo.org
package jpeg

import (
	"errors"
	"fmt"
	"image"
	"io"
)

// Markers, the second byte after 0xff.
const (
	sof0 = 0xc0 // start of frame, baseline
	sof1 = 0xc1 // extended sequential
	sof2 = 0xc2 // progressive
	dht  = 0xc4 // define Huffman tables
	rst0 = 0xd0 // restart, to 0xd7
	soi  = 0xd8 // start of image
	eoi  = 0xd9 // end of image
	sos  = 0xda // start of scan
	dqt  = 0xdb // define quantisation tables
	dri  = 0xdd // define restart interval
	app0 = 0xe0 // JFIF
	appE = 0xee // Adobe
)

// maxScans bounds the scans of an image: a progressive one has about ten, and a file of nothing but scans would take long.
const maxScans = 500

// keptBytes bounds the buffers that a decoder keeps from one image to the next.
const keptBytes = 16 << 20

// zigzag is the place in a block, row by row, of each coefficient in the order of the file; what lies beyond the end of a
// broken block goes to the last place.
var zigzag = [64 + 16]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
	63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63,
}

// A Decoder decodes images. It keeps its buffers, and serves one goroutine at a time. Its zero value is ready for use.
type Decoder struct {
	in source

	width, height int // of the image
	progressive   bool
	components    []component
	hMax, vMax    int // largest sampling factors
	columns, rows int // of MCUs, the units of h×v blocks of each component
	restart       int // MCUs between two restart markers; 0: none
	jfif, adobe   bool
	transform     byte // of Adobe's marker

	quants   [4]*[64]int32 // in the order of the file
	huffmans [2][4]*huffman
	scans    int
	eobRun   int // blocks, of a progressive scan, that have no further coefficients

	part   image.Rectangle // asked for; empty: the image is only checked
	memory []uint8         // of planes
	coeffs []int16
	line   [4][]uint8 // upsampled rows
	sums   []uint16
}

// A component is a plane of an image.
type component struct {
	id, table     byte
	h, v          int // sampling factors
	width, height int // in samples

	quant         *[64]int32 // that of its first scan
	dc            int32      // of the block before
	stride, lines int        // size of the plane, whole MCUs, in blocks
	plane         []uint8    // nil where the image is only checked
	coeffs        []int16    // 64 for each block, of a progressive image

	// Blocks whose samples are wanted.
	wanted image.Rectangle
}

// Size reads the size of an image from its header. The error says what is not read.
func Size(r io.Reader) (width, height int, err error) {
	d := Decoder{in: source{buffer: make([]byte, 1<<12)}}
	d.in.reset(r)
	if err := d.header(0, 0); err != nil {
		return 0, 0, err
	}
	return d.width, d.height, nil
}

// Check reads an image of that size to its end, and is the error of Decode where it has one.
func (d *Decoder) Check(r io.Reader, width, height int) error {
	return d.Decode(nil, r, width, height, image.Rectangle{})
}

// Decode writes a part of an image of width×height pixels to pixels, rows×columns×3 bytes of red, green and blue. It panics
// where the part lies outside the image, or pixels are fewer. What lies below the part may remain unread.
func (d *Decoder) Decode(pixels []uint8, r io.Reader, width, height int, part image.Rectangle) error {
	if !part.In(image.Rect(0, 0, width, height)) || len(pixels) < 3*part.Dx()*part.Dy() {
		panic("jpeg: part outside the image, or too few pixels")
	}
	d.part = part
	d.in.reset(r)
	defer d.release()
	if err := d.header(width, height); err != nil {
		return err
	}
	if err := d.frame(); err != nil {
		return err
	}
	if part.Empty() {
		return nil
	}
	if d.progressive {
		d.transformAll()
	}
	d.convert(pixels)
	return nil
}

// release lets go of what is large, and of the reader.
func (d *Decoder) release() {
	d.in.r = nil
	if cap(d.memory) > keptBytes {
		d.memory = nil
	}
	if cap(d.coeffs) > keptBytes/2 {
		d.coeffs = nil
	}
}

// header reads up to the frame's header, which must give that size unless width is 0.
func (d *Decoder) header(width, height int) error {
	d.components, d.restart, d.jfif, d.adobe, d.transform, d.scans = d.components[:0], 0, false, false, 0, 0
	d.quants, d.huffmans = [4]*[64]int32{}, [2][4]*huffman{}
	var begin [2]byte
	if err := d.in.full(begin[:]); err != nil {
		return err
	}
	if begin != [2]byte{0xff, soi} {
		return errors.New("no JPEG: the mark of its beginning is missing")
	}
	for len(d.components) == 0 {
		marker, err := d.in.next()
		if err != nil {
			return err
		}
		if marker == eoi || marker == sos {
			return errors.New("an image without a frame")
		}
		if err := d.segment(marker); err != nil {
			return err
		}
	}
	if width > 0 && (d.width != width || d.height != height) {
		return fmt.Errorf("%d×%d pixels, but %d×%d before", d.width, d.height, width, height)
	}
	return nil
}

// frame reads the scans, up to the end of the image or, where all is there at once, of what is wanted.
func (d *Decoder) frame() error {
	d.allocate()
	for {
		marker, err := d.in.next()
		if err != nil {
			return err
		}
		switch {
		case marker == eoi:
			for i := range d.components {
				if d.components[i].quant == nil {
					return fmt.Errorf("component %d of %d has no scan", i+1, len(d.components))
				}
			}
			return nil
		case marker == sos:
			done, err := d.scan()
			if err != nil || done {
				return err
			}
		default:
			if err := d.segment(marker); err != nil {
				return err
			}
		}
	}
}

// segment reads the segment of a marker that is neither a scan's nor the end's.
func (d *Decoder) segment(marker byte) error {
	if marker == 0x01 || marker >= rst0 && marker < soi { // without a segment
		return nil
	}
	if marker == soi || marker < sof0 {
		return fmt.Errorf("a marker %#02x, where none can be", marker)
	}
	var length [2]byte
	if err := d.in.full(length[:]); err != nil {
		return err
	}
	n := int(length[0])<<8 + int(length[1]) - 2
	if n < 0 {
		return fmt.Errorf("the segment %#02x has %d bytes", marker, n+2)
	}
	switch {
	case marker == dht, marker == dqt, marker == dri, marker >= sof0 && marker <= 0xcf, marker == app0, marker == appE:
	default:
		return d.in.skip(n)
	}
	if n > 1<<12 && (marker == app0 || marker == appE) { // neither JFIF nor Adobe
		return d.in.skip(n)
	}
	body := make([]byte, n)
	if err := d.in.full(body); err != nil {
		return err
	}
	switch marker {
	case dht:
		return d.defineHuffman(body)
	case dqt:
		return d.defineQuant(body)
	case dri:
		if n != 2 {
			return fmt.Errorf("a restart interval of %d bytes, expected 2", n)
		}
		d.restart = int(body[0])<<8 + int(body[1])
	case app0:
		d.jfif = d.jfif || n >= 12 && string(body[:5]) == "JFIF\x00"
	case appE:
		if n >= 12 && string(body[:5]) == "Adobe" {
			d.adobe, d.transform = true, body[11]
		}
	case sof0, sof1, sof2:
		d.progressive = marker == sof2
		return d.begin(body)
	case 0xcc, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf:
		return errors.New("arithmetic codes, which are not read: expected Huffman's")
	default:
		return fmt.Errorf("a frame of kind %#02x, lossless or hierarchical, which is not read", marker)
	}
	return nil
}

// defineQuant reads quantisation tables.
func (d *Decoder) defineQuant(body []byte) error {
	for len(body) > 0 {
		wide, at := int(body[0]>>4), body[0]&15
		if wide > 1 || at > 3 || len(body) < 1+64*(1+wide) {
			return errors.New("invalid quantisation table")
		}
		q := new([64]int32)
		for k := range q {
			if q[k] = int32(body[1+k*(1+wide)]); wide == 1 {
				q[k] = q[k]<<8 + int32(body[2+2*k])
			}
		}
		d.quants[at] = q
		body = body[1+64*(1+wide):]
	}
	return nil
}

// begin reads the header of a frame.
func (d *Decoder) begin(body []byte) error {
	if len(d.components) > 0 {
		return errors.New("a second frame")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return errors.New("the header of the frame has a wrong length")
	}
	if body[0] != 8 {
		return fmt.Errorf("%d bits a sample, expected 8", body[0])
	}
	d.height, d.width = int(body[1])<<8+int(body[2]), int(body[3])<<8+int(body[4])
	if d.height == 0 || d.width == 0 {
		return fmt.Errorf("%d×%d pixels, expected at least one", d.width, d.height)
	}
	n := int(body[5])
	if n != 1 && n != 3 && n != 4 {
		return fmt.Errorf("%d components, expected 1, 3 or 4", n)
	}
	d.hMax, d.vMax = 1, 1
	for i := range n {
		c := component{id: body[6+3*i], h: int(body[7+3*i] >> 4), v: int(body[7+3*i] & 15), table: body[8+3*i]}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.table > 3 {
			return fmt.Errorf("component %d has the sampling %d×%d by table %d, expected factors of 1 to 4 and a table of 0 to 3", i+1, c.h, c.v,
				c.table)
		}
		for _, before := range d.components {
			if before.id == c.id {
				return fmt.Errorf("two components are called %d", c.id)
			}
		}
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
		d.components = append(d.components, c)
	}
	for i := range d.components {
		c := &d.components[i]
		if d.hMax%c.h != 0 || d.vMax%c.v != 0 {
			return fmt.Errorf("component %d has the sampling %d×%d, which does not divide the largest, %d×%d", i+1, c.h, c.v, d.hMax, d.vMax)
		}
		c.width, c.height = above(d.width*c.h, d.hMax), above(d.height*c.v, d.vMax)
	}
	d.columns, d.rows = above(d.width, 8*d.hMax), above(d.height, 8*d.vMax)
	return nil
}

// above is a/b, rounded up.
func above(a, b int) int { return (a + b - 1) / b }

// allocate makes the planes, and the coefficients of a progressive image.
func (d *Decoder) allocate() {
	samples := 0
	for i := range d.components {
		c := &d.components[i]
		c.stride, c.lines = d.columns*c.h, d.rows*c.v
		samples += 64 * c.stride * c.lines
		if !d.part.Empty() { // and the samples next to it, by which the outermost are interpolated
			x, y := d.hMax/c.h, d.vMax/c.v
			c.wanted = image.Rect(
				max(0, d.part.Min.X/x-1)/8, max(0, d.part.Min.Y/y-1)/8,
				min(c.stride, ((d.part.Max.X-1)/x+1)/8+1), min(c.lines, ((d.part.Max.Y-1)/y+1)/8+1))
		}
	}
	if !d.part.Empty() {
		if cap(d.memory) < samples {
			d.memory = make([]uint8, samples)
		}
		memory := d.memory[:samples]
		for i := range d.components {
			c := &d.components[i]
			c.plane, memory = memory[:64*c.stride*c.lines], memory[64*c.stride*c.lines:]
		}
	}
	if d.progressive {
		if cap(d.coeffs) < samples {
			d.coeffs = make([]int16, samples)
		}
		coeffs := d.coeffs[:samples]
		clear(coeffs)
		for i := range d.components {
			c := &d.components[i]
			c.coeffs, coeffs = coeffs[:64*c.stride*c.lines], coeffs[64*c.stride*c.lines:]
		}
	}
}

// transformAll makes the samples of a progressive image's coefficients.
func (d *Decoder) transformAll() {
	var b [64]int32
	for i := range d.components {
		c := &d.components[i]
		for y := c.wanted.Min.Y; y < c.wanted.Max.Y; y++ {
			for x := c.wanted.Min.X; x < c.wanted.Max.X; x++ {
				at := 64 * (y*c.stride + x)
				last := 0
				for k, v := range c.coeffs[at : at+64] { // in the order of the file
					if v != 0 {
						b[zigzag[k]], last = int32(v)*c.quant[k], k
					}
				}
				c.transform(&b, last, x, y)
			}
		}
	}
}
