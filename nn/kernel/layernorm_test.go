package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLayerNorm(t *testing.T) {
	const rows, c, eps = 3, 7, 1e-5
	random := rand.New(rand.NewPCG(1, 3))
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(random.NormFloat64())
		}
		return x
	}
	x, gamma, beta, dy := draw(rows*c), draw(c), draw(c), draw(rows*c)
	reference := func(x []float64) (y []float64) {
		for r := range rows {
			var mean, m2 float64
			for _, v := range x[r*c : (r+1)*c] {
				mean += v / c
			}
			for _, v := range x[r*c : (r+1)*c] {
				m2 += (v - mean) * (v - mean) / c
			}
			for j, v := range x[r*c : (r+1)*c] {
				y = append(y, float64(gamma[j])*(v-mean)/math.Sqrt(m2+eps)+float64(beta[j]))
			}
		}
		return y
	}
	x64 := make([]float64, len(x))
	for i, v := range x {
		x64[i] = float64(v)
	}
	y, xhat, inv, dx := make([]float32, rows*c), make([]float32, rows*c), make([]float32, rows), make([]float32, rows*c)
	LayerNorm(y, xhat, inv, x, gamma, beta, eps)
	for i, want := range reference(x64) {
		if math.Abs(float64(y[i])-want) > 1e-5 {
			t.Errorf("y[%d] = %g, want %g", i, y[i], want)
		}
	}
	LayerNormBackward(dx, dy, xhat, inv, gamma)
	for i := range x64 {
		const h = 1e-5
		sum := 0.0
		for _, sign := range []float64{1, -1} {
			x64[i] += sign * h
			for k, v := range reference(x64) {
				sum += sign * float64(dy[k]) * v / (2 * h)
			}
			x64[i] -= sign * h
		}
		if math.Abs(float64(dx[i])-sum) > 1e-4 {
			t.Errorf("dx[%d] = %g, want %g", i, dx[i], sum)
		}
	}
}
