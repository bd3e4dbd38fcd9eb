package nash

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Levels returns the water levels 1/v of the equilibrium where every channel has power at every position:
// 1/v_c = ((GP)_c + σ_c Σ_k 1/h_ck)/(K g_cc). They follow from the budgets P alone.
func (g *Game) Levels() []float64 {
	channels, positions := g.Size()
	levels := make([]float64, channels)
	for c := range levels {
		var sum float64
		for d, budget := range g.Budget {
			sum += g.Gains.At(c, d) * budget
		}
		for _, h := range g.Response.RawRowView(c) {
			sum += g.Noise[c] / h
		}
		levels[c] = sum / (float64(positions) * g.Gains.At(c, c))
	}
	return levels
}

// ClosedForm returns the powers p (C, K) of the equilibrium where every channel has power at every position,
//
//	p_k = G⁻¹(Diag(v)⁻¹diag(G) − Diag(h_k)⁻¹σ)
//
// It fails where G has no inverse.
func (g *Game) ClosedForm() (*mat.Dense, error) {
	return g.solve(func(level, gain, noise, h float64) float64 { return level*gain - noise/h })
}

// Expanded returns ClosedForm in the form of Channel Equilibrium,
//
//	p_k = G⁻¹(Diag(σ)h_k + Diag(v)⁻¹diag(G) + sign·(2+δ_k) ⊙ σ),  δ = (h−1)²/h
//
// which is the same for sign = −1, since −1/h = h − (2+δ).
func (g *Game) Expanded(sign float64) (*mat.Dense, error) {
	return g.solve(func(level, gain, noise, h float64) float64 {
		return float64(noise*h) + float64(level*gain) + float64(sign*(2+Remainder(h))*noise)
	})
}

// FirstOrder returns Expanded without δ: the first order about h = 1.
func (g *Game) FirstOrder(sign float64) (*mat.Dense, error) {
	return g.solve(func(level, gain, noise, h float64) float64 {
		return float64(noise*h) + float64(level*gain) + float64(sign*2*noise)
	})
}

// Remainder returns δ = (h−1)²/h, what −1/h = h − 2 − δ has beyond the first order about h = 1.
func Remainder(h float64) float64 { return (h - 1) * (h - 1) / h }

// solve returns G⁻¹R with R_ck = of(1/v_c, g_cc, σ_c, h_ck).
func (g *Game) solve(of func(level, gain, noise, h float64) float64) (*mat.Dense, error) {
	channels, positions := g.Size()
	levels, r := g.Levels(), mat.NewDense(channels, positions, nil)
	for c, level := range levels {
		for k := range positions {
			r.Set(c, k, of(level, g.Gains.At(c, c), g.Noise[c], g.Response.At(c, k)))
		}
	}
	var p mat.Dense
	if err := p.Solve(g.Gains, r); err != nil {
		return nil, err
	}
	return &p, nil
}

// distance is the largest difference of two matrices' entries.
func distance(a, b *mat.Dense) float64 {
	var d mat.Dense
	d.Sub(a, b)
	return largest(&d)
}

// largest is the largest magnitude of an entry.
func largest(a *mat.Dense) float64 {
	var x float64
	for _, v := range a.RawMatrix().Data {
		x = max(x, math.Abs(v))
	}
	return x
}
