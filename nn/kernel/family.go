package kernel

import "os"

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
// CENET_KERNELS names where the processor has it.
var active = choose(os.Getenv("CENET_KERNELS"))

func choose(name string) family {
	f, ok := familyNamed(name)
	if !ok {
		list := supported()
		f = list[len(list)-1]
	}
	return f
}

// familyNamed finds a family that the processor has.
func familyNamed(name string) (family, bool) {
	for _, f := range supported() {
		if familyNames[f] == name {
			return f, true
		}
	}
	return 0, false
}

// Family names the family of kernels that runs: avx512, avx2, neon or portable. All but the last give the same bits.
func Family() string { return familyNames[active] }

// Families lists the families that this processor can run, the portable one first and the fastest last.
func Families() (names []string) {
	for _, f := range supported() {
		names = append(names, familyNames[f])
	}
	return names
}

// Use makes the named family run until restore is called; it is for tests and benchmarks, and no kernel may be running
// meanwhile. It panics where the processor does not have the family. Weights that were packed before must be packed again.
func Use(name string) (restore func()) {
	f, ok := familyNamed(name)
	if !ok {
		panic("kernel: this processor cannot run the kernels " + name)
	}
	was := active
	active = f
	return func() { active = was }
}

// Arithmetic names what a result's bits depend on: fused for the families that fuse products with their additions, which give
// the same bits, and portable.
func Arithmetic() string {
	if active == portable {
		return familyNames[portable]
	}
	return "fused"
}
