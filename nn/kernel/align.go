package kernel

import "unsafe"

// Alignment is the boundary, in floats, on which slabs and what is cut from them begin: one cache line.
const Alignment = 16

// Aligned returns n zeroed floats that begin on a cache line.
//
// Besides speed this is needed for identical bits: gonum's dot product sums the elements before the first 16-byte
// boundary one by one, so that its order of summation depends on the address modulo 16.
func Aligned(n int) []float32 {
	s := make([]float32, n+Alignment-1)
	if n == 0 {
		return s[:0]
	}
	large(s)
	skip := 0
	for uintptr(unsafe.Pointer(&s[skip]))%(4*Alignment) != 0 {
		skip++
	}
	return s[skip : skip+n : skip+n]
}

// AlignUp rounds a number of floats up to a whole number of cache lines.
func AlignUp(n int) int { return (n + Alignment - 1) / Alignment * Alignment }
