package kernel

// Columns of matrices that two branches share: rows×(2c) matrices and their halves.

// CopyColumns copies c columns of each row of src, whose rows are from floats apart, to dst, whose rows are to floats apart.
func CopyColumns(dst []float32, to int, src []float32, from, rows, c int) {
	for r := range rows {
		copy(dst[r*to:r*to+c], src[r*from:r*from+c])
	}
}

// Interleave writes the rows a₀ b₀ a₁ b₁ … of 2c floats to y; the rows of a and b have c of them and are rowA and rowB
// floats apart.
func Interleave(y, a []float32, rowA int, b []float32, rowB, rows, c int) {
	if x, ok := paired(y, a, rowA, b, rowB, rows, c); ok {
		x.interleave()
		return
	}
	for r := range rows {
		ar, br, yr := a[r*rowA:][:c], b[r*rowB:][:c], y[r*2*c:][:2*c]
		for i, v := range ar {
			pair := yr[2*i:][:2]
			pair[0], pair[1] = v, br[i]
		}
	}
}

// Deinterleave is the reverse of Interleave. b may be a, and then is what remains.
func Deinterleave(a []float32, rowA int, b []float32, rowB int, y []float32, rows, c int) {
	if x, ok := paired(y, a, rowA, b, rowB, rows, c); ok {
		x.deinterleave()
		return
	}
	for r := range rows {
		ar, br, yr := a[r*rowA:][:c], b[r*rowB:][:c], y[r*2*c:][:2*c]
		for i := range ar {
			pair := yr[2*i:][:2]
			ar[i], br[i] = pair[0], pair[1]
		}
	}
}

// paired makes the call of a kernel; ok is false without a kernel or without rows or channels.
func paired(y, a []float32, rowA int, b []float32, rowB, rows, c int) (x pairs, ok bool) {
	if active == portable || rows == 0 || c == 0 {
		return x, false
	}
	last := rows - 1
	return pairs{
		y: &y[:2*c*rows][0], a: &a[:last*rowA+c][0], b: &b[:last*rowB+c][0],
		rows: rows, cols: c, yStep: 8 * c, aStep: 4 * rowA, bStep: 4 * rowB,
	}, true
}
