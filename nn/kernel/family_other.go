//go:build !amd64 || noasm

package kernel

// fastest is the best family that there is without assembly.
func fastest() family { return portable }
