//go:build opencl

package opencl

import "cenet/nn/kernel"

// The calls that these files prepare do what the functions of package kernel that they name do, for a whole batch, with the same bits.
// A buffer that a call does not use is any that there is.

// group is the number of work-items of a work-group that looks at every element once.
const group = 256

// groups is the number of work-groups of the given size for n work-items.
func groups(n, size int) int { return (n + size - 1) / size }

// vectors tells how many floats a work-item of a kernel with vectors takes: 4 where sizes and the places of all buffers allow it, else 1.
func vectors(args []any, sizes ...int) (int, Options) {
	for _, n := range sizes {
		if n%4 != 0 {
			return 1, "-DW=1"
		}
	}
	for _, a := range args {
		if b, ok := a.(Buffer); ok && b.at%4 != 0 {
			return 1, "-DW=1"
		}
	}
	return 4, "-DW=4"
}

// flat prepares a kernel that looks at each of n floats once.
func (d *Device) flat(name string, n int, args ...any) *Call {
	w, option := vectors(args, n)
	args = append(append([]any{option}, args...), n/w)
	return d.Call(name, []int{groups(n/w, group)}, []int{group}, args...)
}

// each prepares a kernel with n work-items, for each image where their number is not 0.
func (d *Device) each(name string, n, images int, args ...any) *Call {
	if images == 0 {
		return d.Call(name, []int{groups(n, group)}, []int{group}, args...)
	}
	return d.Call(name, []int{groups(n, group), images}, []int{group, 1}, args...)
}

// Rows are the pixels of images with C channels; numbers by channel are the same for all images, or with ByImage each image's own.
type Rows struct {
	Images, Pixels, C int
	ByImage           bool
}

// rows prepares a kernel that looks at each element of an activation once, with numbers by channel.
func (d *Device) rows(name string, r Rows, args ...any) *Call {
	if !r.ByImage {
		r.Images, r.Pixels = 1, r.Images*r.Pixels
	}
	w, option := vectors(args, r.C)
	length, step := r.Pixels*r.C/w, 0
	if r.ByImage {
		step = r.C / w
	}
	args = append(append([]any{option}, args...), length, r.C/w, step)
	return d.Call(name, []int{groups(length, group), r.Images}, []int{group, 1}, args...)
}

// columns is the number of columns of a work-group that sums over rows.
const columns = 64

// parts prepares a kernel that sums over the rows of each part, by channel.
func (d *Device) parts(name string, s kernel.Segments, c int, args ...any) *Call {
	return d.Call(name, []int{groups(c, columns), s.Count()}, []int{columns, 1}, append(args, s.Pixels, s.Size, c)...)
}

// channels prepares a kernel with a work-item for each channel, for each image where their number is not 0.
func (d *Device) channels(name string, c, images int, args ...any) *Call {
	if images == 0 {
		return d.Call(name, []int{groups(c, columns)}, []int{columns}, args...)
	}
	return d.Call(name, []int{groups(c, columns), images}, []int{columns, 1}, args...)
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
