//go:build !noasm

package kernel

// packVectors does what packRows does, if the active family can.
func packVectors(dst, src []float32, rows, cols, width, ld int, scale float32) bool {
	if active == portable || rows == 0 {
		return false
	}
	_, _ = dst[rows*width-1], src[(rows-1)*ld+cols-1]
	switch width {
	case 4:
		pack128x4(&dst[0], &src[0], rows, 4*ld, cols, scale)
	case 8:
		pack128x8(&dst[0], &src[0], rows, 4*ld, cols, scale)
	case 12:
		pack128x12(&dst[0], &src[0], rows, 4*ld, cols, scale)
	case 16:
		pack128x16(&dst[0], &src[0], rows, 4*ld, cols, scale)
	}
	return true
}

// transposeVectors does what transposeInto does for the rows and columns that fill vectors, and returns how many these are.
func transposeVectors(dst, src []float32, rows, cols, width, ld int, scale float32) (r, c int) {
	if active == portable || rows < 4 || cols < 4 {
		return 0, 0
	}
	r, c = rows/4*4, cols/4*4
	_, _ = dst[(r-1)*width+c-1], src[(c-1)*ld+r-1]
	for j := 0; j < c; j += 4 {
		transpose4(&dst[j], &src[j*ld], r/4, 4*width, 4*ld, scale)
	}
	return r, c
}
