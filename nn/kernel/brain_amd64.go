//go:build !noasm

package kernel

// brainNarrow, brainCombine and runBrain are for processors with AVX512_BF16.
func (x *pairs) brainNarrow()  { brainNarrow512(x) }
func (x *pairs) brainCombine() { brainCombine512(x) }

// runBrain is run for a product in bfloat16 by the instruction VDPBF16PS.
func (p *product) runBrain(rows, vectors int) {
	if vectors == 2 {
		switch rows {
		case 1:
			brain512x1x32(p)
		case 2:
			brain512x2x32(p)
		case 3:
			brain512x3x32(p)
		case 4:
			brain512x4x32(p)
		case 5:
			brain512x5x32(p)
		case 6:
			brain512x6x32(p)
		case 7:
			brain512x7x32(p)
		case 8:
			brain512x8x32(p)
		case 9:
			brain512x9x32(p)
		case 10:
			brain512x10x32(p)
		case 11:
			brain512x11x32(p)
		case 12:
			brain512x12x32(p)
		case 13:
			brain512x13x32(p)
		case 14:
			brain512x14x32(p)
		}
		return
	}
	switch rows {
	case 1:
		brain512x1x16(p)
	case 2:
		brain512x2x16(p)
	case 3:
		brain512x3x16(p)
	case 4:
		brain512x4x16(p)
	case 5:
		brain512x5x16(p)
	case 6:
		brain512x6x16(p)
	case 7:
		brain512x7x16(p)
	case 8:
		brain512x8x16(p)
	case 9:
		brain512x9x16(p)
	case 10:
		brain512x10x16(p)
	case 11:
		brain512x11x16(p)
	case 12:
		brain512x12x16(p)
	case 13:
		brain512x13x16(p)
	case 14:
		brain512x14x16(p)
	case 15:
		brain512x15x16(p)
	case 16:
		brain512x16x16(p)
	}
}
