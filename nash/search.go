package nash

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"cenet/nn/stream"
)

// search looks for violations: it minimises the figures of (1), of the variances and of (2) over all correlations and γ of
// few channels, from many starts, and examines what it ends at.
func (p Proposition1) search(ctx context.Context, l *Ledger, r *Proposition1Result) error {
	goals := []struct {
		figure func(s *Spectrum, powers func(steps int) []float64) float64
		steps  int
	}{
		{scaleFigure(1), 1}, {scaleFigure(3), 3}, {scaleFigure(Exact), Exact},
		{varianceFigure(1), 0}, {varianceFigure(3), 0}, {varianceFigure(10), 0},
		{lengthFigure(1), 0}, {lengthFigure(3), 0},
	}
	sizes := []int{2, 3, 5}
	type end struct {
		in    *scaling
		value float64
	}
	ends := make([]end, len(goals)*len(sizes)*p.Searches)
	err := inParallel(ctx, "searches for violations", len(ends), func(i int) {
		goal, n, start := goals[i/p.Searches/len(sizes)], sizes[i/p.Searches%len(sizes)], i%p.Searches
		s := stream.New(uint64(p.Seeds[0]), "search", uint64(i))
		x := make([]float64, n*n+n)
		for k := range x {
			x[k] = s.Normal()
		}
		f := func(x []float64) float64 {
			in := unpack(x, n)
			if in == nil {
				return math.Inf(1)
			}
			spectrum := NewSpectrum(in.rho, in.gamma, p.Formulas.Trace(in.gamma))
			if spectrum.Values[0] < 1e-6 { // stay where float64 knows the inverse square root
				return math.Inf(1)
			}
			return goal.figure(spectrum, func(steps int) []float64 { return p.powers(spectrum, steps) })
		}
		result, err := optimize.Minimize(optimize.Problem{Func: f}, x, &optimize.Settings{FuncEvaluations: p.Evaluations}, &optimize.NelderMead{})
		if result == nil || err != nil && result.Status != optimize.FunctionEvaluationLimit {
			return
		}
		if in := unpack(result.X, n); in != nil {
			in.seed = p.Seeds[0]
			in.origin = fmt.Sprintf("search %d, %d channels, start %d", i/p.Searches/len(sizes), n, start)
			ends[i] = end{in, result.F}
		}
	})
	if err != nil {
		return err
	}
	for g, goal := range goals {
		for m, n := range sizes {
			extreme := Extreme{goal.steps, n, math.Inf(1)}
			for k := range p.Searches {
				end := ends[(g*len(sizes)+m)*p.Searches+k]
				if end.in == nil {
					continue
				}
				r.Adversarial++
				if p.examine(l, nil, end.in, true) {
					r.Border++
				}
				extreme.Ratio = min(extreme.Ratio, end.value)
			}
			if goal.steps != 0 && !math.IsInf(extreme.Ratio, 1) {
				r.Found = append(r.Found, extreme)
			}
		}
	}
	return nil
}

func scaleFigure(steps int) func(*Spectrum, func(int) []float64) float64 {
	return func(s *Spectrum, powers func(int) []float64) float64 {
		return least(ratios(s.Scale(powers(steps)), s.Gamma))
	}
}

func varianceFigure(steps int) func(*Spectrum, func(int) []float64) float64 {
	return func(s *Spectrum, powers func(int) []float64) float64 {
		out := math.Inf(1)
		for c, after := range s.Variances(powers(steps)) {
			out = min(out, after/(s.Gamma[c]*s.Gamma[c]))
		}
		return out
	}
}

func lengthFigure(steps int) func(*Spectrum, func(int) []float64) float64 {
	return func(s *Spectrum, powers func(int) []float64) float64 {
		return (least(powers(steps)) - 1) / s.Gap()
	}
}

// unpack makes an input of n channels of n²+n free numbers: rows of a square matrix, brought to length 1, whose products are
// the correlations (every correlation is such), and γ. Nil where a row or a γ vanishes.
func unpack(x []float64, n int) *scaling {
	a := mat.NewDense(n, n, nil)
	for i := range n {
		row := x[i*n : (i+1)*n]
		length := math.Sqrt(squared(row))
		if !(length > 1e-6) || math.IsInf(length, 0) {
			return nil
		}
		for j, v := range row {
			a.Set(i, j, v/length)
		}
	}
	gamma := append([]float64{}, x[n*n:]...)
	size := math.Sqrt(squared(gamma))
	for _, g := range gamma {
		if !(math.Abs(g) > 1e-2*size) {
			return nil
		}
	}
	return &scaling{rho: correlation(a, 1), gamma: gamma}
}
