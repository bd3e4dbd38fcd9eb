package kernel

import "math"

// GroupNorm normalises each of len(mean) groups of neighbouring channels of one image x, a pixels×c matrix with c = len(gamma),
// over its channels and all pixels: y = γ·(x−mean)·inv + β with inv = 1/√(variance+ε), which it writes with the mean. y may be x.
// Sums run in float64, for each channel over the pixels in their order, then over the channels of a group in theirs.
//
// References:
//
//	Wu, He: Group Normalization (2018); with a group for each channel it is Instance Normalization (Ulyanov et al., 2016), with one
//	group Layer Normalization (Ba et al., 2016) with a scale for each channel.
func GroupNorm(y, x, gamma, beta, mean, inv []float32, eps float64) {
	c := len(gamma)
	size := c / len(mean)
	n := float64(len(x) / c * size)
	block := max(1, channelBlock/size) * size // channels at a time: whole groups
	for lo := 0; lo < c; lo += block {
		hi := min(lo+block, c)
		var m, k [channelBlock]float64 // of the groups of these channels
		groupSums(&k, x, c, lo, hi, size, &m, false)
		for g := range (hi - lo) / size {
			m[g] = k[g] / n
		}
		groupSums(&k, x, c, lo, hi, size, &m, true)
		for g := range (hi - lo) / size {
			k[g] = 1 / math.Sqrt(k[g]/n+eps)
			mean[lo/size+g], inv[lo/size+g] = float32(m[g]), float32(k[g])
		}
		for r := 0; r < len(x); r += c {
			for g := range (hi - lo) / size {
				for j := lo + g*size; j < lo+(g+1)*size; j++ {
					h := float32((float64(x[r+j]) - m[g]) * k[g])
					y[r+j] = float32(gamma[j]*h) + beta[j]
				}
			}
		}
	}
}

// channelBlock is the number of channels whose sums GroupNorm takes at a time.
const channelBlock = 64

// groupSums writes, for each group of size of the channels lo to hi−1 of x, the sum of its values, or that of their squared deviations
// from the group's mean.
func groupSums(sums *[channelBlock]float64, x []float32, c, lo, hi, size int, mean *[channelBlock]float64, squared bool) {
	*sums = [channelBlock]float64{}
	for first := lo; first < hi; first += channelBlock {
		var channel, m [channelBlock]float64
		count := min(channelBlock, hi-first)
		for j := range count {
			m[j] = mean[(first+j-lo)/size]
		}
		for r := first; r < len(x); r += c {
			row := x[r : r+count]
			if squared {
				for j, v := range row {
					d := float64(v) - m[j]
					channel[j] += float64(d * d)
				}
				continue
			}
			for j, v := range row {
				channel[j] += float64(v)
			}
		}
		for j := range count {
			sums[(first+j-lo)/size] += channel[j]
		}
	}
}

// GroupNormBackward writes the gradient of GroupNorm with respect to x to dx, and those of γ and β, over the image, to dgamma and
// dbeta:
//
//	dx = inv·(d − mean(d) − x̂·mean(d·x̂)),  d = γ·dy,  x̂ = (x−mean)·inv,
//
// the means being over a group. dx may be dy; empty, it is not computed.
func GroupNormBackward(dx, dy, x, gamma, mean, inv, dgamma, dbeta []float32) {
	c := len(gamma)
	size := c / len(mean)
	n := float64(len(x) / c * size)
	for g := range mean {
		m, k := float64(mean[g]), float64(inv[g])
		var along, sum float64
		for j := g * size; j < (g+1)*size; j++ {
			var dg, db float64
			for i := j; i < len(x); i += c {
				d := float64(dy[i])
				db += d
				dg += float64(d * (float64(x[i]) - m))
			}
			dg *= k
			dgamma[j], dbeta[j] = float32(dg), float32(db)
			sum += float64(float64(gamma[j]) * db)
			along += float64(float64(gamma[j]) * dg)
		}
		if len(dx) == 0 {
			continue
		}
		sum /= n
		along /= n
		for j := g * size; j < (g+1)*size; j++ {
			for i := j; i < len(x); i += c {
				h := (float64(x[i]) - m) * k
				dx[i] = float32(k * (float64(float64(gamma[j])*float64(dy[i])) - sum - float64(h*along)))
			}
		}
	}
}
