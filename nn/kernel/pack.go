package kernel

// pack writes the rows lo to hi−1 and columns j to end−1 of α·op(B) as panels, one after the other, whose rows are whole
// vectors: what is beyond the last column is 0.
func pack(dst, b []float32, transposed bool, lo, hi, j, end, ldb int, alpha float32) {
	together := hi - lo
	if !transposed {
		together = 16 // rows that are read from end to end, as processors foresee
	}
	for first := lo; first < hi; first += together {
		last := min(first+together, hi)
		panel := dst
		for col := j; col < end; {
			cols, vectors := tilings[active].panel(end - col)
			width := vectors * tilings[active].lanes
			if to := panel[(first-lo)*width:]; transposed {
				packTransposed(to, b[col*ldb+first:], last-first, cols, width, ldb, alpha)
			} else {
				packRows(to, b[first*ldb+col:], last-first, cols, width, ldb, alpha)
			}
			if col += cols; col < end {
				panel = panel[(hi-lo)*width:]
			}
		}
	}
}

// packRows writes scale·src for a rows×cols matrix whose rows are ld apart to dst, whose rows are width apart and filled with 0.
func packRows(dst, src []float32, rows, cols, width, ld int, scale float32) {
	if packVectors(dst, src, rows, cols, width, ld, scale) {
		return
	}
	for r := range rows {
		d, s := dst[r*width:(r+1)*width], src[r*ld:r*ld+cols]
		for j, v := range s {
			d[j] = scale * v
		}
		clear(d[cols:])
	}
}

// packTransposed writes scale times the transpose of a cols×rows matrix, whose rows are ld apart, to dst as packRows does.
func packTransposed(dst, src []float32, rows, cols, width, ld int, scale float32) {
	r, j := transposeVectors(dst, src, rows, cols, width, ld, scale)
	if r < rows && j > 0 {
		transposeInto(dst[r*width:], src[r:], rows-r, j, width, ld, scale)
	}
	if j < cols {
		transposeInto(dst[j:], src[j*ld:], rows, cols-j, width, ld, scale)
	}
	for r := range rows {
		clear(dst[r*width+cols : (r+1)*width])
	}
}

func transposeInto(dst, src []float32, rows, cols, width, ld int, scale float32) {
	for j := range cols {
		for r, v := range src[j*ld:][:rows] {
			dst[r*width+j] = scale * v
		}
	}
}
