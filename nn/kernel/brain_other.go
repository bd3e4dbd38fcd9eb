//go:build !amd64 || noasm

package kernel

// No processor but some of x86-64 has the instruction.
func (x *pairs) brainNarrow()  {}
func (x *pairs) brainCombine() {}
