package kernel

import (
	"math"
	"math/rand/v2"
	"testing"
)

// offCentre returns rows×c floats whose means are far larger than their deviations; the last channel is constant.
func offCentre(rows, c int) []float32 {
	random := rand.New(rand.NewPCG(uint64(rows), uint64(c)))
	x := make([]float32, rows*c)
	for i := range x {
		x[i] = 100*float32(i%c) + float32(random.NormFloat64())
		if i%c == c-1 {
			x[i] = 0.1
		}
	}
	return x
}

// covariance64 returns mean and Σ(x−mean)(x−mean)ᵀ/rows of channels first..first+g, plainly and in float64.
func covariance64(x []float32, c, first, g int) (mean, sigma []float64) {
	rows := len(x) / c
	mean, sigma = make([]float64, g), make([]float64, g*g)
	for r := range rows {
		for i := range g {
			mean[i] += float64(x[r*c+first+i]) / float64(rows)
		}
	}
	for r := range rows {
		for i := range g {
			for j := range g {
				sigma[i*g+j] += (float64(x[r*c+first+i]) - mean[i]) * (float64(x[r*c+first+j]) - mean[j]) / float64(rows)
			}
		}
	}
	return mean, sigma
}

func TestScatter(t *testing.T) {
	for _, s := range []struct{ rows, c, g, chunk int }{{1, 1, 1, 1}, {7, 6, 3, 3}, {50, 8, 8, 50}, {129, 70, 70, 40}, {33, 64, 16, 8}} {
		x := offCentre(s.rows, s.c)
		chunks := Chunks{s.rows, s.chunk}
		means, scatters, tile := make([]float32, chunks.Count()*s.c), make([]float32, chunks.Count()*s.c*s.g), make([]float32, s.chunk*s.c)
		var rows []int
		for i := range chunks.Count() {
			lo, hi := chunks.Range(i)
			rows = append(rows, hi-lo)
			Scatter(means[i*s.c:(i+1)*s.c], scatters[i*s.c*s.g:(i+1)*s.c*s.g], tile, x[lo*s.c:hi*s.c], s.g)
		}
		for first := 0; first < s.c; first += s.g {
			mean, sigma := make([]float64, s.g), make([]float64, s.g*s.g)
			CombineScatter(mean, sigma, means, scatters, rows, s.c, first)
			wantMean, wantSigma := covariance64(x, s.c, first, s.g)
			for i, want := range wantMean {
				if math.Abs(mean[i]-want) > 1e-3 {
					t.Errorf("%v: mean %g, want %g", s, mean[i], want)
				}
			}
			for i, want := range wantSigma {
				if math.Abs(sigma[i]-want) > 1e-3 {
					t.Errorf("%v: covariance %g, want %g", s, sigma[i], want)
				}
			}
			if last := len(sigma) - 1; first+s.g == s.c && sigma[last] != 0 {
				t.Errorf("%v: variance of a constant channel is %g", s, sigma[last])
			}
		}
	}
}

func TestMomentsOfConstants(t *testing.T) {
	const rows, c = 37, 5
	x := offCentre(rows, c)
	mean, m2 := make([]float32, c), make([]float32, c)
	Moments(mean, m2, x)
	for j := range c {
		wantMean, want := covariance64(x, c, j, 1)
		if math.Abs(float64(mean[j])-wantMean[0]) > 1e-4 || math.Abs(float64(m2[j])/rows-want[0]) > 1e-4 {
			t.Errorf("channel %d: %g, %g; want %g, %g", j, mean[j], m2[j]/rows, wantMean[0], want[0])
		}
	}
	if m2[c-1] != 0 || mean[c-1] != 0.1 {
		t.Errorf("constant channel: %g, %g", mean[c-1], m2[c-1])
	}
}

func TestReduce64(t *testing.T) {
	y := []float64{9, 9}
	Reduce64(y, []float32{1, 2, 0, 10, 20, 0, 100, 200}, 3, 3)
	if y[0] != 111 || y[1] != 222 {
		t.Error(y)
	}
}
