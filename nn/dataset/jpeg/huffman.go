package jpeg

import "errors"

// lookBits is the length of codes up to which a symbol is found at once.
const lookBits = 9

// A huffman is a table of codes.
type huffman struct {
	look [1 << lookBits]uint16 // by the next bits: the symbol, and above it the length of its code; 0: a longer one
	// Of each length: the first code after the codes of that length, left-aligned in 16 bits, and what to add to a code, of
	// that length, for the place of its symbol.
	beyond  [18]uint32
	offset  [18]int32
	symbols []byte
}

var errHuffman = errors.New("invalid table of Huffman codes")

// defineHuffman reads tables of codes.
func (d *Decoder) defineHuffman(body []byte) error {
	for len(body) > 0 {
		class, at := body[0]>>4, body[0]&15
		if class > 1 || at > 3 || len(body) < 17 {
			return errHuffman
		}
		total := 0
		for _, n := range body[1:17] {
			total += int(n)
		}
		if total > 256 || len(body) < 17+total {
			return errHuffman
		}
		h, err := newHuffman(body[1:17], body[17:17+total])
		if err != nil {
			return err
		}
		d.huffmans[class][at] = h
		body = body[17+total:]
	}
	return nil
}

// newHuffman makes a table of the number of codes of each length, 1 to 16, and the symbols in the order of their codes.
func newHuffman(counts, symbols []byte) (*huffman, error) {
	h := &huffman{symbols: symbols}
	code, place := uint32(0), 0
	for length := 1; length <= 16; length++ {
		h.offset[length] = int32(place) - int32(code)
		for range counts[length-1] {
			if code >= 1<<length {
				return nil, errHuffman
			}
			if length <= lookBits {
				first := code << (lookBits - length)
				for i := range uint32(1) << (lookBits - length) {
					h.look[first+i] = uint16(length)<<8 | uint16(symbols[place])
				}
			}
			code++
			place++
		}
		h.beyond[length] = code << (16 - length)
		code <<= 1
	}
	h.beyond[17] = 1 << 16
	return h, nil
}

// symbol decodes the next symbol.
func (s *source) symbol(h *huffman) (byte, error) {
	if s.count < 16 {
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
	if e := h.look[s.bits>>(64-lookBits)]; e != 0 && int(e>>8) <= s.count {
		s.bits <<= e >> 8
		s.count -= int(e >> 8)
		return byte(e), nil
	}
	return s.longSymbol(h)
}

// longSymbol decodes a symbol bit by bit.
func (s *source) longSymbol(h *huffman) (byte, error) {
	next := uint32(s.bits >> 48)
	for length := 1; length <= 16; length++ {
		if length > s.count {
			return 0, s.short()
		}
		if next < h.beyond[length] {
			place := int32(next>>(16-length)) + h.offset[length]
			if place < 0 || int(place) >= len(h.symbols) {
				return 0, errHuffman
			}
			s.bits <<= length
			s.count -= length
			return h.symbols[place], nil
		}
	}
	return 0, errors.New("bits that are no Huffman code")
}
