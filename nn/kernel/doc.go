// Package kernel holds all arithmetic of the network library: functions on slices of float32 and the pool of workers
// that runs them. Layers hold the state and cut the work into parts; a kernel is serial, knows no layer, allocates
// nothing, and writes only what its comment says.
//
// # Layout
//
// An activation of N pictures of H×W pixels with C channels is row-major N, H, W, C: a matrix of N·H·W rows (pixels) and
// C columns (channels). "rows×c" in a comment means such a matrix, x[r*c+j] being row r, channel j.
//
// # Identical bits
//
// For a given seed, a result must not depend on the number of workers. So the parts into which work is cut are functions
// of the shape alone (Chunks), a worker only claims the index of a part, and where parts contribute to one sum each part
// writes a partial sum of its own, which are then added in index order. float32(a*b)+c is written where a compiler could
// otherwise fuse the two (it does on arm64, and on amd64 with GOAMD64=v3), and slabs are aligned (see Aligned) because
// gonum's dot product begins a vector loop at the first aligned element.
//
// Arguments are trusted: lengths are those the comments state, and a shorter slice panics by Go's own bounds checks.
package kernel
