package nash

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"cenet/ce"
	"cenet/nn/stream"
)

// NameProposition1 is the name of the check of Proposition 1.
const NameProposition1 = "prop1"

// Exact means T = ∞ among numbers of steps: the inverse square root itself.
const Exact = -1

// Proposition1 are the settings of the check of Proposition 1.
type Proposition1 struct {
	Seeds []int

	Cases        int       `toml:"cases" default:"4000" range:"[1,1e8]" quick:"200" doc:"random cases for each seed and correlation"`
	_            struct{}  `doc:"numbers of channels, drawn from"`
	Sizes        []int     `toml:"sizes" default:"2 3 4 6 8 12 16" range:"[2,256]" order:"ascending"`
	_            struct{}  `doc:"shares of variance that channels have in common; 0: Wishart"`
	Correlations []float64 `toml:"correlations" default:"0 0.5 0.9 0.99" range:"[0,1)" order:"ascending"`
	_            struct{}  `doc:"samples of the normalised channels, for each channel"`
	Samples      int       `toml:"samples" default:"2" range:"[1,1000]"`
	_            struct{}  `doc:"T, steps of Newton's iteration"`
	Steps        []int     `toml:"steps" default:"0 1 2 3 4 5 6 7 8 9 10" range:"[0,50]" order:"ascending"`
	_            struct{}  `doc:"condition numbers at which Newton's error is measured"`
	Conditions   []float64 `toml:"conditions" default:"1 10 100 1e4 1e6" range:"[1,1e8]" order:"ascending"`
	_            struct{}  `doc:"starts of each search for a violation"` // a size
	Searches     int       `toml:"searches" default:"20" range:"[1,1e5]" quick:"4"`
	_            struct{}  `doc:"inputs that a search may look at"`
	Evaluations  int       `toml:"evaluations" default:"2000" range:"[10,1e7]"`
	Tolerance    float64   `toml:"tolerance" default:"1e-10" range:"(0,1e-3]" doc:"what rounding may do, relative"`

	Layers   []Layer // of networks
	Formulas Formulas
}

var prop1Statements = []Statement{
	{ID: "scale-1", Holds: true, Least: true, Measure: "smallest |γ̂_c|/|γ_c|",
		Text: "(1) |γ̂_c| ≥ |γ_c| for all c, for one Newton step, T = 1."},
	{ID: "bracket", Holds: true, Measure: "relative error",
		Text: "At T = 1, γ̂_c = ½(3 − Σ_d γ_d²ρ_cd/‖γ‖²)γ_c."},
	{ID: "variance", Holds: true, Least: true, Measure: "smallest (P Σ P)_cc/γ_c²",
		Text: "(1) as it is true: (P Σ P)_cc ≥ γ_c² for all c and every T: BD lowers no channel's variance."},
	{ID: "equal-variance", Holds: true, Measure: "relative error, times the smallest eigenvalue of Σ_N",
		Text: "At convergence (P Σ P)_cc = ‖γ‖² for all c."},
	{ID: "length", Holds: true, Least: true, Measure: "smallest (‖Px‖/‖x‖ − 1)/(1 − λ_max)",
		Text: "(2) ‖P x‖ > ‖x‖ for every x ≠ 0, for Σ_N^{-1/2} and every T ≥ 1, if ρ has full rank and two γ_c or more are not zero."},
	{ID: "length-samples", Holds: true, Least: true, Measure: "smallest ‖Px‖/‖x‖ − 1",
		Text: "(2) on random x and on the eigenvector of λ_max, with P as a matrix."},
	{ID: "newton", Holds: true, Measure: "relative error",
		Text: "Newton's iteration on matrices is V p_T(Λ) Vᵀ."},
	{ID: "assumption", Holds: true, Least: true, Measure: "largest |p_1(λ) − λ^{-1/2}|",
		Text: "The stated assumption Σ_k = Σ^{-1/2} for every k is met by no Σ_N of two channels or more."},

	{ID: "scale-3", Least: true, Measure: "smallest |γ̂_c|/|γ_c|", Text: "(1) |γ̂_c| ≥ |γ_c| for all c at T = 3."},
	{ID: "scale-exact", Least: true, Measure: "smallest |γ̂_c|/|γ_c|", Text: "(1) |γ̂_c| ≥ |γ_c| for all c at convergence, P = Σ_N^{-1/2}."},
	{ID: "scale-no-trace", Least: true, Measure: "smallest |γ̂_c|/|γ_c|", Text: "(1) at T = 1 without trace normalisation."},
	{ID: "length-no-trace", Least: true, Measure: "smallest ‖Σ^{-1/2}x‖/‖x‖ − 1", Text: "(2) for Σ^{-1/2}, without trace normalisation."},
	{ID: "length-inhibited", Least: true, Measure: "‖P_3 x‖/‖x‖ − 1 at the eigenvector of λ_max",
		Text: "(2) at T = 3 with no condition: where all channels but one are inhibited, or all are copies of one."},
}

// A Proposition1Result is what the check of Proposition 1 found.
type Proposition1Result struct {
	Findings    []Finding
	Random      int // random cases
	Adversarial int // cases that searches ended at
	Border      int // cases where 1 − λ_max is below what float64 can tell from 0: no case of (2)
	Shares      []Share
	Newton      []NewtonError
	Layers      []LayerShare
	Found       []Extreme // by the searches
}

// A NewtonError is that of P_T against Σ_N^{-1/2} at a condition number, relative in the spectral norm.
type NewtonError struct {
	Condition float64
	Steps     int
	Error     float64
}

// An Extreme is the smallest |γ̂_c|/|γ_c| that searches found.
type Extreme struct {
	Steps    int // or Exact
	Channels int
	Ratio    float64
}

// Check verifies Proposition 1.
func (p Proposition1) Check(ctx context.Context) (*Proposition1Result, error) {
	type part struct {
		ledger *Ledger
		shares []Share
		border int
	}
	chunks := (p.Cases + chunk - 1) / chunk
	parts := make([]part, len(p.Seeds)*len(p.Correlations)*chunks)
	err := inParallel(ctx, "random cases", len(parts), func(i int) {
		seed, at := p.Seeds[i/chunks/len(p.Correlations)], i/chunks%len(p.Correlations)
		part := part{ledger: newLedger(prop1Statements)}
		for _, signed := range bothSigns {
			part.shares = append(part.shares, p.shares(p.Correlations[at], signed)...)
		}
		half := len(part.shares) / len(bothSigns)
		for n := i % chunks * chunk; n < min(p.Cases, (i%chunks+1)*chunk); n++ {
			in, shares := p.draw(seed, at, n), part.shares[:half]
			if isSigned(n) {
				shares = part.shares[half:]
			}
			if p.examine(part.ledger, shares, in, n%matricesEach < 2) {
				part.border++
			}
		}
		parts[i] = part
	})
	if err != nil {
		return nil, err
	}
	l := newLedger(prop1Statements)
	r := &Proposition1Result{Random: p.Cases * len(p.Seeds) * len(p.Correlations)}
	for at, strength := range p.Correlations {
		var shares []Share
		for _, signed := range bothSigns {
			shares = append(shares, p.shares(strength, signed)...)
		}
		for i, part := range parts {
			if i/chunks%len(p.Correlations) == at {
				joinShares(shares, part.shares)
			}
		}
		r.Shares = append(r.Shares, finishShares(shares)...)
	}
	for _, part := range parts {
		l.join(part.ledger)
		r.Border += part.border
	}
	p.extremes(l, r)
	if err := p.search(ctx, l, r); err != nil {
		return nil, err
	}
	p.newtonErrors(l, r)
	if err := p.networks(ctx, l, r); err != nil {
		return nil, err
	}
	simplify(l, p.Again)
	r.Findings = l.Findings
	return r, nil
}

// Again examines a case once more.
func (p Proposition1) Again(c *Case) ([]Finding, error) {
	in, err := scalingOf(c)
	if err != nil {
		return nil, err
	}
	l := newLedger(prop1Statements)
	p.examine(l, nil, in, true)
	return l.examined(), nil
}

// chunk is how many random cases are examined at a time, and two of matricesEach of them on matrices, too.
const chunk, matricesEach = 250, 20

// extremes are inputs at the edge: no correlation, channels that are copies or nearly so, one channel that is not inhibited.
func (p Proposition1) extremes(l *Ledger, r *Proposition1Result) {
	for _, n := range []int{2, 3, 8, 32} {
		ones, ramp, first := make([]float64, n), make([]float64, n), make([]float64, n)
		for c := range n {
			ones[c], ramp[c] = 1, 2*float64(c+1)/float64(n)
		}
		first[0] = 1
		for _, gamma := range [][]float64{first, ones, ramp} {
			for _, common := range []float64{0, 0.5, 1 - 1e-6, 1} {
				rho := mat.NewSymDense(n, nil)
				for i := range n {
					for j := i; j < n; j++ {
						rho.SetSym(i, j, common)
					}
					rho.SetSym(i, i, 1)
				}
				in := &scaling{rho, gamma, 0, fmt.Sprintf("%d channels of correlation %v", n, common)}
				if p.examine(l, nil, in, true) {
					r.Border++
				}
			}
		}
	}
}

// nearOne is the 1 − λ_max below which float64 does not tell λ_max from 1.
const nearOne = 1e-10

// examine looks at one input, and reports whether it is a border case for (2).
func (p Proposition1) examine(l *Ledger, shares []Share, in *scaling, matrices bool) bool {
	s := NewSpectrum(in.rho, in.gamma, p.Formulas.Trace(in.gamma))
	regular := s.Values[0] > 1e-9 // the inverse square root exists and float64 knows it
	apart := s.Gap() > nearOne && s.Values[len(s.Values)-1] > 0
	p.examineScales(l, shares, in, s, regular)
	p.examineLengths(l, in, s, regular, apart)
	if matrices {
		p.examineMatrices(l, in, s)
	}
	return !apart
}

// powers are p_T of the eigenvalues of Σ_N, at T = Exact their inverse square roots.
func (p Proposition1) powers(s *Spectrum, steps int) []float64 {
	out := make([]float64, len(s.Values))
	for k, v := range s.Values {
		if steps == Exact {
			out[k] = 1 / math.Sqrt(v)
		} else {
			out[k] = p.Formulas.Newton(v, steps)
		}
	}
	return out
}

// examineScales examines (1), and the variances.
func (p Proposition1) examineScales(l *Ledger, shares []Share, in *scaling, s *Spectrum, regular bool) {
	tolerance, example := p.Tolerance, in.example
	for i := range shares {
		if shares[i].Steps == Exact && !regular {
			continue
		}
		shares[i].add(ratios(s.Scale(p.powers(s, shares[i].Steps)), in.gamma))
	}
	one := s.Scale(p.powers(s, 1))
	r1, e := least(ratios(one, in.gamma)), bracketError(one, in)
	l.note("scale-1", r1, r1 >= 1-tolerance, example)
	l.note("bracket", e, e <= tolerance, example)
	r3 := least(ratios(s.Scale(p.powers(s, 3)), in.gamma))
	l.note("scale-3", r3, r3 >= 1-tolerance, example)
	if regular {
		r := least(ratios(s.Scale(p.powers(s, Exact)), in.gamma))
		l.note("scale-exact", r, r >= 1-1e-6, example)
	}
	v, kept := math.Inf(1), true
	for _, steps := range p.Steps {
		for c, after := range s.Variances(p.powers(s, steps)) {
			before := in.gamma[c] * in.gamma[c]
			kept = kept && after >= before-tolerance*squared(in.gamma)
			if before > 1e-6*squared(in.gamma) { // below, rounding shows in the ratio
				v = min(v, after/before)
			}
		}
	}
	l.note("variance", v, kept, example)
	if regular {
		var e float64
		for _, after := range s.Variances(p.powers(s, Exact)) {
			e = max(e, math.Abs(after/squared(in.gamma)-1)*s.Values[0])
		}
		l.note("equal-variance", e, e <= tolerance, example)
	}

	raw := s.over(1) // without trace normalisation
	r := least(ratios(raw.Scale(p.powers(raw, 1)), in.gamma))
	l.note("scale-no-trace", r, r >= 1-tolerance, example)
}

// examineLengths examines (2): whether the decorrelation makes vectors longer. apart: float64 can tell the largest eigenvalue from 1.
func (p Proposition1) examineLengths(l *Ledger, in *scaling, s *Spectrum, regular, apart bool) {
	example, gap, last := in.example, s.Gap(), len(s.Values)-1
	if apart {
		gain := math.Inf(1)
		for _, steps := range append([]int{Exact}, p.Steps...) {
			if steps == Exact && !regular || steps == 0 {
				continue
			}
			for _, x := range p.powers(s, steps) {
				gain = min(gain, (x-1)/gap)
			}
		}
		l.note("length", gain, gain > 0, example)
	}
	if len(in.gamma) > 1 && apart && regular {
		var d float64
		for k, x := range p.powers(s, 1) {
			d = max(d, math.Abs(x-1/math.Sqrt(s.Values[k])))
		}
		l.note("assumption", d, d > 0, example)
	}
	d := p.powers(s, 3)[last] - 1
	if math.Abs(d) < 1e-12 { // an equality, but for rounding
		d = 0
	}
	l.note("length-inhibited", d, d > 0, example)

	if regular {
		raw := s.over(1) // without trace normalisation
		d := 1/math.Sqrt(raw.Values[last]) - 1
		l.note("length-no-trace", d, d > 0, example)
	}
}

// examineMatrices looks at the same on matrices, without the spectrum where it can.
func (p Proposition1) examineMatrices(l *Ledger, in *scaling, s *Spectrum) {
	n := len(in.gamma)
	sigmaN := Covariance(in.rho, in.gamma)
	sigmaN.ScaleSym(1/s.Trace, sigmaN)
	random := stream.New(uint64(in.seed), "vectors")
	for _, steps := range p.Steps {
		iterated := Iterate(sigmaN, steps)
		var difference mat.Dense
		difference.Sub(iterated, s.Matrix(p.powers(s, steps)))
		e := mat.Norm(&difference, 2) / mat.Norm(iterated, 2)
		difference.Sub(iterated, ce.Newton(sigmaN, steps))
		e = max(e, mat.Norm(&difference, 2)/mat.Norm(iterated, 2))
		l.note("newton", e, e <= p.Tolerance, in.example)
		if steps == 0 || s.Gap() < 1e-6 {
			continue
		}
		for try := range 3 {
			x := mat.NewVecDense(n, nil)
			x.CopyVec(s.v.ColView(n - 1))
			if try > 0 {
				for c := range n {
					x.SetVec(c, random.Normal())
				}
			}
			var y mat.VecDense
			y.MulVec(s.Matrix(p.powers(s, steps)), x)
			gain := mat.Norm(&y, 2)/mat.Norm(x, 2) - 1
			l.note("length-samples", gain, gain > 0, in.example)
		}
	}
}

// bracketError compares γ̂ at T = 1 with its closed form.
func bracketError(scale []float64, in *scaling) float64 {
	total := squared(in.gamma)
	var e, size float64
	for c := range scale {
		var sum float64
		for d, g := range in.gamma {
			sum += g * g * in.rho.At(c, d)
		}
		e = max(e, math.Abs(scale[c]-0.5*(3-sum/total)*in.gamma[c]))
		size = max(size, math.Abs(in.gamma[c]))
	}
	return e / size
}

// newtonErrors measures P_T against Σ_N^{-1/2} on matrices with eigenvalues in a geometric sequence.
func (p Proposition1) newtonErrors(l *Ledger, r *Proposition1Result) {
	const n = 8
	s := stream.New(1, "newton")
	for _, condition := range p.Conditions {
		values := make([]float64, n)
		var sum float64
		for k := range values {
			values[k] = math.Pow(condition, -float64(k)/(n-1))
			sum += values[k]
		}
		q := randomRotation(&s, n)
		sigmaN, root := mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
		for k := range values {
			sigmaN.SymRankOne(sigmaN, values[k]/sum, q.ColView(k))
			root.SymRankOne(root, 1/math.Sqrt(values[k]/sum), q.ColView(k))
		}
		for steps := 0; steps <= maxNewton; steps++ {
			var difference mat.Dense
			difference.Sub(Iterate(sigmaN, steps), root)
			r.Newton = append(r.Newton, NewtonError{condition, steps, mat.Norm(&difference, 2) / mat.Norm(root, 2)})
		}
	}
}
