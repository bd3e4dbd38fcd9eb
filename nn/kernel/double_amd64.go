//go:build !noasm

package kernel

// double does a tile in float64 with the active family's micro-kernel for the given number of rows.
func double(rows int, c, a, b *float64, k, rowA, stepA, row, cols int, alpha float64, add bool) {
	if active == avx512 {
		switch rows {
		case 1:
			double512x1x16(c, a, b, k, rowA, stepA, row, cols, alpha, add)
		case 2:
			double512x2x16(c, a, b, k, rowA, stepA, row, cols, alpha, add)
		case 3:
			double512x3x16(c, a, b, k, rowA, stepA, row, cols, alpha, add)
		case 4:
			double512x4x16(c, a, b, k, rowA, stepA, row, cols, alpha, add)
		}
		return
	}
	switch rows {
	case 1:
		double256x1x8(c, a, b, k, rowA, stepA, row, cols, alpha, add)
	case 2:
		double256x2x8(c, a, b, k, rowA, stepA, row, cols, alpha, add)
	case 3:
		double256x3x8(c, a, b, k, rowA, stepA, row, cols, alpha, add)
	case 4:
		double256x4x8(c, a, b, k, rowA, stepA, row, cols, alpha, add)
	}
}
