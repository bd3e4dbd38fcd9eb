package nash

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// A Game is a Gaussian interference game: channels are players that share out their budgets of power over positions.
type Game struct {
	Gains    *mat.Dense // G (C, C): g_cc > 0, g_cd ≥ 0 how much of d's power disturbs c
	Noise    []float64  // σ (C), positive
	Response *mat.Dense // h (C, K), positive
	Budget   []float64  // P (C), positive
}

// Size returns the number of channels C and of positions K.
func (g *Game) Size() (channels, positions int) { return g.Response.Dims() }

// disturbance sets n to what disturbs channel c at each position: Σ_{d≠c} g_cd p_dk + σ_c/h_ck.
func (g *Game) disturbance(n []float64, p *mat.Dense, c int) {
	for k := range n {
		n[k] = g.Noise[c] / g.Response.At(c, k)
	}
	for d, gain := range g.Gains.RawRowView(c) {
		if d == c || gain == 0 {
			continue
		}
		for k, power := range p.RawRowView(d) {
			n[k] += gain * power
		}
	}
}

// rate is the utility u_c = Σ_k log(1 + g_cc p_ck/n_k) of a channel of the gain g_cc with the powers p, against the disturbance n.
func rate(p, n []float64, gain float64) float64 {
	var u float64
	for k, power := range p {
		u += math.Log1p(gain * power / n[k])
	}
	return u
}

// BestResponse sets out to the powers of channel c that maximise its utility while the other channels keep theirs.
func (g *Game) BestResponse(out []float64, p *mat.Dense, c int) {
	n := make([]float64, len(out))
	g.disturbance(n, p, c)
	for k := range n {
		n[k] /= g.Gains.At(c, c)
	}
	WaterFill(out, n, g.Budget[c])
}

// WaterFill sets p to the shares of a budget that maximise Σ_k log(1 + p_k/floor_k), and returns the water level w:
// p_k = [w − floor_k]⁺. With the floors in ascending order the lowest m are under water for the largest m at which
// w = (budget + floor_1 + … + floor_m)/m is above floor_m, so that the level comes from a sum and not from a search.
func WaterFill(p, floor []float64, budget float64) (level float64) {
	sorted := slices.Clone(floor)
	slices.Sort(sorted)
	var sum float64
	for m, f := range sorted {
		if m > 0 && level <= f {
			break
		}
		sum += f
		level = (budget + sum) / float64(m+1)
	}
	for k, f := range floor {
		p[k] = max(0, level-f)
	}
	return level
}

// Order says in which order channels respond to each other.
type Order int

const (
	Jacobi      Order = iota // all at once, to the powers of the last round
	GaussSeidel              // one after the other, each to the newest powers
)

// String is the order's name.
func (o Order) String() string { return [...]string{"Jacobi", "Gauss–Seidel"}[o] }

// Iterate lets the channels respond to each other, beginning at p, which it changes, until no power changes by more than
// tolerance in a round. It returns the largest change of every round; the last is above the tolerance where the rounds
// came to an end first.
func (g *Game) Iterate(p *mat.Dense, order Order, rounds int, tolerance float64) (changes []float64) {
	channels, positions := g.Size()
	next, row := mat.DenseCopyOf(p), make([]float64, positions)
	for range rounds {
		change := 0.0
		for c := range channels {
			g.BestResponse(row, p, c)
			for k, v := range row {
				change = max(change, math.Abs(v-p.At(c, k)))
			}
			if order == GaussSeidel {
				p.SetRow(c, row)
			} else {
				next.SetRow(c, row)
			}
		}
		if order == Jacobi {
			p.Copy(next)
		}
		changes = append(changes, change)
		if change <= tolerance {
			break
		}
	}
	return changes
}

// Radius returns the spectral radius of Diag(g_cc)⁻¹·offdiag(G). Below 1 the iteration of best responses converges to the
// one equilibrium, whatever it begins at.
//
// References:
//
//	Scutari, Palomar, Barbarossa: Asynchronous iterative water-filling for Gaussian frequency-selective interference
//	channels (2008), theorem 1.
func (g *Game) Radius() float64 {
	channels, _ := g.Size()
	a := mat.NewDense(channels, channels, nil)
	for c := range channels {
		for d := range channels {
			if d != c {
				a.Set(c, d, g.Gains.At(c, d)/g.Gains.At(c, c))
			}
		}
	}
	var eigen mat.Eigen
	if !eigen.Factorize(a, mat.EigenNone) {
		panic("nash: no eigenvalue decomposition")
	}
	var radius float64
	for _, v := range eigen.Values(nil) {
		radius = max(radius, math.Hypot(real(v), imag(v)))
	}
	return radius
}

// Gap returns the largest utility that any channel gains by a best response alone, and the largest residual of the
// conditions for a maximum: marginal utilities g_cc/(n_k + g_cc p_k) are equal where p_k > 0 and no larger elsewhere,
// relative to the largest of the channel, and the budget is spent. Both are 0 at an equilibrium.
func (g *Game) Gap(p *mat.Dense) (gain, residual float64) {
	channels, positions := g.Size()
	n, best := make([]float64, positions), make([]float64, positions)
	for c := range channels {
		own, powers := g.Gains.At(c, c), p.RawRowView(c)
		g.disturbance(n, p, c)
		g.BestResponse(best, p, c)
		gain = max(gain, rate(best, n, own)-rate(powers, n, own))
		var spent, top float64
		bottom := math.Inf(1)
		for k, power := range powers {
			marginal := own / (n[k] + own*power)
			top = max(top, marginal)
			if power > 0 {
				bottom = min(bottom, marginal)
			}
			spent += power
		}
		residual = max(residual, (top-bottom)/top, math.Abs(spent/g.Budget[c]-1))
	}
	return gain, residual
}
