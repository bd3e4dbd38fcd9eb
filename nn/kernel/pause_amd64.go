//go:build !noasm

package kernel

// pause tells the processor that this is a loop which waits, and takes some tens of nanoseconds.
func pause()
