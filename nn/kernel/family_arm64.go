//go:build !noasm

package kernel

// supported lists the families of arm64, all of whose processors have these vectors, the fastest last.
func supported() []family { return []family{portable, neon} }

func hasInstruction() bool { return false }
