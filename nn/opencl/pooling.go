//go:build opencl

package opencl

import "cenet/nn/kernel"

// windows emits a kernel that slides a window over images, with a work-item for each of n numbers of an image.
func (b *builder) windows(name string, w kernel.Window, n, images int, args ...any) *Call {
	return b.grid(name, group, n, images, append(args, w.H, w.W, w.C, w.KH, w.KW, w.Stride, w.Pad, w.OutH, w.OutW)...)
}

// maxPool emits kernel.MaxPool of each image. which, a byte for each output, is for maxPoolBackward. Windows are of 255 pixels at most.
func (b *builder) maxPool(y, which, x Buffer, w kernel.Window, images int) *Call {
	if w.KH*w.KW > 255 {
		panic("opencl: the largest value of a window of more than 255 pixels")
	}
	return b.windows("max_pool", w, w.Positions()*w.C, images, y, which, x)
}

// maxPoolBackward emits kernel.MaxPoolBackward of each image, from 0.
func (b *builder) maxPoolBackward(dx, dy, which Buffer, w kernel.Window, images int) *Call {
	return b.windows("max_pool_backward", w, w.H*w.W*w.C, images, dx, dy, which, flag(w.KH <= 3 && w.KW <= 3))
}
