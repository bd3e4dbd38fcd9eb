//go:build !amd64 || noasm

package kernel

func sigmoids(_, _ []float32) (n int) { return 0 }
