//go:build opencl

package opencl

import (
	"fmt"

	"cenet/nn/kernel"
)

// A tile says how a work-group and its work-items share a matrix product, see tile.cl.
type tile struct{ bm, bn, tm, tn int }

const sliceTerms = 16

func (t tile) items() int { return t.bm / t.tm * (t.bn / t.tn) }

func (t tile) options(v, vn int) Options {
	return Options(fmt.Sprintf("-DBM=%d -DBN=%d -DBK=%d -DTM=%d -DTN=%d -DVA=%d -DVB=%d", t.bm, t.bn, sliceTerms, t.tm, t.tn, v, vn))
}

func (t tile) groups(m, n int) int { return (m + t.bm - 1) / t.bm * ((n + t.bn - 1) / t.bn) }

// tiling chooses the tiles of times products of m×n elements: the largest of which there are enough for the device.
func (d *Device) tiling(m, n, times int) tile {
	if !d.GPU && !d.largeTiles {
		return tile{32, 32, 4, 4} // large tiles take PoCL long to compile
	}
	var list []tile
	switch {
	case n <= 16:
		list = []tile{{128, 16, 4, 4}, {64, 16, 4, 4}}
	case n <= 32:
		list = []tile{{128, 32, 8, 4}, {64, 32, 4, 4}, {32, 32, 4, 4}}
	case n <= 64:
		list = []tile{{128, 64, 8, 8}, {64, 64, 8, 4}, {32, 64, 4, 4}, {32, 32, 4, 4}}
	default:
		list = []tile{{128, 128, 8, 8}, {128, 64, 8, 8}, {64, 64, 8, 4}, {32, 64, 4, 4}, {32, 32, 4, 4}, {32, 16, 4, 4}}
	}
	if m <= 32 && n <= 16 {
		return tile{32, 16, 4, 4}
	}
	for _, t := range list {
		if (m > t.bm/2 || t.bm == 32) && times*t.groups(m, n) >= 2*d.Units {
			return t
		}
	}
	return list[len(list)-1]
}

// vector is how many floats are read at once where all of these are multiples of it.
func vector(sizes ...int) int {
	for _, n := range sizes {
		if n%4 != 0 {
			return 1
		}
	}
	return 4
}

// pass is a convolution as conv.cl computes it.
type pass struct {
	rows, cols, srcH, srcW, srcPixel, stride, y0, x0, tapsY, tapsX, from, of int
	firstTap, tapRow, tapCol                                                 int
	first, image, row, pixel                                                 int
	transposed, bfloat                                                       bool
}

// bfloat are the options of a product, in bfloat16 or not.
func bfloat(is bool) Options {
	if is {
		return " -DBFLOAT"
	}
	return ""
}

func (b *builder) convPass(p pass, images, groups, out int, y, x, w Buffer, e Epilogue) {
	if p.rows == 0 || p.cols == 0 {
		return
	}
	if p.tapsY == 0 || p.tapsX == 0 {
		p.tapsY, p.tapsX = 0, 1
	}
	m := images * p.rows * p.cols
	t := b.d.tiling(m, p.of, groups)
	v, vn := vector(p.from, p.srcPixel, x.at, w.at), vector(p.of, out, p.pixel, p.first, y.at, w.at)
	if !e.Addend.Nil() {
		vn = min(vn, vector(e.Addend.at))
	}
	options := t.options(v, vn)
	if p.transposed {
		options += " -DTRANSPOSED"
	}
	options += bfloat(p.bfloat)
	flags := 0
	if !e.Addend.Nil() {
		flags |= 2
	}
	if e.Clamp {
		flags |= 4
	}
	tilesN := (p.of + t.bn - 1) / t.bn
	b.emit("conv", []int{t.groups(m, p.of), groups}, []int{t.items(), 1}, options, y, x, w, w, or(e.Addend, y), flags, e.Ceiling,
		images, p.rows, p.cols, p.srcH, p.srcW, p.srcPixel, p.stride, p.y0, p.x0, p.tapsY, p.tapsX, p.from, p.of, out,
		p.firstTap, p.tapRow, p.tapCol, p.first, p.image, p.row, p.pixel, tilesN)
}

// convForward computes y of n images.
func (b *builder) convForward(c *kernel.Conv, n int, y, x, w Buffer, e Epilogue) {
	b.convPass(pass{
		rows: c.OutH, cols: c.OutW, srcH: c.H, srcW: c.W, srcPixel: c.C, stride: c.Stride, y0: -c.Pad, x0: -c.Pad, tapsY: c.KH, tapsX: c.KW,
		from: c.C / c.Groups, of: c.Out / c.Groups, tapRow: c.KW, tapCol: 1,
		image: c.Positions() * c.Out, row: c.OutW * c.Out, pixel: c.Out, bfloat: c.BFloat16(),
	}, n, c.Groups, c.Out, y, x, w, e)
}

// convInput computes the gradient of n images: a convolution of the output's gradient for each remainder of a pixel's place modulo the
// stride.
func (b *builder) convInput(c *kernel.Conv, n int, dx, dy, w Buffer, e Epilogue) {
	for ry := range min(c.Stride, c.H) {
		for rx := range min(c.Stride, c.W) {
			ky, kx := tapsOf(c.KH, c.Stride, c.Pad, ry), tapsOf(c.KW, c.Stride, c.Pad, rx)
			b.convPass(pass{
				rows: (c.H - ry + c.Stride - 1) / c.Stride, cols: (c.W - rx + c.Stride - 1) / c.Stride,
				srcH: c.OutH, srcW: c.OutW, srcPixel: c.Out, stride: 1, y0: ky.origin, x0: kx.origin, tapsY: ky.taps, tapsX: kx.taps,
				from: c.Out / c.Groups, of: c.C / c.Groups, firstTap: ky.last*c.KW + kx.last, tapRow: -c.Stride * c.KW, tapCol: -c.Stride,
				first: (ry*c.W + rx) * c.C, image: c.H * c.W * c.C, row: c.Stride * c.W * c.C, pixel: c.Stride * c.C, transposed: true,
				bfloat: c.BFloat16(),
			}, n, c.Groups, c.Out, dx, dy, w, e)
		}
	}
}

// A tapClass is the taps of an axis that reach the pixels with one remainder modulo the stride: last, last−stride, …, taps of them; the
// pixel numbered t of these meets them at output t + origin, t + origin + 1, ….
type tapClass struct{ last, taps, origin int }

func tapsOf(taps, stride, pad, remainder int) tapClass {
	first := (remainder + pad) % stride
	if first >= taps {
		return tapClass{}
	}
	n := (taps-1-first)/stride + 1
	last := first + (n-1)*stride
	return tapClass{last, n, (remainder + pad - last) / stride}
}

// maxSums is how many floats of sums convWeight keeps at a time, where one part needs no more.
const maxSums = 1 << 28

// convWeight adds the gradient of the weights over n images to dw: by parts of the given number of images or, where part is 0, all at once.
func (b *builder) convWeight(c *kernel.Conv, n, part int, dw, dy, x Buffer) {
	byWeights := part == 0
	if byWeights {
		part = n
	}
	var table, starts []int32
	for first := 0; first < n; first += part {
		starts = append(starts, int32(len(table)/4))
		products := c.WeightProducts(min(part, n-first), byWeights)
		for i := range products.Count() {
			p := products.At(i)
			rows := int32(p.Bottom - p.Top)
			if p.ByImage {
				rows = -rows
			}
			table = append(table, int32(first+p.First), int32(p.N), int32(p.Top), rows)
		}
	}
	starts = append(starts, int32(len(table)/4))
	parts := len(starts) - 1
	weights := c.KH * c.KW * c.C / c.Groups * c.Out
	m, of := c.KH*c.KW*c.C/c.Groups, c.Out/c.Groups
	together, most := 1, 0 // parts
	for together < parts && int(starts[together+1])*weights <= maxSums {
		together++
	}
	for lo := 0; lo < parts; lo += together {
		most = max(most, int(starts[min(lo+together, parts)]-starts[lo]))
	}
	sums, totals := b.scratch(most*weights), b.scratch(parts*weights)
	products, first := b.constant(table), b.constant(starts)
	v, vn := vector(c.C/c.Groups, c.C, x.at), vector(of, c.Out, dy.at, sums.at)
	for lo := 0; lo < parts; lo += together {
		hi := min(lo+together, parts)
		count := int(starts[hi] - starts[lo])
		t := b.d.tiling(m, of, c.Groups*count)
		options := bfloat(c.BFloat16())
		b.emit("conv_weight", []int{t.groups(m, of), count, c.Groups}, []int{t.items(), 1, 1}, t.options(v, vn)+options,
			sums, x, dy, products, int(starts[lo]),
			c.H, c.W, c.C, c.KH, c.Stride, c.Pad, c.OutH, c.OutW, c.C/c.Groups, of, c.Out, (of+t.bn-1)/t.bn)
		b.grid("conv_weight_parts", 64, weights, hi-lo, options, totals.From(lo*weights), sums, first.From(lo), weights)
	}
	b.grid("conv_weight_sum", 64, weights, 1, dw, totals, parts, weights)
}
