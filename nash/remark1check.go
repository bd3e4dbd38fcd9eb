package nash

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/integrate/quad"

	"cenet/nn/stream"
)

// NameRemark1 is the name of the check of Remark 1.
const NameRemark1 = "remark1"

// Remark1 are the settings of the check of Remark 1.
type Remark1 struct {
	Gammas, Betas []float64 // the grid: every γ with every β

	Samples    int      `toml:"samples" default:"100000" range:"[1000,1e8]" quick:"20000" doc:"samples of a Monte Carlo estimate"`
	Deviations float64  `toml:"deviations" default:"6" range:"[1,10]" doc:"standard errors that an estimate may be off"`
	_          struct{} `doc:"error of closed forms against quadrature, absolute"`
	Tolerance  float64  `toml:"tolerance" default:"1e-10" range:"(0,1]"`

	Seeds    []int
	Formulas Formulas
}

// Statements of Remark 1.
var remark1Statements = []Statement{
	{ID: "quadrature", Holds: true, Measure: "absolute error of E[y] and E[y²]",
		Text: "The closed forms of E[y] and E[y²] are the integrals, for every γ and β."},
	{ID: "monte-carlo", Holds: true, Measure: "error in standard errors",
		Text: "Samples of y = max(0, γz+β) have these means within the standard error."},
	{ID: "vanishes", Holds: true, Measure: "the larger of E[y]·√(2π)/|γ| and 2E[y²]/γ²",
		Text: "For β ≤ 0: E[y] ≤ |γ|/√(2π) and E[y²] ≤ γ²/2, so that γ → 0 inhibits the channel."},
	{ID: "positive-shift", Holds: true, Measure: "distance of E[y²] to β² at γ = 1e-8, relative",
		Text: "For β > 0 it does not: E[y] → β and E[y²] → β² as γ → 0."},
	{ID: "any-shift", Measure: "E[y²] at γ = 1e-8",
		Text: "γ → 0 inhibits the channel whatever β is."},
	{ID: "only-if", Measure: "|γ| of a channel with E[y²] below 1e-10",
		Text: "A channel is inhibited only if its γ is close to 0."},
}

// inhibited is the E[y²] below which a channel counts as inhibited, small the γ that is taken for its limit 0, and wide a γ
// that is nowhere near it.
const inhibited, small, wide = 1e-10, 1e-8, 1.0

// A Remark1Result is what the check of Remark 1 found.
type Remark1Result struct {
	Findings []Finding
	// Second[i][j] is E[y²] at Gammas[i], Betas[j].
	Second [][]float64
}

// Check verifies Remark 1.
func (r Remark1) Check(ctx context.Context) (*Remark1Result, error) {
	ledgers := make([]*Ledger, len(r.Gammas))
	result := &Remark1Result{Second: make([][]float64, len(r.Gammas))}
	err := inParallel(ctx, "values of γ", len(r.Gammas), func(i int) {
		ledgers[i], result.Second[i] = newLedger(remark1Statements), make([]float64, len(r.Betas))
		for j, beta := range r.Betas {
			_, result.Second[i][j] = Moments(r.Gammas[i], beta)
			for _, seed := range r.Seeds {
				r.examine(ledgers[i], r.Gammas[i], beta, seed, fmt.Sprintf("seed %d, γ %v, β %v", seed, r.Gammas[i], beta))
			}
		}
	})
	if err != nil {
		return nil, err
	}
	l := newLedger(remark1Statements)
	for _, ledger := range ledgers {
		l.join(ledger)
	}
	simplify(l, r.Again)
	result.Findings = l.Findings
	return result, nil
}

// Again examines a case once more.
func (r Remark1) Again(c *Case) ([]Finding, error) {
	in := reader{Case: c}
	gamma, beta := in.vector("gamma", 1), in.vector("beta", 1)
	if in.err != nil {
		return nil, in.err
	}
	l := newLedger(remark1Statements)
	r.examine(l, gamma[0], beta[0], c.Seed, c.Origin)
	return l.examined(), nil
}

// examine looks at one γ and β.
func (r Remark1) examine(l *Ledger, gamma, beta float64, seed int, origin string) {
	example := func() *Case {
		return &Case{Check: NameRemark1, Seed: seed, Origin: origin,
			Arrays: map[string][][]float64{"gamma": {{gamma}}, "beta": {{beta}}}}
	}
	first, second := Moments(gamma, beta)

	q1, q2 := momentsByQuadrature(gamma, beta)
	e := max(math.Abs(first-q1), math.Abs(second-q2))
	l.note("quadrature", e, e <= r.Tolerance, example)

	if d, ok := r.sampled(gamma, beta, first, second, seed); ok {
		l.note("monte-carlo", d, d <= r.Deviations, example)
	}
	if beta <= 0 && gamma != 0 {
		a := math.Abs(gamma)
		bound := max(first*math.Sqrt(2*math.Pi)/a, 2*second/(a*a))
		l.note("vanishes", bound, bound <= 1+1e-12, example)
	}
	limitFirst, limit := Moments(small, beta)
	if beta > 0 {
		e := max(math.Abs(limit-beta*beta)/(beta*beta), math.Abs(limitFirst-beta)/beta)
		l.note("positive-shift", e, e <= 1e-6, example)
	}
	l.note("any-shift", limit, limit < inhibited, example)
	if second < inhibited && second > 0 {
		l.note("only-if", math.Abs(gamma), math.Abs(gamma) < wide, example)
	}
}

// sampled returns by how many standard errors the means of samples differ from the moments; false where all samples are
// the same, as there is no error to measure by.
func (r Remark1) sampled(gamma, beta, first, second float64, seed int) (float64, bool) {
	s := stream.New(uint64(seed), "remark1", math.Float64bits(gamma), math.Float64bits(beta))
	var sums [4]float64 // of y, y², y³, y⁴
	for range r.Samples {
		y := max(0, float64(gamma*s.Normal())+beta)
		p := 1.0
		for i := range sums {
			p = float64(p * y)
			sums[i] += p
		}
	}
	n := float64(r.Samples)
	for i := range sums {
		sums[i] /= n
	}
	// The error is estimated from the samples, which takes enough of them to be positive.
	if _, probability := tail(gamma, beta); gamma == 0 || probability*n < 1000 {
		return 0, false
	}
	e1 := math.Sqrt((sums[1] - float64(sums[0]*sums[0])) / n)
	e2 := math.Sqrt((sums[3] - float64(sums[1]*sums[1])) / n)
	return max(math.Abs(sums[0]-first)/e1, math.Abs(sums[1]-second)/e2), true
}

// tail returns β/|γ| and the probability that γz+β > 0.
func tail(gamma, beta float64) (t, probability float64) {
	t = beta / math.Abs(gamma)
	return t, 0.5 * math.Erfc(-t/math.Sqrt2)
}

// momentsByQuadrature integrates over z from where γz+β turns positive, in panels.
func momentsByQuadrature(gamma, beta float64) (first, second float64) {
	gamma = math.Abs(gamma) // z and −z have the same distribution
	if gamma == 0 {
		y := max(0, beta)
		return y, y * y
	}
	const end, panel = 39, 0.5 // φ(39) is 0 in float64
	for lo := max(-end, -beta/gamma); lo < end; lo += panel {
		hi := min(end, lo+panel)
		first += quad.Fixed(func(z float64) float64 { return (float64(gamma*z) + beta) * normalDensity(z) }, lo, hi, 16, nil, 0)
		second += quad.Fixed(func(z float64) float64 {
			return (float64(gamma*z) + beta) * (float64(gamma*z) + beta) * normalDensity(z)
		}, lo, hi, 16, nil, 0)
	}
	return first, second
}
