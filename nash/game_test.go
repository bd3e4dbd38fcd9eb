package nash

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"cenet/ce"
	"cenet/nn/stream"
)

// The level of the water is where it spends the budget: found here by bisection.
func TestWaterFill(t *testing.T) {
	r := stream.New(1, "water")
	for range 500 {
		n := 1 + r.IntN(8)
		floor, p := make([]float64, n), make([]float64, n)
		for k := range floor {
			floor[k] = math.Exp(2 * r.Normal())
			if k > 0 && r.IntN(4) == 0 {
				floor[k] = floor[k-1] // equal floors
			}
		}
		budget := math.Exp(2 * r.Normal())
		level := WaterFill(p, floor, budget)
		lo, hi := 0.0, 1e6
		for range 200 {
			mid := (lo + hi) / 2
			var spent float64
			for _, f := range floor {
				spent += max(0, mid-f)
			}
			if spent > budget {
				hi = mid
			} else {
				lo = mid
			}
		}
		var spent float64
		for k, v := range p {
			spent += v
			if want := max(0, lo-floor[k]); math.Abs(v-want) > 1e-9 {
				t.Fatalf("power %v, want %v", v, want)
			}
		}
		if math.Abs(level-lo) > 1e-9 || math.Abs(spent-budget) > 1e-12*budget {
			t.Fatalf("level %v, want %v; spent %v of %v", level, lo, spent, budget)
		}
	}
}

func TestGapOfNoEquilibrium(t *testing.T) {
	r := stream.New(1, "gap")
	g := randomGame(&r, 3, 4, 0.5, 0.5)
	p := g.randomPowers(&r)
	if gain, residual := g.Gap(p); gain < 1e-3 || residual < 1e-3 {
		t.Errorf("random powers pass for an equilibrium: %v, %v", gain, residual)
	}
}

// Figures known by hand.
func TestMoments(t *testing.T) {
	for _, c := range []struct{ gamma, beta, first, second float64 }{
		{0, 2, 2, 4}, {0, -2, 0, 0}, {1, 0, 1 / math.Sqrt(2*math.Pi), 0.5}, {-2, 0, 2 / math.Sqrt(2*math.Pi), 2}, {1e-9, 3, 3, 9},
	} {
		if a, b := Moments(c.gamma, c.beta); math.Abs(a-c.first) > 1e-15 || math.Abs(b-c.second) > 1e-14 {
			t.Errorf("γ %v, β %v: %v, %v", c.gamma, c.beta, a, b)
		}
	}
	if _, second := Moments(1, -6); !(second > 4e-11 && second < 6e-11) {
		t.Errorf("γ 1, β −6: %v", second)
	}
}

// The iteration on matrices, the spectrum and the definition in package ce are the same.
func TestSpectrum(t *testing.T) {
	r := stream.New(3, "spectrum")
	gamma := []float64{1, -0.3, 2, 0.5}
	rho := RandomCorrelation(&r, 4, 9, 0.5, true)
	s := NewSpectrum(rho, gamma, squared(gamma))
	sigma := Covariance(rho, gamma)
	sigmaN := mat.NewSymDense(4, nil)
	sigmaN.ScaleSym(1/squared(gamma), sigma)
	for steps := range 12 {
		p := ce.Newton(sigmaN, steps)
		powers := make([]float64, 4)
		for k, v := range s.Values {
			powers[k] = ce.NewtonScalar(v, steps)
		}
		if !mat.EqualApprox(p, Iterate(sigmaN, steps), 1e-12) || !mat.EqualApprox(p, s.Matrix(powers), 1e-12) {
			t.Errorf("T = %d: matrices differ", steps)
		}
		var scale mat.VecDense
		scale.MulVec(p, mat.NewVecDense(4, gamma))
		var after mat.Dense
		after.Product(p, sigma, p)
		variances, scales := s.Variances(powers), s.Scale(powers)
		for c := range gamma {
			if math.Abs(scales[c]-scale.AtVec(c)) > 1e-12 || math.Abs(variances[c]-after.At(c, c)) > 1e-12 {
				t.Errorf("T = %d, channel %d differs", steps, c)
			}
		}
	}
	if g := s.Gap(); math.Abs(g-(1-s.Values[3])) > 1e-14 {
		t.Errorf("gap %v, want %v", g, 1-s.Values[3])
	}
}

// ρ and γ of a layer give its covariance.
func TestLayerCorrelation(t *testing.T) {
	l := randomLayer(1, false)
	l.Gamma[1] *= -1
	l.Gamma[2] = 0
	rho, gamma, left := l.Correlation(0)
	if left != 1 || len(gamma) != 3 {
		t.Fatalf("%d channels left out, %d kept", left, len(gamma))
	}
	sigma := l.Covariance(0)
	want := sigma.At(0, 1) / math.Sqrt(sigma.At(0, 0)*sigma.At(1, 1))
	if got := rho.At(0, 1); math.Abs(got+want) > 1e-12 {
		t.Errorf("correlation %v, want %v with the sign of γ", got, -want)
	}
}

// In the game of two rooms both run from one to the other; in turn, each ends in a room of its own.
func TestTwoRooms(t *testing.T) {
	g := twoRooms()
	p := mat.NewDense(2, 2, []float64{1, 0, 1, 0})
	for _, want := range []float64{1, 0, 1} {
		g.Iterate(p, Jacobi, 1, 0)
		if !mat.Equal(p, mat.NewDense(2, 2, []float64{1 - want, want, 1 - want, want})) {
			t.Fatalf("they are at %v", mat.Formatted(p))
		}
	}
	g.Iterate(p, GaussSeidel, 10, 1e-12)
	if gain, _ := g.Gap(p); gain > 1e-12 || p.At(0, 0) != p.At(1, 1) || p.At(0, 0)+p.At(1, 0) != 1 {
		t.Errorf("no room of their own: %v, a deviation gains %v", mat.Formatted(p), gain)
	}
}
