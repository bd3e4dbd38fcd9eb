//go:build !noasm

package kernel

// pause tells the processor that this is a loop which waits, and takes some tens of nanoseconds: a barrier that fetches the
// instructions after it anew. YIELD does nothing on most processors.
func pause()
