package nash

import (
	"fmt"

	"gonum.org/v1/gonum/mat"

	"cenet/nn/stream"
)

// scaling is one input: a correlation and γ.
type scaling struct {
	rho    *mat.SymDense
	gamma  []float64
	seed   int
	origin string
}

func (s *scaling) example() *Case {
	return &Case{Check: NameProposition1, Seed: s.seed, Origin: s.origin,
		Arrays: map[string][][]float64{"rho": rows(s.rho), "gamma": {s.gamma}}}
}

func scalingOf(c *Case) (*scaling, error) {
	r := reader{Case: c}
	gamma := r.vector("gamma", 0)
	rho := r.symmetric("rho", len(gamma))
	if r.err != nil {
		return nil, r.err
	}
	for i := range gamma {
		if rho.At(i, i) != 1 {
			return nil, fmt.Errorf("nash: rho is no correlation: its diagonal is not 1")
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(rho, false) || eigen.Values(nil)[0] < -1e-12 {
		return nil, fmt.Errorf("nash: rho is no correlation: an eigenvalue is negative")
	}
	if squared(gamma) == 0 {
		return nil, fmt.Errorf("nash: all gamma are 0")
	}
	return &scaling{rho, gamma, c.Seed, c.Origin}, nil
}

// bothSigns are the two ensembles, every second case each: γ uniform in (0.05, 1) and channels that have something in common
// with the same sign, or γ normally distributed and signs by chance.
var bothSigns = []bool{false, true}

func isSigned(n int) bool { return n%2 == 1 }

// draw makes random case n.
func (p Proposition1) draw(seed, at, n int) *scaling {
	s := stream.New(uint64(seed), "prop1", uint64(at), uint64(n))
	size := p.Sizes[s.IntN(len(p.Sizes))]
	gamma := make([]float64, size)
	for c := range gamma {
		if gamma[c] = 0.05 + float64(0.95*s.Float64()); isSigned(n) {
			gamma[c] = s.Normal()
		}
	}
	rho := RandomCorrelation(&s, size, size*p.Samples+1, p.Correlations[at], isSigned(n))
	return &scaling{rho, gamma, seed, fmt.Sprintf("seed %d, correlation %v, case %d", seed, p.Correlations[at], n)}
}

// maxNewton is the last T at which Newton's error is measured.
const maxNewton = 20

// randomRotation draws an orthogonal matrix.
func randomRotation(s *stream.Stream, n int) *mat.Dense {
	a := mat.NewDense(n, n, nil)
	for i := range n {
		for j := range n {
			a.Set(i, j, s.Normal())
		}
	}
	var qr mat.QR
	qr.Factorize(a)
	var q mat.Dense
	qr.QTo(&q)
	return &q
}
