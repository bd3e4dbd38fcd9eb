package kernel

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is the size of a large page of memory, in bytes.
const hugePage = 2 << 20

// large asks for large pages where x spans some: with small ones, walking through page tables slows down kernels that read
// rows far apart. It is advice, and what the system makes of it changes no result.
func large(x []float32) {
	if len(x) == 0 {
		return
	}
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x))
	skip := -uintptr(unsafe.Pointer(&bytes[0])) % hugePage
	if whole := (uintptr(len(bytes)) - min(skip, uintptr(len(bytes)))) / hugePage * hugePage; whole > 0 {
		_ = unix.Madvise(bytes[skip:skip+whole], unix.MADV_HUGEPAGE)
	}
}
