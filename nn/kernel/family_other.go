//go:build (!amd64 && !arm64) || noasm

package kernel

// supported lists the families that there are without assembly.
func supported() []family { return []family{portable} }

func hasInstruction() bool { return false }
