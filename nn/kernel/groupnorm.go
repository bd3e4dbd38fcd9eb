package kernel

import "math"

// GroupNorm normalises each of len(mean) groups of neighbouring channels of one image x, a pixels×c matrix with c = len(gamma),
// over its channels and all pixels: y = γ·(x−mean)·inv + β with inv = 1/√(variance+ε), which it writes with the mean. y may be x.
// Sums run in float64, in index order.
//
// References:
//
//	Wu, He: Group Normalization (2018); with a group for each channel it is Instance Normalization (Ulyanov et al., 2016), with one
//	group Layer Normalization (Ba et al., 2016) with a scale for each channel.
func GroupNorm(y, x, gamma, beta, mean, inv []float32, eps float64) {
	c := len(gamma)
	size := c / len(mean)
	n := float64(len(x) / c * size)
	for g := range mean {
		lo, hi := g*size, (g+1)*size
		var sum, m2 float64
		for r := 0; r < len(x); r += c {
			for _, v := range x[r+lo : r+hi] {
				sum += float64(v)
			}
		}
		m := sum / n
		for r := 0; r < len(x); r += c {
			for _, v := range x[r+lo : r+hi] {
				d := float64(v) - m
				m2 += float64(d * d)
			}
		}
		k := 1 / math.Sqrt(m2/n+eps)
		mean[g], inv[g] = float32(m), float32(k)
		for r := 0; r < len(x); r += c {
			for j := lo; j < hi; j++ {
				h := float32((float64(x[r+j]) - m) * k)
				y[r+j] = float32(gamma[j]*h) + beta[j]
			}
		}
	}
}

// GroupNormBackward writes the gradient of GroupNorm with respect to x to dx, and those of γ and β, over the image, to dgamma and
// dbeta:
//
//	dx = inv·(d − mean(d) − x̂·mean(d·x̂)),  d = γ·dy,  x̂ = (x−mean)·inv,
//
// the means being over a group. dx may be dy; of no length, it is not wanted.
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
