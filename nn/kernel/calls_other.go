//go:build (!amd64 && !arm64) || noasm

package kernel

func (x *sweep) call(sweepKernel) { panic("kernel: there is no assembly for this processor") }

func (x *taps) call(k tapKernel, kh, kw int) {
	panic("kernel: there is no assembly for this processor")
}

func (x *pairs) interleave() { panic("kernel: there is no assembly for this processor") }

func (x *pairs) deinterleave() { panic("kernel: there is no assembly for this processor") }

func (x *pairs) roundBFloat() { panic("kernel: there is no assembly for this processor") }

func (x *pairs) roundBFloatSwapped() { panic("kernel: there is no assembly for this processor") }
