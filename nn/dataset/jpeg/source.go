package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A source reads bytes and, within a scan, bits.
type source struct {
	r        io.Reader
	buffer   []byte
	pos, end int // what of the buffer has not been taken

	bits   uint64 // the next bits, from the highest on; those after the first count are undefined
	count  int
	marker byte // one that has been met among the bits; nothing after it is taken
}

const sourceBytes = 1 << 16

func (s *source) reset(r io.Reader) {
	if s.buffer == nil {
		s.buffer = make([]byte, sourceBytes)
	}
	s.r, s.pos, s.end, s.bits, s.count, s.marker = r, 0, 0, 0, 0, 0
}

// more reads on. io.ErrUnexpectedEOF is that there is no more.
func (s *source) more() error {
	s.end = copy(s.buffer, s.buffer[s.pos:s.end])
	s.pos = 0
	n, err := s.r.Read(s.buffer[s.end:])
	for tries := 0; n == 0 && err == nil && tries < 100; tries++ {
		n, err = s.r.Read(s.buffer[s.end:])
	}
	s.end += n
	switch {
	case n > 0:
		return nil
	case err == nil || err == io.EOF:
		return io.ErrUnexpectedEOF
	}
	return err
}

func (s *source) byte() (byte, error) {
	if s.pos == s.end {
		if err := s.more(); err != nil {
			return 0, err
		}
	}
	s.pos++
	return s.buffer[s.pos-1], nil
}

func (s *source) full(b []byte) error {
	for len(b) > 0 {
		if s.pos == s.end {
			if err := s.more(); err != nil {
				return err
			}
		}
		n := copy(b, s.buffer[s.pos:s.end])
		s.pos += n
		b = b[n:]
	}
	return nil
}

func (s *source) skip(n int) error {
	for n > 0 {
		if s.pos == s.end {
			if err := s.more(); err != nil {
				return err
			}
		}
		step := min(n, s.end-s.pos)
		s.pos += step
		n -= step
	}
	return nil
}

// next returns the next marker. What is before it is skipped, as a scan may be followed by some bytes.
func (s *source) next() (byte, error) {
	if m := s.marker; m != 0 {
		s.marker = 0
		return m, nil
	}
	b, err := s.byte()
	for err == nil {
		if b != 0xff {
			b, err = s.byte()
			continue
		}
		if b, err = s.byte(); err == nil && b != 0 && b != 0xff {
			return b, nil
		}
	}
	return 0, err
}

// align drops the bits that are left at the end of a scan or of a restart interval.
func (s *source) align() { s.bits, s.count = 0, 0 }

var errScan = errors.New("the scan ends before the image does")

// fill sees to it that count is at least 57, or that nothing follows within the scan.
func (s *source) fill() error {
	if s.end-s.pos >= 8 {
		v := binary.BigEndian.Uint64(s.buffer[s.pos:])
		const ones, highs = 0x0101010101010101, 0x8080808080808080
		if (^v-ones)&v&highs == 0 && s.marker == 0 { // no byte is 0xff
			// The bits after count are those of the byte that is taken next.
			s.bits |= v >> s.count
			n := (64 - s.count) >> 3
			s.pos += n
			s.count += 8 * n
			return nil
		}
	}
	for s.count <= 56 && s.marker == 0 {
		b, err := s.byte()
		if err != nil {
			return err
		}
		if b == 0xff {
			second, err := s.byte()
			if err != nil {
				return err
			}
			if second == 0xff {
				for second == 0xff {
					if second, err = s.byte(); err != nil {
						return err
					}
				}
				if second == 0 {
					return errors.New("0xff is followed by 0xff within a scan")
				}
			}
			if second != 0 {
				s.marker = second
				return nil
			}
		}
		s.bits |= uint64(b) << (56 - s.count)
		s.count += 8
	}
	return nil
}

// need sees to it that there are n bits, 32 at most.
func (s *source) need(n int) error {
	if s.count >= n {
		return nil
	}
	// What is after count is dropped where a marker ends it: a fill may have left bits there.
	if err := s.fill(); err != nil {
		return err
	}
	if s.count < n {
		return s.short()
	}
	return nil
}

// short is the error of a scan that has too few bits.
func (s *source) short() error {
	if s.marker != 0 && s.marker != eoi {
		return fmt.Errorf("%w: the marker %#02x is met", errScan, s.marker)
	}
	return errScan
}

// take returns the next n bits, 16 at most, which are there.
func (s *source) take(n int) int32 {
	v := int32(s.bits >> (64 - n))
	s.bits <<= n
	s.count -= n
	return v
}

// bit returns the next bit.
func (s *source) bit() (int32, error) {
	if s.count == 0 {
		if err := s.need(1); err != nil {
			return 0, err
		}
	}
	return s.take(1), nil
}

// signed returns the next n bits, 1 to 16, as a number whose first bit tells its sign: 1 positive.
func (s *source) signed(n int) (int32, error) {
	if s.count < n {
		if err := s.need(n); err != nil {
			return 0, err
		}
	}
	v := s.take(n)
	if v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v, nil
}
