//go:build !noasm

package kernel

// run does the product with the active family's micro-kernel for the given number of rows and of vectors of columns. The
// calls are direct, because a product whose address went through a function value would have to be allocated.
func (p *product) run(rows, vectors int) {
	switch {
	case active == portable:
		p.portable(rows)
	case p.flush != 0 && instruction:
		p.runBFloat(rows, vectors)
	case active == avx512 && vectors == 2:
		p.run512x32(rows)
	case active == avx512:
		p.run512x16(rows)
	case vectors == 2:
		p.run256x16(rows)
	default:
		p.run256x8(rows)
	}
}

func (p *product) run512x32(rows int) {
	switch rows {
	case 1:
		gemm512x1x32(p)
	case 2:
		gemm512x2x32(p)
	case 3:
		gemm512x3x32(p)
	case 4:
		gemm512x4x32(p)
	case 5:
		gemm512x5x32(p)
	case 6:
		gemm512x6x32(p)
	case 7:
		gemm512x7x32(p)
	case 8:
		gemm512x8x32(p)
	case 9:
		gemm512x9x32(p)
	case 10:
		gemm512x10x32(p)
	case 11:
		gemm512x11x32(p)
	case 12:
		gemm512x12x32(p)
	case 13:
		gemm512x13x32(p)
	case 14:
		gemm512x14x32(p)
	}
}

func (p *product) run512x16(rows int) {
	switch rows {
	case 1:
		gemm512x1x16(p)
	case 2:
		gemm512x2x16(p)
	case 3:
		gemm512x3x16(p)
	case 4:
		gemm512x4x16(p)
	case 5:
		gemm512x5x16(p)
	case 6:
		gemm512x6x16(p)
	case 7:
		gemm512x7x16(p)
	case 8:
		gemm512x8x16(p)
	case 9:
		gemm512x9x16(p)
	case 10:
		gemm512x10x16(p)
	case 11:
		gemm512x11x16(p)
	case 12:
		gemm512x12x16(p)
	case 13:
		gemm512x13x16(p)
	case 14:
		gemm512x14x16(p)
	case 15:
		gemm512x15x16(p)
	case 16:
		gemm512x16x16(p)
	}
}

func (p *product) run256x16(rows int) {
	switch rows {
	case 1:
		gemm256x1x16(p)
	case 2:
		gemm256x2x16(p)
	case 3:
		gemm256x3x16(p)
	case 4:
		gemm256x4x16(p)
	case 5:
		gemm256x5x16(p)
	case 6:
		gemm256x6x16(p)
	}
}

func (p *product) run256x8(rows int) {
	switch rows {
	case 1:
		gemm256x1x8(p)
	case 2:
		gemm256x2x8(p)
	case 3:
		gemm256x3x8(p)
	case 4:
		gemm256x4x8(p)
	case 5:
		gemm256x5x8(p)
	case 6:
		gemm256x6x8(p)
	case 7:
		gemm256x7x8(p)
	case 8:
		gemm256x8x8(p)
	case 9:
		gemm256x9x8(p)
	case 10:
		gemm256x10x8(p)
	case 11:
		gemm256x11x8(p)
	case 12:
		gemm256x12x8(p)
	}
}
