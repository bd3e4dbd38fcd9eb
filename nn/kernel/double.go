package kernel

// Gemm64 computes C = α·op(A)·B, added to C where add is true, for g×g matrices in float64; op transposes where tA is true.
func Gemm64(tA bool, g int, alpha float64, a, b []float64, add bool, c []float64) {
	_, _, _ = a[g*g-1], b[g*g-1], c[g*g-1]
	rowA, stepA := g, 1
	if tA {
		rowA, stepA = 1, g
	}
	if active == portable {
		product64(c, a, b, g, rowA, stepA, alpha, add)
		return
	}
	columns := tilings[active].doubles
	for j := 0; j < g; j += columns {
		for i := 0; i < g; i += doubleRows {
			double(min(doubleRows, g-i), &c[i*g+j], &a[i*rowA], &b[j], g, 8*rowA, 8*stepA, 8*g, min(columns, g-j), alpha, add)
		}
	}
}

// doubleRows is the largest number of rows of a tile in float64.
const doubleRows = 4

// product64 is the meaning of Gemm64, but for the rounding of a product before its addition.
func product64(c, a, b []float64, g, rowA, stepA int, alpha float64, add bool) {
	for i := range g {
		for j := range g {
			var sum float64
			for l := range g {
				sum += float64(a[i*rowA+l*stepA] * b[l*g+j])
			}
			sum = float64(sum * alpha)
			if add {
				sum += c[i*g+j]
			}
			c[i*g+j] = sum
		}
	}
}

// Transpose64 writes the transpose of the g×g matrix a to t.
func Transpose64(t, a []float64, g int) {
	for i := range g {
		for j, v := range a[i*g : (i+1)*g] {
			t[j*g+i] = v
		}
	}
}
