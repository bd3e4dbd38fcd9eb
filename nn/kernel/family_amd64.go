//go:build !noasm

package kernel

import "golang.org/x/sys/cpu"

// supported lists the families that the processor and the operating system support, from the slowest to the fastest.
func supported() []family {
	list := []family{portable}
	x := &cpu.X86
	if !x.HasAVX2 || !x.HasFMA || !x.HasBMI2 {
		return list
	}
	list = append(list, avx2)
	if x.HasAVX512F && x.HasAVX512VL && x.HasAVX512BW && x.HasAVX512DQ {
		list = append(list, avx512)
	}
	return list
}

// hasInstruction reports whether the processor has VDPBF16PS, for vectors of 512 bits.
func hasInstruction() bool { return cpu.X86.HasAVX512BF16 }
