//go:build !noasm

package kernel

// sigmoids is Sigmoid for as many elements as fill vectors of the active family, and returns their number. The bits are those of the rest.
func sigmoids(y, x []float32) (n int) {
	if active == avx512 {
		if n = len(x) &^ 15; n > 0 {
			sigmoid512(&y[0], &x[0], n)
		}
	} else if active == avx2 {
		if n = len(x) &^ 7; n > 0 {
			sigmoid256(&y[0], &x[0], n)
		}
	}
	return n
}
