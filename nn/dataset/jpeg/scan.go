package jpeg

import (
	"errors"
	"fmt"
)

// A scan is part of an image: some components, and of a progressive one some coefficients or some bits of them.
type scan struct {
	components []*component
	dc, ac     []*huffman // of each component
	from, to   int        // coefficients, in the order of the file
	high, low  int        // bit above the one that is read; the one that is read
}

// scan reads the header of a scan and the scan. done is that nothing else is wanted.
func (d *Decoder) scan() (done bool, err error) {
	if d.scans++; d.scans > maxScans {
		return false, fmt.Errorf("more than %d scans", maxScans)
	}
	s, err := d.scanHeader()
	if err != nil {
		return false, err
	}
	if len(s.components) == 1 {
		// Of one component alone, the blocks are those that have samples of the image.
		c := s.components[0]
		done, err = d.blocks(s, above(c.width, 8), above(c.height, 8), 1)
	} else {
		done, err = d.blocks(s, d.columns, d.rows, 0)
	}
	d.in.align()
	return done, err
}

func (d *Decoder) scanHeader() (s scan, err error) {
	var head [3]byte
	if err := d.in.full(head[:]); err != nil {
		return s, err
	}
	length, n := int(head[0])<<8+int(head[1]), int(head[2])
	if n < 1 || n > len(d.components) || length != 6+2*n {
		return s, errors.New("the header of a scan has a wrong length")
	}
	body := make([]byte, 2*n+3)
	if err := d.in.full(body); err != nil {
		return s, err
	}
	s.from, s.to, s.high, s.low = int(body[2*n]), int(body[2*n+1]), int(body[2*n+2]>>4), int(body[2*n+2]&15)
	if !d.progressive {
		s.from, s.to, s.high, s.low = 0, 63, 0, 0
	}
	if s.to > 63 || s.from > s.to || s.low > 13 || s.high != 0 && s.high != s.low+1 || d.progressive && (s.from == 0) != (s.to == 0) ||
		s.from > 0 && n > 1 {
		return s, fmt.Errorf("a scan of coefficients %d to %d, bits %d and %d, of %d components", s.from, s.to, s.high, s.low, n)
	}
	blocks := 0
	for i := range n {
		c := d.component(body[2*i])
		if c == nil {
			return s, fmt.Errorf("a scan of the component %d, which there is not", body[2*i])
		}
		for _, before := range s.components {
			if before == c {
				return s, fmt.Errorf("a scan has the component %d twice", c.id)
			}
		}
		if c.quant == nil {
			if c.quant = d.quants[c.table]; c.quant == nil {
				return s, fmt.Errorf("the quantisation table %d is missing", c.table)
			}
		}
		dc, ac := body[2*i+1]>>4, body[2*i+1]&15
		if dc > 3 || ac > 3 {
			return s, errHuffman
		}
		s.components, s.dc, s.ac = append(s.components, c), append(s.dc, d.huffmans[0][dc]), append(s.ac, d.huffmans[1][ac])
		if s.from == 0 && s.high == 0 && s.dc[i] == nil || s.to > 0 && s.ac[i] == nil {
			return s, errors.New("a table of Huffman codes is missing")
		}
		blocks += c.h * c.v
	}
	if n > 1 && blocks > 10 {
		return s, fmt.Errorf("%d blocks in a unit of a scan, expected at most 10", blocks)
	}
	return s, nil
}

func (d *Decoder) component(id byte) *component {
	for i := range d.components {
		if d.components[i].id == id {
			return &d.components[i]
		}
	}
	return nil
}

// blocks reads columns×rows units, of h×v blocks of each component or, where single is 1, of one block.
func (d *Decoder) blocks(s scan, columns, rows, single int) (done bool, err error) {
	d.in.align()
	d.in.marker = 0
	d.startInterval(s)
	left, restart := d.restart, byte(rst0)
	last := rows
	if whole := len(s.components) == len(d.components) && !d.progressive && !d.part.Empty(); whole { // what is below is not wanted
		last = 0
		for _, c := range s.components {
			v := c.v
			if single == 1 {
				v = 1
			}
			last = max(last, above(c.wanted.Max.Y, v))
		}
		last = min(last, rows)
	}
	var b [64]int32
	for row := range last {
		for column := range columns {
			if d.restart > 0 && left == 0 {
				if err := d.in.expect(restart); err != nil {
					return false, err
				}
				restart = rst0 + (restart+1-rst0)%8
				left = d.restart
				d.startInterval(s)
			}
			left--
			for i, c := range s.components {
				h, v := c.h, c.v
				if single == 1 {
					h, v = 1, 1
				}
				for y := row * v; y < (row+1)*v; y++ {
					for x := column * h; x < (column+1)*h; x++ {
						if d.progressive {
							err = d.refine(c.coeffs[64*(y*c.stride+x):][:64:64], &s, i)
						} else {
							err = d.block(&b, &s, i, x, y)
						}
						if err != nil {
							return false, err
						}
					}
				}
			}
		}
	}
	return last < rows, nil
}

// startInterval begins anew, as a scan and each restart interval do.
func (d *Decoder) startInterval(s scan) {
	for _, c := range s.components {
		c.dc = 0
	}
	d.eobRun = 0
}

// expect takes a restart marker.
func (s *source) expect(restart byte) error {
	s.align()
	marker, err := s.next()
	if err == nil && marker != restart {
		err = fmt.Errorf("the marker %#02x, expected the restart %#02x", marker, restart)
	}
	return err
}

// block reads a block of a sequential image, and makes samples of it. b is zero before and after.
func (d *Decoder) block(b *[64]int32, s *scan, i, x, y int) error {
	c, in := s.components[i], &d.in
	if err := c.difference(in, s.dc[i]); err != nil {
		return err
	}
	wanted := x >= c.wanted.Min.X && x < c.wanted.Max.X && y >= c.wanted.Min.Y && y < c.wanted.Max.Y
	ac, quant, last := s.ac[i], c.quant, 0
	for k := 1; k < 64; k++ {
		symbol, err := in.symbol(ac)
		if err != nil {
			return err
		}
		run, size := int(symbol>>4), int(symbol&15)
		if size == 0 {
			if run != 15 {
				break
			}
			k += 15
			continue
		}
		if k += run; k > 63 {
			return errBlock
		}
		v, err := in.signed(size)
		if err != nil {
			return err
		}
		b[zigzag[k]], last = v*quant[k], k
	}
	if !wanted {
		if last > 0 {
			*b = [64]int32{}
		}
		return nil
	}
	b[0] = c.dc * quant[0]
	c.transform(b, last, x, y)
	return nil
}

// difference reads by how much the mean of a block differs from that of the one before, and keeps its own.
func (c *component) difference(in *source, table *huffman) error {
	size, err := in.symbol(table)
	if err != nil || size == 0 {
		return err
	}
	if size > 15 {
		return fmt.Errorf("a difference of %d bits", size)
	}
	v, err := in.signed(int(size))
	c.dc += v
	return err
}

var errBlock = errors.New("a block of more than 64 coefficients")

// refine reads what a scan of a progressive image has of a block, whose coefficients are in the order of the file.
func (d *Decoder) refine(b []int16, s *scan, i int) error {
	in := &d.in
	switch {
	case s.from == 0 && s.high == 0:
		c := s.components[i]
		if err := c.difference(in, s.dc[i]); err != nil {
			return err
		}
		b[0] = int16(c.dc << s.low)
		return nil
	case s.from == 0:
		bit, err := in.bit()
		b[0] |= int16(bit << s.low)
		return err
	case s.high == 0:
		return d.firstBits(b, s, s.ac[i])
	}
	return d.nextBit(b, s, s.ac[i])
}

// firstBits reads the first bits of coefficients.
func (d *Decoder) firstBits(b []int16, s *scan, h *huffman) error {
	if d.eobRun > 0 {
		d.eobRun--
		return nil
	}
	for k := s.from; k <= s.to; k++ {
		symbol, err := d.in.symbol(h)
		if err != nil {
			return err
		}
		run, size := int(symbol>>4), int(symbol&15)
		if size == 0 {
			if run != 15 {
				n, err := d.run(run)
				d.eobRun = n - 1
				return err
			}
			k += 15
			continue
		}
		if k += run; k > s.to {
			return errBlock
		}
		v, err := d.in.signed(size)
		if err != nil {
			return err
		}
		b[k] = int16(v << s.low)
	}
	return nil
}

// run reads how many blocks have no further coefficients: 2ⁿ and n more bits.
func (d *Decoder) run(n int) (int, error) {
	if n == 0 {
		return 1, nil
	}
	if err := d.in.need(n); err != nil {
		return 0, err
	}
	return 1<<n + int(d.in.take(n)), nil
}

// nextBit reads one more bit of the coefficients that are not zero, and those that begin with this bit.
func (d *Decoder) nextBit(b []int16, s *scan, h *huffman) error {
	one := int16(1) << s.low
	k := s.from
	for d.eobRun == 0 && k <= s.to {
		symbol, err := d.in.symbol(h)
		if err != nil {
			return err
		}
		zeros, size := int(symbol>>4), symbol&15
		value := int16(0)
		switch {
		case size == 1:
			bit, err := d.in.bit()
			if err != nil {
				return err
			}
			if value = one; bit == 0 {
				value = -one
			}
		case size > 1:
			return fmt.Errorf("a coefficient begins with %d bits, where one is expected", size)
		case zeros != 15:
			if d.eobRun, err = d.run(zeros); err != nil {
				return err
			}
			continue
		}
		// The new coefficient follows that many zeros; those between that are not zero get their bit.
		if k, err = d.correct(b, k, s.to, zeros, one); err != nil {
			return err
		}
		if value != 0 {
			if k > s.to {
				return errBlock
			}
			b[k] = value
		}
		k++
	}
	if d.eobRun > 0 {
		d.eobRun--
		_, err := d.correct(b, k, s.to, 64, one)
		return err
	}
	return nil
}

// correct reads the bit of each coefficient from k to to that is not zero, up to the zero after that many zeros, whose place it
// returns.
func (d *Decoder) correct(b []int16, k, to, zeros int, one int16) (int, error) {
	for ; k <= to; k++ {
		if b[k] == 0 {
			if zeros == 0 {
				break
			}
			zeros--
			continue
		}
		bit, err := d.in.bit()
		if err != nil {
			return k, err
		}
		if bit == 1 && b[k]&one == 0 {
			if b[k] > 0 {
				b[k] += one
			} else {
				b[k] -= one
			}
		}
	}
	return k, nil
}
