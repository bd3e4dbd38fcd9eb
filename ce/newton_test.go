package ce

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The iteration agrees with its meaning by eigenvalues, for well conditioned and singular matrices, however long it runs.
func TestNewtonForward(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for _, g := range []int{1, 3, 16, 65} {
		for _, rank := range []int{1, g, 3 * g} {
			for _, steps := range []int{0, 1, 3, 8, 50} {
				sigma := covariance(random, g, rank)
				for i := range g {
					sigma[i*g+i] += 1e-5
				}
				sigmaN := normalised(sigma, g)
				got := make([]float64, g*g)
				newNewton(g, steps).forward(got, mat.DenseCopyOf(sigmaN).RawMatrix().Data)
				want := mat.DenseCopyOf(Newton(sigmaN, steps)).RawMatrix().Data
				near(t, "P", got, want, 1e-9)
			}
		}
	}
}

// The way back agrees with the derivative of a function of a symmetric matrix: for Σ_N = VΛVᵀ it is V(F ∘ VᵀdPV)Vᵀ, where
// F_ij = (p(λ_i)−p(λ_j))/(λ_i−λ_j) (Daleckii and Krein).
func TestNewtonBackward(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, g := range []int{1, 2, 5, 16, 65} {
		for _, steps := range []int{0, 1, 3, 7} {
			sigmaN := normalised(covariance(random, g, 3*g), g)
			dp := covariance(random, g, g)
			it := newNewton(g, steps)
			got := make([]float64, g*g)
			for range 2 { // twice: it swaps its memory
				it.forward(got, mat.DenseCopyOf(sigmaN).RawMatrix().Data)
				it.backward(got, dp)
			}

			var eigen mat.EigenSym
			eigen.Factorize(sigmaN, true)
			var v, inside, want mat.Dense
			eigen.VectorsTo(&v)
			lambda := eigen.Values(nil)
			inside.Product(v.T(), mat.NewDense(g, g, dp), &v)
			inside.Apply(func(i, j int, x float64) float64 {
				if i == j {
					return x * newtonDerivative(lambda[i], steps)
				}
				return x * (NewtonScalar(lambda[i], steps) - NewtonScalar(lambda[j], steps)) / (lambda[i] - lambda[j])
			}, &inside)
			want.Product(&v, &inside, v.T())
			near(t, "dΣ_N", got, want.RawMatrix().Data, 1e-9)
			if steps == 0 && inner(got, got) != 0 {
				t.Error("no step, and yet a gradient")
			}
		}
	}
}

// newtonDerivative is dp_T/dλ.
func newtonDerivative(lambda float64, steps int) float64 {
	p, d := 1.0, 0.0
	for range steps {
		p, d = 0.5*(3*p-p*p*p*lambda), 0.5*(3*d-3*p*p*d*lambda-p*p*p)
	}
	return d
}

func TestNewtonFinite(t *testing.T) {
	for _, steps := range []int{3, MaxSteps} {
		const g = 8
		sigmaN := make([]float64, g*g)
		sigmaN[0] = 1 // one channel has all the variance
		it := newNewton(g, steps)
		p := make([]float64, g*g)
		it.forward(p, sigmaN)
		it.backward(p, p)
		for _, v := range p {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("%d steps: %g", steps, v)
			}
		}
	}
}
