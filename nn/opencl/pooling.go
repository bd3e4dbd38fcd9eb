//go:build opencl

package opencl

import "cenet/nn/kernel"

// window prepares a kernel that pools images with a window, with a work-item for each of n numbers of an image.
func (d *Device) window(name string, w kernel.Window, n, images int, args ...any) *Call {
	return d.each(name, n, images, append(args, w.H, w.W, w.C, w.KH, w.KW, w.Stride, w.Pad, w.OutH, w.OutW)...)
}

// MaxPool prepares kernel.MaxPool of each image. which, a byte for each output, is for MaxPoolBackward. Windows are of 255 pixels at most.
func (d *Device) MaxPool(y, which, x Buffer, w kernel.Window, images int) *Call {
	if w.KH*w.KW > 255 {
		panic("opencl: the largest value of a window of more than 255 pixels")
	}
	return d.window("max_pool", w, w.Positions()*w.C, images, y, which, x)
}

// MaxPoolBackward prepares kernel.MaxPoolBackward of each image, from 0.
func (d *Device) MaxPoolBackward(dx, dy, which Buffer, w kernel.Window, images int) *Call {
	return d.window("max_pool_backward", w, w.H*w.W*w.C, images, dx, dy, which, flag(w.KH <= 3 && w.KW <= 3))
}
