package kernel

// Panels are cut so that every family's begin at multiples of columnBlock, which therefore are where work may be cut.
const columnBlock = 32

func columnBlocks(n int) int { return (n + columnBlock - 1) / columnBlock }

// PackedLen is the number of floats that Pack writes.
func (c *Conv) PackedLen() int { return c.Groups * c.forward.len }

// PackedInputLen is the number of floats that PackInput writes.
func (c *Conv) PackedInputLen() int {
	n := 0
	for i := range c.input {
		n += c.Groups * c.input[i].len
	}
	return n
}

// PackParts is the number of parts of Pack.
func (c *Conv) PackParts() int { return c.Groups * columnBlocks(c.forward.of) }

// PackInputParts is the number of parts of PackInput.
func (c *Conv) PackInputParts() int { return c.Groups * columnBlocks(c.C/c.Groups) }

// Pack does one part of preparing the weights w for Forward.
func (c *Conv) Pack(packed, w []float32, part int) {
	k, of := c.forward.terms(), c.forward.of
	g, j := part%c.Groups, part/c.Groups*columnBlock
	if c.bfloat {
		c.packBFloat(packed[g*c.forward.len+j*k:], w, g, j, min(j+columnBlock, of))
		return
	}
	pack(packed[g*c.forward.len+j*k:], w, false, 0, k, g*of+j, g*of+min(j+columnBlock, of), c.Out, 1)
}

// PackInput does one part of preparing the weights w for Input.
func (c *Conv) PackInput(packed, w []float32, part int) {
	in, of := c.C/c.Groups, c.Out/c.Groups
	g, first := part%c.Groups, part/c.Groups*columnBlock
	for i, p := range c.input {
		ky, kx := class(c.KH, c.Stride, c.Pad, i/min(c.Stride, c.W)), class(c.KW, c.Stride, c.Pad, i%min(c.Stride, c.W))
		to := packed[p.packed+g*p.len+first*p.terms():]
		for j := first; j < min(first+columnBlock, in); {
			cols, vectors := tilings[active].panel(min(first+columnBlock, in) - j)
			width := vectors * tilings[active].lanes
			for y := range ky.taps {
				for x := range kx.taps {
					tap := (ky.last-y*c.Stride)*c.KW + kx.last - x*c.Stride
					if c.bfloat {
						packBFloatTransposed(to, w[(tap*in+j)*c.Out+g*of:], of, cols, width, c.Out)
					} else {
						packTransposed(to, w[(tap*in+j)*c.Out+g*of:], of, cols, width, c.Out, 1)
					}
					to = to[p.from*width:]
				}
			}
			j += cols
		}
	}
}
