//go:build !noasm

package kernel

// bfloatNarrow, bfloatCombine and runBFloat are for processors with AVX512_BF16.
func (x *pairs) bfloatNarrow()  { bfloatNarrow512(x) }
func (x *pairs) bfloatCombine() { bfloatCombine512(x) }

// runBFloat is run for a product in bfloat16 by the instruction VDPBF16PS.
func (p *product) runBFloat(rows, vectors int) {
	if vectors == 2 {
		switch rows {
		case 1:
			bfloat512x1x32(p)
		case 2:
			bfloat512x2x32(p)
		case 3:
			bfloat512x3x32(p)
		case 4:
			bfloat512x4x32(p)
		case 5:
			bfloat512x5x32(p)
		case 6:
			bfloat512x6x32(p)
		case 7:
			bfloat512x7x32(p)
		case 8:
			bfloat512x8x32(p)
		case 9:
			bfloat512x9x32(p)
		case 10:
			bfloat512x10x32(p)
		case 11:
			bfloat512x11x32(p)
		case 12:
			bfloat512x12x32(p)
		case 13:
			bfloat512x13x32(p)
		case 14:
			bfloat512x14x32(p)
		}
		return
	}
	switch rows {
	case 1:
		bfloat512x1x16(p)
	case 2:
		bfloat512x2x16(p)
	case 3:
		bfloat512x3x16(p)
	case 4:
		bfloat512x4x16(p)
	case 5:
		bfloat512x5x16(p)
	case 6:
		bfloat512x6x16(p)
	case 7:
		bfloat512x7x16(p)
	case 8:
		bfloat512x8x16(p)
	case 9:
		bfloat512x9x16(p)
	case 10:
		bfloat512x10x16(p)
	case 11:
		bfloat512x11x16(p)
	case 12:
		bfloat512x12x16(p)
	case 13:
		bfloat512x13x16(p)
	case 14:
		bfloat512x14x16(p)
	case 15:
		bfloat512x15x16(p)
	case 16:
		bfloat512x16x16(p)
	}
}
