package dataset

import "math"

// A box is a part of an image, in pixels.
type box struct{ top, left, height, width int }

// A resizer resizes parts of images. It keeps its buffers, and serves one goroutine at a time.
//
// The filter is the triangle (bilinear), widened by the factor of the reduction when the image is made smaller, so
// that nothing aliases: the usual resizing before a network. It is computed after Pillow, columns first and then rows,
// each rounded to a byte, with weights in fixed point; so the result is the same on every platform.
//
// References:
//
//	A. Clark et al.: Pillow, src/libImaging/Resample.c. https://github.com/python-pillow/Pillow
type resizer struct {
	columns, rows filter
	narrow        []uint8
}

// centre writes to small, size×size×3 bytes, the centre of an image of height×width×3 bytes whose shorter side has been
// resized to shorter, which is not less than size. Only what the cut shows is computed, however long the longer side.
// The longer side is rounded down, and the place of the cut to even, as torchvision does.
func (z *resizer) centre(small, pixels []uint8, height, width, shorter, size int) {
	scaledHeight := int(int64(shorter) * int64(height) / int64(min(height, width)))
	scaledWidth := int(int64(shorter) * int64(width) / int64(min(height, width)))
	z.columns.triangle(width, scaledWidth, int(math.RoundToEven(float64(scaledWidth-size)/2)), size)
	z.rows.triangle(height, scaledHeight, int(math.RoundToEven(float64(scaledHeight-size)/2)), size)
	z.apply(small, pixels, width, size)
}

// resize writes an image of height×width×3 bytes, resized to size×size pixels, to small.
func (z *resizer) resize(small, pixels []uint8, height, width, size int) {
	z.columns.triangle(width, size, 0, size)
	z.rows.triangle(height, size, 0, size)
	z.apply(small, pixels, width, size)
}

// apply applies the two filters to an image of the given number of columns.
func (z *resizer) apply(small, pixels []uint8, width, size int) {
	columns, rows := z.columns.taps, z.rows.taps
	// Only these rows of the image are seen.
	top, bottom := rows[0].first, rows[size-1].end()
	z.narrow = grow(z.narrow, (bottom-top)*size*3)
	for r := top; r < bottom; r++ {
		from, to := pixels[r*width*3:(r+1)*width*3], z.narrow[(r-top)*size*3:]
		for q, tap := range columns {
			tap.apply(to[3*q:3*q+3], from[3*tap.first:], 3)
		}
	}
	for r, tap := range rows {
		for q := range size {
			at := (r*size + q) * 3
			tap.apply(small[at:at+3], z.narrow[((tap.first-top)*size+q)*3:], size*3)
		}
	}
}

// grow returns a slice of n bytes, b's own where it is long enough.
func grow(b []uint8, n int) []uint8 {
	if cap(b) < n {
		return make([]uint8, n)
	}
	return b[:n]
}

// weightBits is the number of binary places of a weight: with 8 for the value and one for the sign, a sum of products
// fits into 32 bits.
const weightBits = 22

// taps are the weights, in units of 2⁻²², of the input pixels first, first+1, … of one output pixel. They add up to 1.
type taps struct {
	first   int
	weights []int32
}

// end is the index after the last input pixel.
func (t taps) end() int { return t.first + len(t.weights) }

// apply writes the weighted sum of pixels of in, which lie stride bytes apart, to the three bytes of out.
func (t taps) apply(out, in []uint8, stride int) {
	const half = 1 << (weightBits - 1)
	red, green, blue := int32(half), int32(half), int32(half)
	for i, w := range t.weights {
		p := in[i*stride : i*stride+3]
		red += w * int32(p[0])
		green += w * int32(p[1])
		blue += w * int32(p[2])
	}
	// The weights are not negative and add up to 1: no sum leaves the range of a byte.
	out[0], out[1], out[2] = uint8(red>>weightBits), uint8(green>>weightBits), uint8(blue>>weightBits)
}

// A filter holds the taps of the output pixels of a line.
type filter struct {
	taps    []taps
	weights []int32
	values  []float64
}

// triangle sets f to the taps of the output pixels from … from+n−1 of a line of in pixels resized to out.
func (f *filter) triangle(in, out, from, n int) {
	scale := float64(in) / float64(out)
	support := max(scale, 1) // half the width of the filter, in input pixels
	f.taps, f.weights = f.taps[:0], f.weights[:0]
	for i := range n {
		// The conversion keeps a compiler from fusing, which would move a pixel from platform to platform.
		centre := float64((float64(from+i) + 0.5) * scale)
		first, end := max(0, int(centre-support+0.5)), min(in, int(centre+support+0.5))
		f.values = f.values[:0]
		sum := 0.0
		for at := first; at < end; at++ {
			distance := (float64(at) - centre + 0.5) / support
			weight := max(0, 1-max(distance, -distance))
			f.values = append(f.values, weight)
			sum += weight
		}
		// What is rounded are the partial sums, so that the last of them, and with it the sum of the weights, is exactly 1.
		partial, before := 0.0, int32(0)
		start := len(f.weights)
		for _, v := range f.values {
			partial += v
			upTo := int32(float64(partial/sum*(1<<weightBits)) + 0.5)
			f.weights = append(f.weights, upTo-before)
			before = upTo
		}
		f.taps = append(f.taps, taps{first: first, weights: f.weights[start:]})
	}
}
