package kernel

// Scale and shift by channel, and sums over rows by channel.

// Affine writes x·scale + shift to y for a rows×c matrix, scale and shift having one entry a channel; y may be x.
func Affine(y, x, scale, shift []float32) {
	c := len(scale)
	if active != portable {
		sweepAffine.rows(c, operands{a: y[:len(x)], b: x, p: scale, q: shift})
		return
	}
	shift = shift[:c]
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range xr {
			yr[j] = float32(v*scale[j]) + shift[j]
		}
	}
}

// AffineClamp writes x·scale + shift, bounded as by Clamp, to y; y may be x.
func AffineClamp(y, x, scale, shift []float32, ceiling float32) {
	c := len(scale)
	if active != portable {
		sweepAffineClamp.rows(c, operands{a: y[:len(x)], b: x, p: scale, q: shift, u: ceiling})
		return
	}
	shift = shift[:c]
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range xr {
			yr[j] = clamp(float32(v*scale[j])+shift[j], ceiling)
		}
	}
}

// AffineAddClamp writes x·scale + shift + z, bounded as by Clamp, to y, which may be x or z.
func AffineAddClamp(y, x, z, scale, shift []float32, ceiling float32) {
	c := len(scale)
	if active != portable {
		sweepAffineAddClamp.rows(c, operands{a: y[:len(x)], b: x, c: z, p: scale, q: shift, u: ceiling})
		return
	}
	shift = shift[:c]
	for r := 0; r < len(x); r += c {
		xr, yr, zr := x[r:r+c], y[r:r+c], z[r:r+c]
		for j, v := range xr {
			yr[j] = clamp(float32(v*scale[j])+shift[j]+zr[j], ceiling)
		}
	}
}

// ScaleRows writes x·scale to y for a rows×c matrix, scale having one entry a channel; y may be x.
func ScaleRows(y, x, scale []float32) {
	c := len(scale)
	if active != portable {
		sweepScaleRows.rows(c, operands{a: y[:len(x)], b: x, p: scale})
		return
	}
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range xr {
			yr[j] = v * scale[j]
		}
	}
}

// SumRows adds the rows of the rows×c matrix x to sum, which has one entry a channel.
func SumRows(sum, x []float32) {
	c := len(sum)
	if active != portable {
		sweepSumRows.rows(c, operands{a: x, S: sum})
		return
	}
	var wide [folded]float32
	lanes := lanesOf(&wide, sum, len(x))
	for r := 0; r < len(x); r += c {
		s := lanes[r%len(lanes):][:c]
		for j, v := range x[r : r+c] {
			s[j] += v
		}
	}
	unfold(sum, lanes)
}

// DotRows adds, for each channel, the dot product of the columns of a and b (rows×c) to sum.
func DotRows(sum, a, b []float32) {
	c := len(sum)
	if active != portable {
		sweepDotRows.rows(c, operands{a: a, b: b, S: sum})
		return
	}
	var wide [folded]float32
	lanes := lanesOf(&wide, sum, len(a))
	for r := 0; r < len(a); r += c {
		ar, br, s := a[r:r+c], b[r:r+c], lanes[r%len(lanes):][:c]
		for j, v := range ar {
			s[j] += float32(v * br[j])
		}
	}
	unfold(sum, lanes)
}

// AddRow adds row, one entry a channel, to every row of the rows×c matrix y.
func AddRow(y, row []float32) {
	c := len(row)
	if active != portable {
		sweepAddRow.rows(c, operands{a: y, p: row})
		return
	}
	for r := 0; r < len(y); r += c {
		yr := y[r : r+c]
		for j, v := range row {
			yr[j] += v
		}
	}
}

// SubRow writes x − row, one entry a channel, to the rows×c matrix y, which may be x.
func SubRow(y, x, row []float32) {
	c := len(row)
	if active != portable {
		sweepSubRow.rows(c, operands{a: y[:len(x)], b: x, p: row})
		return
	}
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range row {
			yr[j] = xr[j] - v
		}
	}
}
