//go:build opencl

package opencl

import (
	"fmt"

	"cenet/nn/kernel"
)

// The methods below emit calls of the kernels in kernels/*.cl, by name. The comment of a kernel names a function of package kernel: it
// computes the same for a whole batch, with the same bits. An argument that a call does not use may be any buffer.

// group is the number of work-items of a work-group that reads every element once.
const group = 256

// columns is the number of columns of a work-group that sums over rows.
const columns = 64

// groups is the number of work-groups of the given size for n work-items.
func groups(n, size int) int { return (n + size - 1) / size }

// grid emits a kernel with n work-items, in work-groups of the given size, for each image.
func (b *builder) grid(name string, size, n, images int, args ...any) *Call {
	return b.emit(name, []int{groups(n, size), images}, []int{size, 1}, args...)
}

// each emits a kernel with a work-item for each of n numbers; n is its last argument.
func (b *builder) each(name string, n int, args ...any) *Call {
	return b.grid(name, group, n, 1, append(args, n)...)
}

// vectors returns how many floats a work-item of a kernel with vectors takes, 4 where sizes and the places of all buffers allow it, else 1,
// and the arguments with the compiler's option for it.
func vectors(args []any, sizes ...int) (int, []any) {
	w := vector(sizes...)
	for _, a := range args {
		if b, ok := a.(Buffer); ok {
			w = min(w, vector(b.at))
		}
	}
	return w, append([]any{Options(fmt.Sprintf("-DW=%d", w))}, args...)
}

// flat emits a kernel that handles each number of y once; the number of vectors is its last argument.
func (b *builder) flat(name string, y Buffer, args ...any) *Call {
	w, args := vectors(append([]any{y}, args...), y.n)
	return b.grid(name, group, y.n/w, 1, append(args, y.n/w)...)
}

// Rows are the pixels of images with C channels; numbers by channel are the same for all images, or with ByImage each image's own.
type Rows struct {
	Images, Pixels, C int
	ByImage           bool
}

// rows emits a kernel that looks at each element of an activation once, with numbers by channel.
func (b *builder) rows(name string, r Rows, args ...any) *Call {
	if !r.ByImage {
		r.Images, r.Pixels = 1, r.Images*r.Pixels
	}
	w, args := vectors(args, r.C)
	length, step := r.Pixels*r.C/w, 0
	if r.ByImage {
		step = r.C / w
	}
	return b.grid(name, group, length, r.Images, append(args, length, r.C/w, step)...)
}

// parts emits a kernel that sums over the rows of each part, by channel.
func (b *builder) parts(name string, s kernel.Segments, c int, args ...any) *Call {
	return b.grid(name, columns, c, s.Count(), append(args, s.Pixels, s.Size, c)...)
}

// An Epilogue is what is done to an output before it is written, see kernel.Epilogue.
type Epilogue struct {
	Addend  Buffer
	Clamp   bool
	Ceiling float32
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// or is b, or the other where b is not there.
func or(b, other Buffer) Buffer {
	if b.Nil() {
		return other
	}
	return b
}
