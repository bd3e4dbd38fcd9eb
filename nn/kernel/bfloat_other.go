//go:build !amd64 || noasm

package kernel

// Only processors of x86-64 have the instruction.
func (x *pairs) bfloatNarrow()  { panic("kernel: there is no assembly for this processor") }
func (x *pairs) bfloatCombine() { panic("kernel: there is no assembly for this processor") }
