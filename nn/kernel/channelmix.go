package kernel

// Linear maps on the channels of a picture, one g×g matrix for each group.

// PlusDiagonal writes A + scale·Diag(d) for the c/g matrices A of size g×g that stand one behind the other in a,
// c = len(d), to dst; dst may be a.
func PlusDiagonal(dst, a, d []float32, scale float32, g int) {
	copy(dst[:len(d)*g], a)
	for j, v := range d {
		dst[j*g+j%g] += float32(scale * v)
	}
}

// MixChannels writes x·A + β·y to y for rows×c matrices, A being block-diagonal with the c/g matrices of size g×g that stand
// one behind the other in a. With β = 0, y is not read.
func MixChannels(y, x, a []float32, beta float32, c, g int) {
	rows := len(x) / c
	for j := 0; j < c; j += g {
		Gemm(false, false, rows, g, g, 1, x[j:], c, a[j*g:(j+g)*g], g, beta, y[j:], c)
	}
}

// FillRows writes row to every row of the rows×c matrix y, c = len(row).
func FillRows(y, row []float32) {
	for r := 0; r < len(y); r += len(row) {
		copy(y[r:r+len(row)], row)
	}
}

// AddScaledRows adds scale·x·d to y for rows×c matrices, d having one entry a channel.
func AddScaledRows(y, x, d []float32, scale float32) {
	c := len(d)
	if active != portable {
		sweepAddScaled.rows(c, operands{a: y[:len(x)], b: x, p: d, u: scale})
		return
	}
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range xr {
			yr[j] += float32(v * float32(scale*d[j]))
		}
	}
}
