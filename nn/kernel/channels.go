package kernel

// Scale and shift by channel, and sums over rows by channel.

// Affine writes x·scale + shift to y for a rows×c matrix, scale and shift having one entry a channel; y may be x.
func Affine(y, x, scale, shift []float32) {
	c := len(scale)
	shift = shift[:c]
	for r := 0; r < len(x); r += c {
		xr, yr := x[r:r+c], y[r:r+c]
		for j, v := range xr {
			yr[j] = float32(v*scale[j]) + shift[j]
		}
	}
}

// ScaleRows writes x·scale to y for a rows×c matrix, scale having one entry a channel; y may be x.
func ScaleRows(y, x, scale []float32) {
	c := len(scale)
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
	for r := 0; r < len(x); r += c {
		for j, v := range x[r : r+c] {
			sum[j] += v
		}
	}
}

// DotRows adds, for each channel, the dot product of the columns of a and b (rows×c) to sum.
func DotRows(sum, a, b []float32) {
	c := len(sum)
	for r := 0; r < len(a); r += c {
		ar, br := a[r:r+c], b[r:r+c]
		for j, v := range ar {
			sum[j] += float32(v * br[j])
		}
	}
}

// AddRow adds row, one entry a channel, to every row of the rows×c matrix y.
func AddRow(y, row []float32) {
	c := len(row)
	for r := 0; r < len(y); r += c {
		yr := y[r : r+c]
		for j, v := range row {
			yr[j] += v
		}
	}
}
