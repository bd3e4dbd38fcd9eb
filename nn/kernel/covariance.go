package kernel

// Scatter writes, for the rows×c matrix x, c = len(mean), the mean of each channel and, for each group of g channels, the
// g×g matrix Σ_rows (x−mean)(x−mean)ᵀ; the c/g matrices lie one after the other in scatter. tile is scratch of the size of
// x. It is meant for a chunk that stays in cache, and as exact for constant channels as Moments.
func Scatter(mean, scatter, tile, x []float32, g int) {
	c := len(mean)
	tile = tile[:len(x)]
	meanRows(mean, x)
	SubRow(tile, x, mean)
	GroupProducts(scatter, tile, tile, c, g)
}

// GroupProducts writes, for each group of g channels of the rows×c matrices a and b, the g×g matrix aᵀb of the group's
// columns; the c/g matrices lie one after the other in out.
func GroupProducts(out, a, b []float32, c, g int) {
	rows := len(a) / c
	for j := 0; j < c; j += g {
		Gemm(true, false, g, g, rows, 1, a[j:], c, b[j:], c, 0, out[j*g:(j+g)*g], g)
	}
}

// CombineScatter combines the results of Scatter for several sets of rows, in index order and in float64, into the mean and the
// covariance (divided by the number of rows) of all of them, for the group of g = len(mean) channels that begins at first;
// sigma is g×g. rows holds the size of each set, means its c means and scatters its c·g products.
//
// Two sets of n and k rows whose means are d apart have together the scatter S + S' + ddᵀ·nk/(n+k).
//
// References:
//
//	Chan, Golub, LeVeque: Updating formulae and a pairwise algorithm for computing sample variances (1979).
func CombineScatter(mean, sigma []float64, means, scatters []float32, rows []int, c, first int) {
	g := len(mean)
	clear(mean)
	clear(sigma)
	var n float64
	for part, size := range rows {
		k := float64(size)
		m := means[part*c+first:][:g]
		s := scatters[(part*c+first)*g:][:g*g]
		weight := n * k / (n + k)
		for i := range g {
			di := float64(weight * (float64(m[i]) - mean[i]))
			row := sigma[i*g : (i+1)*g]
			for j := range row {
				row[j] += float64(s[i*g+j]) + float64(di*(float64(m[j])-mean[j]))
			}
		}
		n += k
		for i := range g {
			mean[i] += float64((float64(m[i]) - mean[i]) * (k / n))
		}
	}
	for i := range sigma {
		sigma[i] /= n
	}
}

// Reduce64 writes the sum of the count partial sums that stand stride apart in parts, len(y) floats each, to y, in index
// order and in float64.
func Reduce64(y []float64, parts []float32, stride, count int) {
	clear(y)
	for i := range count {
		for j, v := range parts[i*stride:][:len(y)] {
			y[j] += float64(v)
		}
	}
}

// Narrow writes x times scale to y.
func Narrow(y []float32, x []float64, scale float64) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float32(v * scale)
	}
}

// Widen writes x to y.
func Widen(y []float64, x []float32) {
	x = x[:len(y)]
	for i, v := range x {
		y[i] = float64(v)
	}
}

// totalLanes is the number of partial sums of Total and Inner: term i belongs to sum i modulo totalLanes, and these are added in order.
const totalLanes = 16

// Total returns the sum of x in float64, in partial sums.
func Total(x []float32) float64 {
	var sums [totalLanes]float64
	for i, v := range x {
		sums[i%totalLanes] += float64(v)
	}
	return addLanes(&sums)
}

// Inner returns the sum of a·b in float64, in partial sums.
func Inner(a, b []float32) float64 {
	b = b[:len(a)]
	var sums [totalLanes]float64
	for i, v := range a {
		sums[i%totalLanes] += float64(float64(v) * float64(b[i]))
	}
	return addLanes(&sums)
}

func addLanes(sums *[totalLanes]float64) (sum float64) {
	for _, v := range sums {
		sum += v
	}
	return sum
}
