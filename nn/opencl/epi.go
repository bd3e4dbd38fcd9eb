//go:build opencl

package opencl

// An Epilogue is what is done to an output before it is written, see kernel.Epilogue.
type Epilogue struct {
	Addend  Buffer
	Clamp   bool
	Ceiling float32
}

// or is b, or the other where b is not there.
func or(b, other Buffer) Buffer {
	if b.Nil() {
		return other
	}
	return b
}
