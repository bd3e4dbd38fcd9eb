package nash

import (
	"context"
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"cenet/nn/median"
	"cenet/nn/stream"
)

// NameGames is the name of the check of the game, its equilibrium and CE in its form.
const NameGames = "nash"

// Games are the settings of the check of the Nash equilibrium.
type Games struct {
	Seeds []int

	_         struct{}  `doc:"random games with power for every position, for each seed"`
	Games     int       `toml:"games" default:"400" range:"[1,1e6]" quick:"40"`
	_         struct{}  `doc:"random games that are short of power, for each seed"`
	Scarce    int       `toml:"scarce" default:"50" range:"[1,1e6]" quick:"10"`
	_         struct{}  `doc:"numbers of channels, drawn from"`
	Sizes     []int     `toml:"sizes" default:"2 3 4 8 16 32 64" range:"[2,256]" order:"ascending"`
	_         struct{}  `doc:"numbers of positions, drawn from"`
	Positions []int     `toml:"positions" default:"2 4 8 16 32" range:"[2,1024]" order:"ascending"`
	_         struct{}  `doc:"spectral radii of Diag(g_cc)^-1 offdiag(G), drawn from"`
	Radii     []float64 `toml:"radii" default:"0.2 0.5 0.8 0.95" range:"(0,1)" order:"ascending"`
	_         struct{}  `doc:"radii at which convergence is measured; at least one must be 1 or more"`
	Beyond    []float64 `toml:"beyond" default:"0.3 0.6 0.9 1.1 1.5 2 4" range:"(0,1000]" order:"ascending"`
	Meetings  int       `toml:"convergence" default:"50" range:"[1,1e5]" quick:"6" doc:"games at each of these radii"`
	Starts    int       `toml:"starts" default:"3" range:"[2,1000]" doc:"powers from which a game is begun"`
	Rounds    int       `toml:"rounds" default:"2000" range:"[10,1e6]" doc:"best responses of all channels, at most"`
	_         struct{}  `doc:"standard deviations of log h"`
	Spreads   []float64 `toml:"spreads" default:"0.01 0.03 0.1 0.3 1" range:"(0,3]" order:"ascending"`
	Tolerance float64   `toml:"tolerance" default:"1e-10" range:"(0,1e-3]" doc:"error of powers, relative to the largest"`
	Gap       float64   `toml:"gap" default:"1e-9" range:"(0,1e-3]" doc:"utility that a deviation may gain"`
	_         struct{}  `doc:"error of a layer's output in float32, relative to the largest"`
	Rounding  float64   `toml:"rounding" default:"1e-5" range:"(0,1e-2]"`

	Layers   []Layer
	Formulas Formulas
}

// Conflict reports that no radius is beyond those at which the equilibrium is unique.
func (s Games) Conflict() (keys []string, text string) {
	if b := s.Beyond; b[len(b)-1] < 1 {
		return []string{"beyond"}, "no radius is 1 or more, so that nothing beyond can be found"
	}
	return nil, ""
}

var gameStatements = []Statement{
	{ID: "best-response", Holds: true, Measure: "utility that an independent maximiser finds beyond it",
		Text: "Water-filling is the best response: no maximiser finds more utility."},
	{ID: "one-point", Holds: true, Measure: "relative distance of the ends",
		Text: "With the spectral radius of Diag(g_cc)⁻¹offdiag(G) below 1, iterated best response ends at one point from every start, Jacobi " +
			"and Gauss–Seidel."},
	{ID: "equilibrium", Holds: true, Measure: "largest gain of utility by one channel alone",
		Text: "That point is an ε-Nash equilibrium: the exact best response gains no more than ε."},
	{ID: "kkt", Holds: true, Measure: "residual of the conditions for a maximum, relative",
		Text: "It satisfies every channel's conditions for a maximum."},
	{ID: "deviations", Holds: true, Measure: "largest gain of utility by a random deviation",
		Text: "No random feasible deviation of one channel gains more than ε."},
	{ID: "closed-form", Holds: true, Measure: "relative error",
		Text: "It equals p* = G⁻¹(Diag(v)⁻¹diag(G) − σ/h) when all powers are positive."},
	{ID: "minus", Holds: true, Measure: "relative error",
		Text: "It equals p* = G⁻¹(Diag(σ)h + Diag(v)⁻¹diag(G) − (2+δ)σ), the closed form with the sign minus."},
	{ID: "dropped", Holds: true, Measure: "relative error of the error",
		Text: "Dropping δ is an error of exactly G⁻¹(δ ⊙ σ)."},
	{ID: "identity", Holds: true, Measure: "difference to the layer's output, relative to its largest",
		Text: "CE's output is that form without δ for G = M⁻¹, σ = γ, h = x̄, 1/v = (β+2γ)/g_cc: an identity, no evidence."},
	{ID: "convexity", Holds: true, Least: true, Measure: "smallest eigenvalue of the difference, relative to the right side",
		Text: "(λΣ + (1−λ)Diag(v))^{-1/2} ⪯ λΣ^{-1/2} + (1−λ)Diag(v)^{-1/2}."},

	{ID: "plus", Measure: "error relative to the largest noise", Text: "The equilibrium is the form with + (2+δ)σ, as it is printed."},
	{ID: "first-order", Measure: "relative error", Text: "The equilibrium is the form without δ."},
	{ID: "short", Measure: "relative error", Text: "The closed form is the equilibrium even where power is short."},
	{ID: "rectified", Measure: "relative error", Text: "Where power is short, [closed form]⁺ is the equilibrium."},
	{ID: "beyond", Measure: "relative distance of the ends", Text: "Iterated best response ends at one point with a radius of 1 or more, " +
		"too."},
	{ID: "hypotheses", Least: true, Measure: "share of entries of x̄ that are positive",
		Text: "A layer's CE is such a game: all γ_c > 0, 1/v_c > 0, x̄ > 0 and G ≥ 0."},
	{ID: "convexity-2", Least: true, Measure: "smallest eigenvalue of the difference, relative to the right side",
		Text: "The same inequality with the power −2, which is convex on numbers, too."},
}

// A GamesResult is what the check of the Nash equilibrium found.
type GamesResult struct {
	Findings []Finding
	Games    int        // games whose equilibrium was compared
	Signs    [3]float64 // largest relative errors: minus, plus, without δ
	Meetings []Meeting
	Spreads  []SpreadError
	Layers   []LayerGame
}

// A Meeting is how games of one radius went under iterated best response.
type Meeting struct {
	Radius    float64
	Order     Order
	Converged float64   // share of games in which every start converged
	OnePoint  float64   // share of games in which all starts ended at one point
	Rounds    float64   // mean number of rounds, of the starts that converged
	Changes   []float64 // largest change of each round, relative to the largest power, of the first game and start
}

// A SpreadError is how wrong the forms of the equilibrium are, by how far h is from 1: medians over games, relative to the
// largest noise.
type SpreadError struct {
	Spread, Remainder      float64 // of h: standard deviation of log h, and mean δ
	Minus, Plus, FirstOnly float64
}

// Check verifies the equilibrium, and CE against it.
func (s Games) Check(ctx context.Context) (*GamesResult, error) {
	total := (s.Games + s.Scarce) * len(s.Seeds)
	ledgers := make([]*Ledger, total)
	signs := make([][3]float64, total)
	err := inParallel(ctx, "games", total, func(i int) {
		n, seed := i%(s.Games+s.Scarce), s.Seeds[i/(s.Games+s.Scarce)]
		ledgers[i] = newLedger(gameStatements)
		signs[i] = s.examine(ledgers[i], s.draw(seed, n, n >= s.Games), n%10 == 0)
	})
	if err != nil {
		return nil, err
	}
	l := newLedger(gameStatements)
	r := &GamesResult{Games: s.Games * len(s.Seeds)}
	for i, ledger := range ledgers {
		l.join(ledger)
		for k := range r.Signs {
			r.Signs[k] = max(r.Signs[k], signs[i][k])
		}
	}
	if err := errors.Join(s.meetings(ctx, l, r), s.spreads(ctx, r)); err != nil {
		return nil, err
	}
	s.convexity(l)
	for i := range s.Layers {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		r.Layers = append(r.Layers, s.layer(l, &s.Layers[i]))
	}
	simplify(l, s.Again)
	r.Findings = l.Findings
	return r, nil
}

// Again examines a case once more.
func (s Games) Again(c *Case) ([]Finding, error) {
	l := newLedger(gameStatements)
	if c.Arrays["sigma"] != nil {
		if err := s.convexityAgain(l, c); err != nil {
			return nil, err
		}
		return l.examined(), nil
	}
	if c.Arrays["input"] != nil {
		layer, err := layerOf(c)
		if err != nil {
			return nil, err
		}
		s.layer(l, layer)
		return l.examined(), nil
	}
	r := reader{Case: c}
	noise := r.vector("noise", 0)
	budget, gains := r.vector("budget", len(noise)), r.matrix("gains", len(noise), len(noise))
	positions := 0
	if a := c.Arrays["response"]; len(a) > 0 {
		positions = len(a[0])
	}
	if r.err == nil && positions == 0 {
		r.err = errors.New("nash: response has no positions")
	}
	response := r.matrix("response", len(noise), positions)
	if r.err != nil {
		return nil, r.err
	}
	g := &play{Game{gains, noise, response, budget}, c.Seed, c.Origin}
	for i := range noise {
		if !(noise[i] > 0 && budget[i] > 0 && gains.At(i, i) > 0) {
			return nil, errors.New("nash: noise, budget and the diagonal of gains must be positive")
		}
	}
	if least(gains.RawMatrix().Data) < 0 || !(least(response.RawMatrix().Data) > 0) {
		return nil, errors.New("nash: gains must not be negative, and response must be positive")
	}
	if g.Radius() < 1 {
		s.examine(l, g, true)
	} else {
		s.meet(l, g, Jacobi)
		s.meet(l, g, GaussSeidel)
	}
	return l.examined(), nil
}

// examine looks at one game of a radius below 1 and returns the three errors of the forms, zero where power is short.
func (s Games) examine(l *Ledger, g *play, maximise bool) (errs [3]float64) {
	p, _, _ := s.meet(l, g, GaussSeidel, Jacobi)
	size := largest(p)

	gain, residual := g.Gap(p)
	l.note("equilibrium", gain, gain <= s.Gap, g.example)
	l.note("kkt", residual, residual <= s.Gap, g.example)
	gain = s.deviate(g, p)
	l.note("deviations", gain, gain <= s.Gap, g.example)
	if maximise {
		r := stream.New(uint64(g.seed), "maximiser "+g.origin)
		if gain, ok := maximiser(&g.Game, g.randomPowers(&r), 0, &r); ok {
			l.note("best-response", gain, gain <= s.Gap, g.example)
		}
	}

	closed, err := g.ClosedForm()
	if err != nil {
		l.note("closed-form", math.NaN(), false, g.example)
		return errs
	}
	if least(closed.RawMatrix().Data) <= 0 { // power is short
		e := distance(closed, p) / size
		l.note("short", e, e <= s.Tolerance, g.example)
		closed.Apply(func(_, _ int, v float64) float64 { return max(0, v) }, closed)
		e = distance(closed, p) / size
		l.note("rectified", e, e <= s.Tolerance, g.example)
		return errs
	}
	e := distance(closed, p) / size
	l.note("closed-form", e, e <= s.Tolerance, g.example)
	minus, _ := g.Expanded(s.Formulas.Sign)
	plus, _ := g.Expanded(-s.Formulas.Sign)
	first, _ := g.FirstOrder(s.Formulas.Sign)
	errs = [3]float64{distance(minus, p) / size, distance(plus, p) / size, distance(first, p) / size}
	l.note("minus", errs[0], errs[0] <= s.Tolerance, g.example)
	l.note("plus", distance(plus, p)/slices.Max(g.Noise), errs[1] <= s.Tolerance, g.example)
	l.note("first-order", errs[2], errs[2] <= s.Tolerance, g.example)

	channels, positions := g.Size()
	dropped := mat.NewDense(channels, positions, nil)
	for c := range channels {
		for k := range positions {
			dropped.Set(c, k, Remainder(g.Response.At(c, k))*g.Noise[c])
		}
	}
	first.Sub(first, p)
	if err := dropped.Solve(g.Gains, dropped); err == nil {
		e := distance(first, dropped) / size
		l.note("dropped", e, e <= s.Tolerance, g.example)
	}
	return errs
}

// deviate returns the largest utility that random deviations of one channel gain: other shares, and small shifts of power
// between two positions.
func (s Games) deviate(g *play, p *mat.Dense) float64 {
	channels, positions := g.Size()
	r := stream.New(uint64(g.seed), "deviations "+g.origin)
	n, q := make([]float64, positions), make([]float64, positions)
	most := math.Inf(-1)
	for range 20 {
		c := r.IntN(channels)
		g.disturbance(n, p, c)
		powers, own := p.RawRowView(c), g.Gains.At(c, c)
		now := rate(powers, n, own)
		g.randomShare(&r, q, c)
		most = max(most, rate(q, n, own)-now)
		copy(q, powers)
		from := r.IntN(positions)
		to := (from + 1 + r.IntN(positions-1)) % positions
		part := float64(q[from] * math.Pow(10, float64(-6*r.Float64())))
		q[from] -= part
		q[to] += part
		most = max(most, rate(q, n, own)-now)
	}
	return most
}

// maximiser maximises the utility of channel c over its shares of the budget, as a soft-max of free numbers, and returns by
// how much it ends above the best response; false where it stops short of a maximum.
func maximiser(g *Game, p *mat.Dense, c int, r *stream.Stream) (gain float64, ok bool) {
	_, positions := g.Size()
	n, q := make([]float64, positions), make([]float64, positions)
	g.disturbance(n, p, c)
	own := g.Gains.At(c, c)
	shares := func(x []float64) {
		top, sum := slices.Max(x), 0.0
		for k, v := range x {
			q[k] = math.Exp(v - top)
			sum += q[k]
		}
		for k := range q {
			q[k] *= g.Budget[c] / sum
		}
	}
	x := make([]float64, positions)
	for k := range x {
		x[k] = r.Normal()
	}
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(x []float64) float64 { shares(x); return -rate(q, n, own) },
		Grad: func(grad, x []float64) {
			shares(x)
			var mean float64
			for k, power := range q {
				grad[k] = -own / (n[k] + own*power)
				mean += grad[k] * power / g.Budget[c]
			}
			for k, power := range q {
				grad[k] = power * (grad[k] - mean)
			}
		},
	}, x, &optimize.Settings{GradientThreshold: 1e-9, MajorIterations: 2000}, &optimize.LBFGS{})
	if result == nil || err != nil && !(result.F < 0) {
		return 0, false
	}
	best := make([]float64, positions)
	g.BestResponse(best, p, c)
	gain = -result.F - rate(best, n, own)
	return gain, true
}

// spreads measures the errors of the forms by how far h is from 1.
func (s Games) spreads(ctx context.Context, r *GamesResult) error {
	const games = 20
	for _, spread := range s.Spreads {
		var e SpreadError
		e.Spread = spread
		var errs [3][]float64
		for n := range games {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			draw := stream.New(uint64(s.Seeds[0]), "spread", math.Float64bits(spread), uint64(n))
			g := randomGame(&draw, 4, 16, 0.5, spread)
			p := g.randomPowers(&draw)
			s.converge(&g, p, GaussSeidel)
			for _, h := range g.Response.RawMatrix().Data {
				e.Remainder += Remainder(h) / float64(games*4*16)
			}
			minus, _ := g.Expanded(s.Formulas.Sign)
			plus, _ := g.Expanded(-s.Formulas.Sign)
			first, _ := g.FirstOrder(s.Formulas.Sign)
			for i, form := range []*mat.Dense{minus, plus, first} {
				errs[i] = append(errs[i], distance(form, p)/slices.Max(g.Noise))
			}
		}
		e.Minus, e.Plus, e.FirstOnly = median.Of(errs[0]), median.Of(errs[1]), median.Of(errs[2])
		r.Spreads = append(r.Spreads, e)
	}
	return nil
}
