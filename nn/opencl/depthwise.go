//go:build opencl

package opencl

import "cenet/nn/kernel"

// fused reports whether package kernel has kernels for a depthwise window, which fuse products with their additions.
func fused(w kernel.Window) int { return flag(w.KH <= 3 && w.KW <= 3) }

// depthwise computes y of n images.
func (b *builder) depthwise(w kernel.Window, n int, y, x, weight Buffer) {
	b.windows("depthwise", w, w.Positions()*w.C, n, y, x, weight, fused(w))
}

// depthwiseInput computes the gradient of n images.
func (b *builder) depthwiseInput(w kernel.Window, n int, dx, dy, weight Buffer) {
	b.windows("depthwise_input", w, w.H*w.W*w.C, n, dx, dy, weight, fused(w))
}

// depthwiseWeight adds the gradient of the weights over n images, in parts of the given size, to dw.
func (b *builder) depthwiseWeight(w kernel.Window, n, part int, dw, dy, x Buffer) {
	weights, count := w.KH*w.KW*w.C, (n+part-1)/part
	parts := b.scratch(count * weights)
	y0, y1 := whole(w.OutH, w.Stride, w.Pad, w.KH, w.H)
	x0, x1 := whole(w.OutW, w.Stride, w.Pad, w.KW, w.W)
	if fused(w) == 0 { // row by row
		y0, y1, x0, x1 = 0, 0, 0, w.OutW
	}
	b.emit("depthwise_weight", []int{groups(w.C, 32), w.KH * w.KW, count}, []int{32, 1, 1}, parts, dy, x, fused(w), n, part, w.H, w.W, w.C,
		w.KH, w.KW, w.Stride, w.Pad, w.OutH, w.OutW, y0, y1, x0, x1)
	b.grid("conv_weight_sum", 64, weights, 1, dw, parts, count, weights)
}

// whole is the range of outputs along an axis that find the whole window within the image.
func whole(outs, stride, pad, taps, size int) (lo, hi int) {
	lo = min(outs, (pad+stride-1)/stride)
	if size+pad < taps {
		return lo, lo
	}
	return lo, max(lo, min(outs, (size+pad-taps)/stride+1))
}
