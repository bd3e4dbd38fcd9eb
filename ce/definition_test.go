package ce

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestNewtonScalar(t *testing.T) {
	for _, test := range []struct {
		lambda float64
		steps  int
		want   float64
	}{
		{0.3, 0, 1},
		{0.3, 1, 1.35},
		{0, 3, 1.5 * 1.5 * 1.5},
		{1, 5, 1},
		{0.25, 20, 2},
		{2.5, 40, 1 / math.Sqrt(2.5)},
	} {
		if got := NewtonScalar(test.lambda, test.steps); math.Abs(got-test.want) > 1e-14 {
			t.Errorf("p_%d(%g) = %g, want %g", test.steps, test.lambda, got, test.want)
		}
	}
	// White input: Σ_N = I/g.
	for g, want := range map[int]float64{4: 1.95, 8: 2.48, 16: 2.87, 64: 3.23} {
		if got := NewtonScalar(1/float64(g), 3); math.Abs(got-want) > 0.005 {
			t.Errorf("p for %d white channels is %.3f, want %.2f", g, got, want)
		}
	}
}

// The iteration by eigenvalues and the iteration as it is printed agree.
func TestNewton(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, g := range []int{1, 2, 5, 16} {
		for _, steps := range []int{0, 1, 3, 10} {
			sigma := covariance(random, g, 3*g)
			want := root(sigma, g, Options{Steps: steps})
			got := Newton(normalised(sigma, g), steps)
			near(t, "P", mat.DenseCopyOf(got).RawMatrix().Data, want, 1e-11)
		}
	}
}

// covariance returns a random g×g covariance matrix of the given rank.
func covariance(random *rand.Rand, g, rank int) []float64 {
	sigma := make([]float64, g*g)
	for range rank {
		v := make([]float64, g)
		for i := range v {
			v[i] = random.NormFloat64()
		}
		for i := range g {
			for j := range g {
				sigma[i*g+j] += v[i] * v[j] / float64(rank)
			}
		}
	}
	return sigma
}

func normalised(sigma []float64, g int) *mat.SymDense {
	s := mat.NewSymDense(g, append([]float64(nil), sigma...))
	s.ScaleSym(1/s.Trace(), s)
	return s
}
