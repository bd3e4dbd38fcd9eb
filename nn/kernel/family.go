package kernel

import (
	"os"
	"strings"
)

// family is a set of kernels for one kind of processor.
type family int

const (
	portable family = iota // plain Go
	avx2                   // 256-bit vectors; needs AVX2, FMA and BMI2
	avx512                 // 512-bit vectors
	neon                   // 128-bit vectors, of arm64
)

var familyNames = [...]string{"portable", "avx2", "avx512", "neon"}

// active is the family that runs: the fastest that the processor has, or the one that the environment variable
// CENET_KERNELS names where the processor has it. With the instruction, products in bfloat16 use VDPBF16PS.
var active, instruction = choose(os.Getenv("CENET_KERNELS"))

func choose(name string) (f family, instruction bool) {
	f, instruction, ok := familyNamed(name)
	if !ok {
		list := supported()
		f = list[len(list)-1]
		instruction = f == avx512 && hasInstruction()
	}
	return f, instruction
}

// withoutInstruction ends the name of a family whose products in bfloat16 do without the instruction that the processor has for them.
const withoutInstruction = "-nobf16"

// familyNamed finds a family that the processor has.
func familyNamed(name string) (f family, instruction, ok bool) {
	name, without := strings.CutSuffix(name, withoutInstruction)
	for _, f := range supported() {
		if has := f == avx512 && hasInstruction(); familyNames[f] == name && (has || !without) {
			return f, has && !without, true
		}
	}
	return 0, false, false
}

// Family names the family of kernels that runs: avx512, avx2, neon or portable, all but the last of which give the same bits; or
// avx512-nobf16, which is avx512 without the instruction for bfloat16 that the processor has.
func Family() string {
	if active == avx512 && !instruction && hasInstruction() {
		return familyNames[active] + withoutInstruction
	}
	return familyNames[active]
}

// Families lists the families that this processor can run, the portable one first and the fastest last. Use also takes the last one's name
// with "-nobf16" where it has an instruction for bfloat16.
func Families() (names []string) {
	for _, f := range supported() {
		names = append(names, familyNames[f])
	}
	return names
}

// Has reports whether the processor has the family of that name, which Use then takes.
func Has(name string) bool {
	_, _, ok := familyNamed(name)
	return ok
}

// Use makes the named family run until restore is called; it is for tests and benchmarks, and no kernel may be running
// meanwhile. It panics where the processor does not have the family. Weights that were packed before must be packed again, and
// convolutions in bfloat16 planned again.
func Use(name string) (restore func()) {
	f, i, ok := familyNamed(name)
	if !ok {
		panic("kernel: this processor cannot run the kernels " + name)
	}
	was, had := active, instruction
	active, instruction = f, i
	return func() { active, instruction = was, had }
}

// Arithmetic names what a result's bits depend on: fused for the families that fuse products with their additions, which give
// the same bits, and portable.
func Arithmetic() string {
	if active == portable {
		return familyNames[portable]
	}
	return "fused"
}
