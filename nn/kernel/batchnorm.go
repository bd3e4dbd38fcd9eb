package kernel

import "math"

// Moments writes, for each channel of the rows×c matrix x, the mean and the sum of squared deviations from that mean.
// It is meant for a chunk that stays in cache: x is read twice.
func Moments(mean, m2, x []float32) {
	c := len(mean)
	Zero(mean)
	SumRows(mean, x)
	inv := 1 / float32(len(x)/c)
	for j := range mean {
		mean[j] *= inv
	}
	m2 = m2[:c]
	Zero(m2)
	for r := 0; r < len(x); r += c {
		for j, v := range x[r : r+c] {
			d := v - mean[j]
			m2[j] += float32(d * d)
		}
	}
}

// CombineMoments joins the moments of consecutive chunks of rows, in index order and in float64, into the mean and the
// biased variance of all rows. parts holds for each chunk c means and c sums of squared deviations, as Moments writes them.
//
// References:
//
//	Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979).
func CombineMoments(mean, variance, parts []float32, chunks Chunks) {
	c := len(mean)
	for j := range c {
		var n, m, m2 float64
		for i := range chunks.Count() {
			lo, hi := chunks.Range(i)
			k := float64(hi - lo)
			d := float64(parts[2*c*i+j]) - m
			n += k
			m += float64(d * (k / n))
			m2 += float64(parts[2*c*i+c+j]) + float64(d*d*(k*(n-k)/n))
		}
		mean[j], variance[j] = float32(m), float32(m2/n)
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

// NormSums adds to the 2c sums, for each channel, Σ dy and, behind them, Σ dy·(x−mean) over the rows×c matrices dy and x.
func NormSums(sums, dy, x, mean []float32) {
	c := len(mean)
	s, t := sums[:c], sums[c:2*c]
	for r := 0; r < len(x); r += c {
		xr, dr := x[r:r+c], dy[r:r+c]
		for j, v := range xr {
			d := dr[j]
			s[j] += d
			t[j] += float32(d * (v - mean[j]))
		}
	}
}

// NormBackward writes the gradient of batch normalisation with respect to its input,
//
//	dx = γ·inv·(dy − Σdy/M − (x−mean)·inv²·Σ(dy·(x−mean))/M),
//
// sums being those of NormSums over all rows and M the number of all rows. dx may be dy.
func NormBackward(dx, dy, x, mean, inv, gamma, sums []float32, rows int) {
	c := len(mean)
	invM := 1 / float32(rows)
	for r := 0; r < len(x); r += c {
		xr, dr, or := x[r:r+c], dy[r:r+c], dx[r:r+c]
		for j, v := range xr {
			k := inv[j]
			through := float32(float32(v-mean[j]) * float32(k*k*sums[c+j]*invM))
			or[j] = gamma[j] * k * (dr[j] - float32(sums[j]*invM) - through)
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
