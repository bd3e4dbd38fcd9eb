package dataset

import (
	"bufio"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"math"
	"os"
)

// pnmHeader is the header of a file of Netpbm's formats: P1 to P3 are bits, grey and colours in decimal digits, P4 to P6 the
// same in bytes.
//
// References:
//
//	https://netpbm.sourceforge.net/doc/pnm.html
type pnmHeader struct {
	kind          byte // '1' to '6'
	width, height int
	most          int // the value of white
}

func pnmSize(file *os.File) (width, height int, err error) {
	h, err := readPNMHeader(bufio.NewReaderSize(file, 512))
	if err == nil && h.most > 255 && (h.kind == '2' || h.kind == '5') {
		err = errGrey16
	}
	return h.width, h.height, err
}

func readPNMHeader(r *bufio.Reader) (h pnmHeader, err error) {
	var begin [2]byte
	if _, err := io.ReadFull(r, begin[:]); err != nil {
		return h, err
	}
	h.kind, h.most = begin[1], 1
	numbers := []*int{&h.width, &h.height, &h.most}
	if h.kind == '1' || h.kind == '4' {
		numbers = numbers[:2]
	}
	for _, n := range numbers {
		if *n, err = pnmNumber(r); err != nil {
			return h, err
		}
	}
	if h.width < 1 || h.height < 1 {
		return h, fmt.Errorf("%d×%d pixels, expected at least one", h.width, h.height)
	}
	if h.most < 1 || h.most > 65535 {
		return h, fmt.Errorf("%d for white, expected 1 to 65535", h.most)
	}
	return h, nil
}

var errPNM = errors.New("a PNM file with something else where a number is expected")

// pnmNumber reads a number, after white space and comments, and the one byte of white space after it.
func pnmNumber(r *bufio.Reader) (int, error) {
	n, digits := 0, 0
	for {
		b, err := r.ReadByte()
		if err == io.EOF && digits > 0 {
			return n, nil
		}
		if err != nil {
			return 0, unexpected(err)
		}
		switch {
		case b >= '0' && b <= '9' && digits < 9:
			n, digits = 10*n+int(b-'0'), digits+1
		case b == ' ' || b >= '\t' && b <= '\r':
			if digits > 0 {
				return n, nil
			}
		case b == '#' && digits == 0:
			for b != '\n' && b != '\r' {
				if b, err = r.ReadByte(); err != nil {
					return 0, unexpected(err)
				}
			}
		default:
			return 0, errPNM
		}
	}
}

// unexpected is the error of a file that ends too early.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// decodePNM reads an image, of 8 bits a sample: larger or smaller ones are scaled so that white is 255.
func decodePNM(r io.Reader) (image.Image, error) {
	b := bufio.NewReaderSize(r, 1<<16)
	h, err := readPNMHeader(b)
	if err != nil {
		return nil, err
	}
	if h.kind == '3' || h.kind == '6' {
		m := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
		for i := 0; i < len(m.Pix); i += 4 {
			for c := range 3 {
				if m.Pix[i+c], err = h.sample(b); err != nil {
					return nil, err
				}
			}
			m.Pix[i+3] = 255
		}
		return m, nil
	}
	m := image.NewGray(image.Rect(0, 0, h.width, h.height))
	if h.kind == '4' { // eight pixels a byte, each row begins with a byte; 1 is black
		row := make([]byte, (h.width+7)/8)
		for y := range h.height {
			if _, err := io.ReadFull(b, row); err != nil {
				return nil, unexpected(err)
			}
			for x := range h.width {
				if row[x/8]>>(7-x%8)&1 == 0 {
					m.SetGray(x, y, color.Gray{Y: 255})
				}
			}
		}
		return m, nil
	}
	for i := range m.Pix {
		if m.Pix[i], err = h.sample(b); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// sample reads a sample.
func (h *pnmHeader) sample(r *bufio.Reader) (uint8, error) {
	n := 0
	switch h.kind {
	case '1': // digits without space between them
		for {
			b, err := r.ReadByte()
			if err != nil {
				return 0, unexpected(err)
			}
			if b == ' ' || b >= '\t' && b <= '\r' {
				continue
			}
			if b != '0' && b != '1' {
				return 0, errPNM
			}
			return 255 * ('1' - b), nil
		}
	case '2', '3':
		var err error
		if n, err = pnmNumber(r); err != nil {
			return 0, err
		}
	default:
		bytes := 1
		if h.most > 255 {
			bytes = 2
		}
		for range bytes {
			b, err := r.ReadByte()
			if err != nil {
				return 0, unexpected(err)
			}
			n = n<<8 | int(b)
		}
	}
	if n > h.most {
		return 0, fmt.Errorf("a sample of %d, more than the %d of white", n, h.most)
	}
	return uint8(math.RoundToEven(float64(n) / float64(h.most) * 255)), nil // as Pillow rounds
}
