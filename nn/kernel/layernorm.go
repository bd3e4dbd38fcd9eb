package kernel

import "math"

// LayerNorm normalises each row of the rows×c matrix x over its c = len(gamma) entries: xhat = (x−mean)/√(variance+ε) and
// y = γ·xhat + β; inv gets 1/√(variance+ε) of each row. y may be x. Sums run in float64, in index order.
//
// References:
//
//	Ba, Kiros, Hinton: Layer Normalization (2016).
func LayerNorm(y, xhat, inv, x, gamma, beta []float32, eps float64) {
	c := len(gamma)
	beta = beta[:c]
	for r := range inv {
		xr, hr, yr := x[r*c:(r+1)*c], xhat[r*c:(r+1)*c], y[r*c:(r+1)*c]
		var mean, m2 float64
		for _, v := range xr {
			mean += float64(v)
		}
		mean /= float64(c)
		for _, v := range xr {
			d := float64(v) - mean
			m2 += float64(d * d)
		}
		k := 1 / math.Sqrt(m2/float64(c)+eps)
		inv[r] = float32(k)
		for j, v := range xr {
			h := float32((float64(v) - mean) * k)
			hr[j] = h
			yr[j] = float32(gamma[j]*h) + beta[j]
		}
	}
}

// LayerNormBackward writes the gradient of LayerNorm with respect to x,
//
//	dx = inv·(d − mean(d) − xhat·mean(d·xhat)),  d = γ·dy,
//
// the means being over a row. dx may be dy. The gradients of γ and β are DotRows(dγ, dy, xhat) and SumRows(dβ, dy).
func LayerNormBackward(dx, dy, xhat, inv, gamma []float32) {
	c := len(gamma)
	for r, k := range inv {
		dr, hr, or := dy[r*c:(r+1)*c], xhat[r*c:(r+1)*c], dx[r*c:(r+1)*c]
		var mean, along float64
		for j, v := range dr {
			d := float64(float64(v) * float64(gamma[j]))
			mean += d
			along += float64(d * float64(hr[j]))
		}
		mean /= float64(c)
		along /= float64(c)
		for j, v := range dr {
			d := float64(float64(v) * float64(gamma[j]))
			or[j] = float32(float64(k) * (d - mean - float64(float64(hr[j])*along)))
		}
	}
}
