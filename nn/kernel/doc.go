// Package kernel holds all arithmetic of the network library: functions on slices of float32 and the pool of workers
// that runs them. Layers hold the state and cut the work into parts; a kernel is serial, knows no layer, allocates
// nothing, and writes only what its comment says.
//
// # Layout
//
// An activation of N images of H×W pixels with C channels is row-major N, H, W, C: a matrix of N·H·W rows (pixels) and
// C columns (channels). "rows×c" in a comment means such a matrix, x[r*c+j] being row r, channel j.
//
// # Families
//
// Kernels come in four families: avx512 and avx2 for amd64, neon for arm64, and portable, which is plain Go. The fastest that the
// processor has is chosen when the program starts, unless the environment variable CENET_KERNELS names another; with the
// build tag noasm, or on another processor, there is the portable one alone. The assembly is generated (go
// generate) by the programs in gen, a module of its own.
//
//	processor                    family     tested
//	x86-64 with AVX-512          avx512     all tests, on such a processor
//	x86-64 with AVX2 and FMA     avx2       all tests, on a processor with AVX-512 too
//	arm64 (Apple, Graviton, ...) neon       under qemu-user: the tests of nn, nn/kernel and nn/train, among them two trainings whose
//	                                        checkpoints, networks and losses are those of x86-64, bit for bit (TestSameOnEveryPlatform);
//	                                        no such processor has run it yet
//	all others, or tag noasm     portable   all tests, on x86-64
//
// Products in bfloat16 (bfloat.go) use VDPBF16PS where a processor of the family avx512 has it: Zen 4, Cooper Lake, Sapphire Rapids and
// later. The name avx512-nobf16 forbids it. Products in bfloat16 have the same bits in all families, the portable one too, whose other
// kernels agree to rounding. There are no kernels for AMX.
//
// How fast neon is, llvm-mca (LLVM 19) estimates from the inner loops: the tiles of 6×16, 7×12 and 10×8 with rows of A that are read from
// end to end keep all multiply-add units of Neoverse N1 (two), V1 and V2 (four) busy, and all three that its model of apple-m1 has, which
// is that of an older core; M1 has four. A multiply-add takes 0.32 instructions there, with avx2 0.26. A training step of ResNet-20 on
// eight images has 364 million instructions with neon and 5,152 million with portable.
//
// Below all of it lies one micro-kernel, product: tiles of a matrix product whose operands are read where they stand, at any
// distance. Gemm and Conv cut their work into such products. What reads every element once is a sweep: all of it runs over
// the rows of matrices in vectors across their columns.
//
// # Identical bits
//
// For a given seed, a result must not depend on the number of workers. So the parts into which work is cut are functions
// of the shape alone (Chunks), a worker only claims the index of a part, and where parts contribute to one sum each part
// writes a partial sum of its own, which are then added in index order. Nor must it depend on the width of vectors: they
// lie across the columns of a product, every element is summed in the same order in one lane, and all families of assembly
// fuse each product with its addition. The portable family rounds twice, so it agrees to rounding. float32(a*b)+c is
// written where a compiler could otherwise fuse the two (it does on arm64, and on amd64 with GOAMD64=v3), and slabs are
// aligned (see Aligned).
//
// Arguments are trusted: lengths are those the comments state, and a shorter slice panics by Go's own bounds checks.
package kernel
