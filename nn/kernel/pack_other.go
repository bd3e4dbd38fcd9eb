//go:build (!amd64 && !arm64) || noasm

package kernel

func packVectors(dst, src []float32, rows, cols, width, ld int, scale float32) bool { return false }

func transposeVectors(dst, src []float32, rows, cols, width, ld int, scale float32) (r, c int) {
	return 0, 0
}
