package nash

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"cenet/nn/stream"
)

// convexity examines random covariances and variances.
func (s Games) convexity(l *Ledger) {
	for _, seed := range s.Seeds {
		for n := range s.Games {
			r := stream.New(uint64(seed), "convexity", uint64(n))
			size := 2 + r.IntN(7)
			gamma, v := make([]float64, size), make([]float64, size)
			for c := range size {
				gamma[c] = math.Exp(r.Normal())
				v[c] = math.Exp(2 * r.Normal())
			}
			sigma := Covariance(RandomCorrelation(&r, size, 2*size+1, r.Float64(), true), gamma)
			s.convex(l, sigma, v, r.Float64(), func() (int, string) { return seed, fmt.Sprintf("seed %d, matrices %d", seed, n) })
		}
	}
}

// convex examines (λΣ + (1−λ)Diag(v))ᵃ ⪯ λΣᵃ + (1−λ)Diag(v)ᵃ for a = −½, where it holds since t^{-1/2} is operator convex,
// and for a = −2, where it need not. It returns by how much the sides differ for −½, relative to the right one, in the
// Frobenius norm.
func (s Games) convex(l *Ledger, sigma *mat.SymDense, v []float64, lambda float64, origin func() (int, string)) (apart float64) {
	n := len(v)
	mixed := mat.NewSymDense(n, nil)
	mixed.ScaleSym(lambda, sigma)
	for c := range n {
		mixed.SetSym(c, c, mixed.At(c, c)+float64((1-lambda)*v[c]))
	}
	for _, a := range []float64{-0.5, -2} {
		right := power(sigma, a)
		right.ScaleSym(lambda, right)
		for c := range n {
			right.SetSym(c, c, right.At(c, c)+float64((1-lambda)*math.Pow(v[c], a)))
		}
		var difference mat.SymDense
		left := power(mixed, a)
		left.ScaleSym(-1, left)
		difference.AddSym(right, left)
		var eigen mat.EigenSym
		if !eigen.Factorize(&difference, false) {
			panic("nash: no eigenvalue decomposition")
		}
		figure := eigen.Values(nil)[0] / mat.Norm(right, 2)
		id := "convexity"
		if a == -2 {
			id = "convexity-2"
		} else {
			apart = mat.Norm(&difference, 2) / mat.Norm(right, 2)
		}
		l.note(id, figure, figure >= -s.Tolerance, func() *Case {
			seed, origin := origin()
			return &Case{Check: NameGames, Seed: seed, Origin: origin, Arrays: map[string][][]float64{
				"sigma": rows(sigma), "noise": {v}, "lambda": {{lambda}}}}
		})
	}
	return apart
}

func (s Games) convexityAgain(l *Ledger, c *Case) error {
	r := reader{Case: c}
	v, lambda := r.vector("noise", 0), r.vector("lambda", 1)
	sigma := r.symmetric("sigma", len(v))
	if r.err != nil {
		return r.err
	}
	var eigen mat.EigenSym
	if least(v) <= 0 || !eigen.Factorize(sigma, false) || eigen.Values(nil)[0] <= 0 {
		return errors.New("nash: sigma and noise must be positive definite")
	}
	s.convex(l, sigma, v, lambda[0], func() (int, string) { return c.Seed, c.Origin })
	return nil
}

// power returns aᵗ of a positive definite matrix.
func power(a mat.Symmetric, t float64) *mat.SymDense {
	var eigen mat.EigenSym
	if !eigen.Factorize(a, true) {
		panic("nash: no eigenvalue decomposition")
	}
	var v mat.Dense
	eigen.VectorsTo(&v)
	out := mat.NewSymDense(a.SymmetricDim(), nil)
	for k, x := range eigen.Values(nil) {
		out.SymRankOne(out, math.Pow(x, t), v.ColView(k))
	}
	return out
}
