package dataset

// resizeRGB returns the size×size centre of a picture whose shorter side has been resized to size: pixels, of
// height×width×3 bytes, become size×size×3 bytes. Only what the cut shows is computed, however long the longer side.
//
// The filter is the triangle (bilinear), widened by the factor of the reduction when the picture is made smaller, so
// that nothing aliases: the usual resizing before a network. It is computed after Pillow, columns first and then rows,
// each rounded to a byte, with weights in fixed point; so the result is the same on every platform.
//
// References:
//
//	A. Clark et al.: Pillow, src/libImaging/Resample.c. https://github.com/python-pillow/Pillow
func resizeRGB(pixels []uint8, height, width, size int) []uint8 {
	shorter := min(height, width)
	// The longer side keeps the proportion, rounded down.
	scaledHeight := int(int64(size) * int64(height) / int64(shorter))
	scaledWidth := int(int64(size) * int64(width) / int64(shorter))
	columns := triangle(width, scaledWidth, (scaledWidth-size)/2, size)
	rows := triangle(height, scaledHeight, (scaledHeight-size)/2, size)

	// Only these rows of the picture are seen.
	top, bottom := rows[0].first, rows[size-1].end()
	narrow := make([]uint8, (bottom-top)*size*3)
	for r := top; r < bottom; r++ {
		from, to := pixels[r*width*3:(r+1)*width*3], narrow[(r-top)*size*3:]
		for q, tap := range columns {
			tap.apply(to[3*q:3*q+3], from[3*tap.first:], 3)
		}
	}
	small := make([]uint8, size*size*3)
	for r, tap := range rows {
		for q := range size {
			at := (r*size + q) * 3
			tap.apply(small[at:at+3], narrow[((tap.first-top)*size+q)*3:], size*3)
		}
	}
	return small
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

// triangle returns the taps of the output pixels from … from+n−1 of a line of in pixels resized to out.
func triangle(in, out, from, n int) []taps {
	scale := float64(in) / float64(out)
	support := max(scale, 1) // half the width of the filter, in input pixels
	all := make([]taps, n)
	values := make([]float64, 0, int(2*support)+3)
	for i := range all {
		// The conversion keeps a compiler from fusing, which would move a pixel from platform to platform.
		centre := float64((float64(from+i) + 0.5) * scale)
		first, end := max(0, int(centre-support+0.5)), min(in, int(centre+support+0.5))
		values = values[:0]
		sum := 0.0
		for at := first; at < end; at++ {
			distance := (float64(at) - centre + 0.5) / support
			weight := max(0, 1-max(distance, -distance))
			values = append(values, weight)
			sum += weight
		}
		all[i] = taps{first: first, weights: make([]int32, len(values))}
		// What is rounded are the partial sums, so that the last of them, and with it the sum of the weights, is exactly 1.
		partial, before := 0.0, int32(0)
		for j, v := range values {
			partial += v
			upTo := int32(float64(partial/sum*(1<<weightBits)) + 0.5)
			all[i].weights[j], before = upTo-before, upTo
		}
	}
	return all
}
