package kernel

import "math"

// Moments writes, for each channel of the rows×c matrix x, c = len(mean), the mean and the sum of squared deviations from it.
// The mean is measured from the first row: a channel that is constant has that constant as its mean and exactly 0 as its sum,
// whatever the rounding. It is meant for a chunk that stays in cache: x is read twice.
func Moments(mean, m2, x []float32) {
	m2 = m2[:len(mean)]
	meanRows(mean, x)
	clear(m2)
	squareRows(m2, x, mean)
}

// meanRows writes the mean of the rows of x, measured from the first.
func meanRows(mean, x []float32) {
	c := len(mean)
	clear(mean)
	shiftedRows(mean, x, x[:c])
	inv := 1 / float32(len(x)/c)
	for j, v := range x[:c] {
		mean[j] = v + float32(mean[j]*inv)
	}
}

// shiftedRows adds the rows of x, less the row origin, to sum.
func shiftedRows(sum, x, origin []float32) {
	c := len(sum)
	if active != portable {
		sweepSumShifted.rows(c, operands{a: x, p: origin, S: sum})
		return
	}
	var wide [folded]float32
	lanes := lanesOf(&wide, sum, len(x))
	for r := 0; r < len(x); r += c {
		s := lanes[r%len(lanes):][:c]
		for j, v := range x[r : r+c] {
			s[j] += v - origin[j]
		}
	}
	unfold(sum, lanes)
}

// squareRows adds the squared deviations of the rows of x from mean to sum.
func squareRows(sum, x, mean []float32) {
	c := len(sum)
	if active != portable {
		sweepSquares.rows(c, operands{a: x, p: mean, S: sum})
		return
	}
	var wide [folded]float32
	lanes := lanesOf(&wide, sum, len(x))
	for r := 0; r < len(x); r += c {
		s := lanes[r%len(lanes):][:c]
		for j, v := range x[r : r+c] {
			d := v - mean[j]
			s[j] += float32(d * d)
		}
	}
	unfold(sum, lanes)
}

// CombineMoments combines the moments of the segments of images, in index order and in float64, into the mean and the
// biased variance of all pixels. parts holds for each segment c means and c sums of squared deviations, as Moments writes them.
//
// References:
//
//	Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979).
func CombineMoments(mean, variance, parts []float32, segments Segments) {
	const block = 64
	c := len(mean)
	for first := 0; first < c; first += block {
		var m, m2 [block]float64
		size := min(block, c-first)
		for i := range segments.Count() {
			lo, hi := segments.Range(i)
			k, n := float64(hi-lo), float64(hi)
			share, weight := k/n, k*(n-k)/n
			means, squares := parts[2*c*i+first:][:size], parts[2*c*i+c+first:][:size]
			for j, v := range means {
				d := float64(v) - m[j]
				m[j] += float64(d * share)
				m2[j] += float64(squares[j]) + float64(d*d*weight)
			}
		}
		n := float64(segments.N * segments.Pixels)
		for j := range size {
			mean[first+j], variance[first+j] = float32(m[j]), float32(m2[j]/n)
		}
	}
}

// NormScale writes what turns normalisation into one multiply-add a value: scale = γ/√(variance+ε), shift = β − mean·scale,
// and inv = 1/√(variance+ε).
func NormScale(scale, shift, inv, gamma, beta, mean, variance []float32, eps float32) {
	for j := range scale {
		r := float32(1 / math.Sqrt(float64(variance[j])+float64(eps)))
		inv[j] = r
		scale[j] = gamma[j] * r
		shift[j] = beta[j] - float32(mean[j]*scale[j])
	}
}

// NormSums adds to the 2c sums, for each channel, Σ dy and, after them, Σ dy·(x−mean) over the rows×c matrices dy and x.
func NormSums(sums, dy, x, mean []float32) {
	c := len(mean)
	s, t := sums[:c], sums[c:2*c]
	if active != portable {
		sweepNormSums.rows(c, operands{a: dy[:len(x)], b: x, p: mean, S: s, T: t})
		return
	}
	var wide [2][folded]float32
	sLanes, tLanes := lanesOf(&wide[0], s, len(x)), lanesOf(&wide[1], t, len(x))
	for r := 0; r < len(x); r += c {
		xr, dr := x[r:r+c], dy[r:r+c]
		at := r % len(sLanes)
		sr, tr := sLanes[at:at+c], tLanes[at:at+c]
		for j, v := range xr {
			d := dr[j]
			sr[j] += d
			tr[j] += float32(d * (v - mean[j]))
		}
	}
	unfold(s, sLanes)
	unfold(t, tLanes)
}

// NormSumsAffine does what NormSums does where a Clamp follows the normalisation, dy being the gradient after the
// Clamp: it counts where x·scale + shift is within the bounds, as AffineClamp computes it.
func NormSumsAffine(sums, dy, x, mean, scale, shift []float32, ceiling float32) {
	c := len(mean)
	s, t := sums[:c], sums[c:2*c]
	if active != portable {
		sweepNormSumsAffine.rows(c, operands{a: dy[:len(x)], b: x, p: mean, q: scale, r: shift, S: s, T: t, u: ceiling})
		return
	}
	var wide [2][folded]float32
	sLanes, tLanes := lanesOf(&wide[0], s, len(x)), lanesOf(&wide[1], t, len(x))
	for r := 0; r < len(x); r += c {
		xr, dr := x[r:r+c], dy[r:r+c]
		at := r % len(sLanes)
		sr, tr := sLanes[at:at+c], tLanes[at:at+c]
		for j, v := range xr {
			d := keep(dr[j], float32(v*scale[j])+shift[j], ceiling)
			sr[j] += d
			tr[j] += float32(d * (v - mean[j]))
		}
	}
	unfold(s, sLanes)
	unfold(t, tLanes)
}

// NormSumsClamp does what NormSums does where a Clamp of a sum follows the normalisation, y being what that wrote: it
// sets dy to 0 where y is not within the bounds, which is the gradient of the sum.
func NormSumsClamp(sums, dy, x, y, mean []float32, ceiling float32) {
	c := len(mean)
	s, t := sums[:c], sums[c:2*c]
	if active != portable {
		sweepNormSumsClamp.rows(c, operands{a: dy[:len(x)], b: x, c: y, p: mean, S: s, T: t, u: ceiling})
		return
	}
	var wide [2][folded]float32
	sLanes, tLanes := lanesOf(&wide[0], s, len(x)), lanesOf(&wide[1], t, len(x))
	for r := 0; r < len(x); r += c {
		xr, dr, yr := x[r:r+c], dy[r:r+c], y[r:r+c]
		at := r % len(sLanes)
		sr, tr := sLanes[at:at+c], tLanes[at:at+c]
		for j, v := range xr {
			d := keep(dr[j], yr[j], ceiling)
			dr[j] = d
			sr[j] += d
			tr[j] += float32(d * (v - mean[j]))
		}
	}
	unfold(s, sLanes)
	unfold(t, tLanes)
}

// NormSlopes writes what turns the gradient of batch normalisation with respect to its input,
//
//	dx = γ·inv·(dy − Σdy/M − (x−mean)·inv²·Σ(dy·(x−mean))/M),
//
// into gain·dy + (slope·x + offset), sums being those of NormSums over all M rows.
func NormSlopes(gain, slope, offset, gamma, mean, inv, sums []float32, rows int) {
	c := len(gain)
	m := float64(rows)
	for j := range gain {
		k := float64(inv[j])
		g := float64(gamma[j]) * k
		s := -g * k * k * float64(sums[c+j]) / m
		gain[j], slope[j] = float32(g), float32(s)
		offset[j] = float32(-g*float64(sums[j])/m - float64(float64(slope[j])*float64(mean[j])))
	}
}

// NormBackward writes the gradient of batch normalisation, gain·dy + (slope·x + offset), to dx, which may be dy.
func NormBackward(dx, dy, x, gain, slope, offset []float32) {
	c := len(gain)
	if active != portable {
		sweepNormBackward.rows(c, operands{a: dx[:len(x)], b: dy, c: x, p: gain, q: slope, r: offset})
		return
	}
	for r := 0; r < len(x); r += c {
		xr, dr, or := x[r:r+c], dy[r:r+c], dx[r:r+c]
		for j, v := range xr {
			or[j] = float32(gain[j]*dr[j]) + (float32(slope[j]*v) + offset[j])
		}
	}
}

// NormBackwardAffine does what NormBackward does where a Clamp follows the normalisation, see NormSumsAffine.
func NormBackwardAffine(dx, dy, x, gain, slope, offset, scale, shift []float32, ceiling float32) {
	c := len(gain)
	if active != portable {
		sweepNormBackwardAffine.rows(c, operands{a: dx[:len(x)], b: dy, c: x, p: gain, q: slope, r: offset, s: scale, t: shift, u: ceiling})
		return
	}
	for r := 0; r < len(x); r += c {
		xr, dr, or := x[r:r+c], dy[r:r+c], dx[r:r+c]
		for j, v := range xr {
			d := keep(dr[j], float32(v*scale[j])+shift[j], ceiling)
			or[j] = float32(gain[j]*d) + (float32(slope[j]*v) + offset[j])
		}
	}
}

// NormParams adds the gradients of γ and β from the sums of NormSums: dβ += Σdy, dγ += inv·Σ dy·(x−mean).
func NormParams(dgamma, dbeta, sums, inv []float32) {
	c := len(inv)
	for j := range c {
		dbeta[j] += sums[j]
		dgamma[j] += float32(sums[c+j] * inv[j])
	}
}

// RunningAverage moves avg towards x: avg = (1−momentum)·avg + momentum·factor·x.
func RunningAverage(avg, x []float32, momentum, factor float32) {
	keep, take := 1-momentum, momentum*factor
	for j := range avg {
		avg[j] = float32(keep*avg[j]) + float32(take*x[j])
	}
}
