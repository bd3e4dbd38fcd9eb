package nash

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"cenet/nn/median"
)

// A LayerGame says how far a block is what the equilibrium describes.
type LayerGame struct {
	Layer    string
	Random   bool
	Channels int
	Error    float64 // of the identity, relative to the largest output

	// Shares that meet the hypotheses of the game.
	Noise     float64 // channels: σ = γ_c > 0
	Levels    float64 // channels of images: 1/v_c > 0
	Gains     float64 // entries of G off the diagonal: ≥ 0
	Responses float64 // entries of x̄: > 0
	Positions float64 // positions of groups: all x̄ > 0, σ > 0

	Dropped      float64 // at these positions, ‖G⁻¹(δ ⊙ σ)‖/‖output‖: the median; −1 without such positions
	DroppedEntry float64 // at entries with x̄ > 0, γ > 0: δσ/(|γx̄| + |β|), the median; −1 without such entries
	// Some outputs in ascending order, with the form without δ, −2σ, and what + 2σ makes of it.
	Output, Form, Plus []float64

	Apart float64 // sides of the matrix inequality, relative to the right one, the mean
}

// layer examines one block group by group.
func (s Games) layer(l *Ledger, layer *Layer) LayerGame {
	out := LayerGame{Layer: layer.Name, Random: layer.Random, Channels: layer.Channels}
	var t tally
	for j := range layer.Groups() {
		one := layer.only(j)
		g := newTally(one)
		e := g.maxDifference / g.maxOutput
		example := func() *Case { return one.example() }
		l.note("identity", e, e <= s.Rounding, example)
		l.note("hypotheses", g.responses.share(), g.met(), example)
		out.Error = max(out.Error, e)
		if j == 0 {
			out.sample(g.pairs)
		}
		t.join(g)
		sigma := one.withEpsilon(0)
		for n := range min(4, one.Images()) {
			v := make([]float64, one.Channels)
			within := one.covariance(0, n*one.Pixels, (n+1)*one.Pixels)
			for c := range v {
				v[c] = within.At(c, c) + one.Epsilon // positive even where an image is constant
			}
			apart := s.convex(l, sigma, v, 0.5, func() (int, string) { return 0, one.Name + fmt.Sprintf(", image %d", n) })
			t.apart += apart
			t.images++
		}
	}
	out.Noise, out.Levels, out.Gains = t.noise.share(), t.levels.share(), t.gains.share()
	out.Responses, out.Positions = t.responses.share(), t.positions.share()
	out.Dropped, out.DroppedEntry = -1, -1
	if len(t.dropped) > 0 {
		out.Dropped = median.Of(t.dropped)
	}
	if len(t.entries) > 0 {
		out.DroppedEntry = median.Of(t.entries)
	}
	out.Apart = t.apart / float64(t.images)
	return out
}

// count is a number out of another.
type count struct{ n, of int }

func (c *count) add(yes bool) {
	c.of++
	if yes {
		c.n++
	}
}

func (c count) share() float64 { return float64(c.n) / float64(max(1, c.of)) }

// tally is what is counted in groups of a layer.
type tally struct {
	maxDifference, maxOutput                   float64
	noise, levels, gains, responses, positions count
	dropped, entries                           []float64
	apart                                      float64
	images                                     int
	pairs                                      []pair // of the first image
}

func (t *tally) join(o *tally) {
	for _, c := range []struct{ to, from *count }{
		{&t.noise, &o.noise}, {&t.levels, &o.levels}, {&t.gains, &o.gains}, {&t.responses, &o.responses}, {&t.positions, &o.positions},
	} {
		c.to.n += c.from.n
		c.to.of += c.from.of
	}
	t.dropped = append(t.dropped, o.dropped...)
	t.entries = append(t.entries, o.entries...)
}

// met reports whether all hypotheses are met everywhere.
func (t *tally) met() bool {
	return !slices.ContainsFunc([]count{t.noise, t.levels, t.gains, t.responses}, func(c count) bool { return c.n < c.of })
}

// pair is an output with the form without δ, −2σ, and with +2σ in its place.
type pair struct{ output, form, plus float64 }

// sample keeps some pairs in ascending order of the output.
func (g *LayerGame) sample(pairs []pair) {
	const most = 60
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Compare(a.output, b.output) })
	for i := 0; i < len(pairs); i += max(1, len(pairs)/most) {
		g.Output, g.Form, g.Plus = append(g.Output, pairs[i].output), append(g.Form, pairs[i].form), append(g.Plus, pairs[i].plus)
	}
}

// newTally examines a layer of one group: for each image, G = M⁻¹, and the form of the equilibrium at every pixel.
func newTally(l *Layer) *tally {
	t := &tally{}
	g, p := l.Channels, l.P(0)
	for _, gamma := range l.Gamma {
		t.noise.add(gamma > 0)
	}
	for n := range l.Images() {
		var gains mat.Dense
		if err := gains.Inverse(l.Matrix(p, 0, n)); err != nil {
			t.maxDifference = math.NaN()
			return t
		}
		levels := make([]float64, g)
		for c := range g {
			levels[c] = (l.Beta[c] + 2*l.Gamma[c]) / gains.At(c, c)
			t.levels.add(levels[c] > 0)
			for d := range g {
				if c != d {
					t.gains.add(gains.At(c, d) >= 0)
				}
			}
		}
		form, lost, four := mat.NewDense(g, l.Pixels, nil), mat.NewDense(g, l.Pixels, nil), mat.NewDense(g, 1, nil)
		for c, gamma := range l.Gamma {
			four.Set(c, 0, 4*gamma)
		}
		whole := make([]bool, l.Pixels) // positions where the game is one
		for k := range l.Pixels {
			x := l.X[(n*l.Pixels+k)*g:][:g]
			whole[k] = true
			for c, v := range x {
				gamma, beta, h := l.Gamma[c], l.Beta[c], 0.0
				if gamma != 0 {
					h = (v - beta) / gamma
				}
				t.responses.add(h > 0)
				form.Set(c, k, float64(gamma*h)+float64(levels[c]*gains.At(c, c))-float64(2*gamma))
				if h > 0 && gamma > 0 {
					d := Remainder(h) * gamma
					lost.Set(c, k, d)
					t.entries = append(t.entries, d/(math.Abs(gamma*h)+math.Abs(beta)))
				} else {
					whole[k] = false
				}
			}
			t.positions.add(whole[k])
		}
		if err := errors.Join(form.Solve(&gains, form), lost.Solve(&gains, lost), four.Solve(&gains, four)); err != nil {
			t.maxDifference = math.NaN()
			return t
		}
		for k := range l.Pixels {
			y := l.Y[(n*l.Pixels+k)*g:][:g]
			for c, v := range y {
				t.maxDifference = max(t.maxDifference, math.Abs(form.At(c, k)-v))
				t.maxOutput = max(t.maxOutput, math.Abs(v))
				if n == 0 {
					t.pairs = append(t.pairs, pair{v, form.At(c, k), form.At(c, k) + four.At(c, 0)})
				}
			}
			if whole[k] {
				t.dropped = append(t.dropped, mat.Norm(lost.ColView(k), 2)/math.Sqrt(squared(y)))
			}
		}
	}
	return t
}

// only returns the layer of group j alone.
func (l *Layer) only(j int) *Layer {
	g, lo := l.Group, j*l.Group
	cut := func(x []float64, width int) []float64 {
		var out []float64
		for i := 0; i < len(x); i += width {
			out = append(out, x[i+lo:i+lo+g]...)
		}
		return out
	}
	o := *l
	o.Name = fmt.Sprintf("%s, group %d", l.Name, j)
	o.Channels = g
	o.Gamma, o.Beta = cut(l.Gamma, l.Channels), cut(l.Beta, l.Channels)
	o.X, o.Y = cut(l.X, l.Channels), cut(l.Y, l.Channels)
	if l.Weights != nil {
		o.Weights = cut(l.Weights, l.Channels)
	}
	return &o
}

// example is the case of a layer of one group.
func (l *Layer) example() *Case {
	table := func(x []float64) [][]float64 { return slices.Collect(slices.Chunk(x, l.Channels)) }
	rescale := 0.0
	if l.Rescale {
		rescale = 1
	}
	c := &Case{Check: NameGames, Origin: l.Name, Arrays: map[string][][]float64{
		"noise": {l.Gamma}, "beta": {l.Beta}, "input": table(l.X), "output": table(l.Y),
		"pixels": {{float64(l.Pixels)}}, "steps": {{float64(l.Steps)}}, "epsilon": {{l.Epsilon}}, "lambda": {{l.Lambda}}, "rescale": {{rescale}},
	}}
	if l.Weights != nil {
		c.Arrays["weights"] = table(l.Weights)
	}
	return c
}

// layerOf is the reverse of example.
func layerOf(c *Case) (*Layer, error) {
	r := reader{Case: c}
	gamma := r.vector("noise", 0)
	beta := r.vector("beta", len(gamma))
	numbers := map[string]float64{}
	for _, name := range []string{"pixels", "steps", "epsilon", "lambda", "rescale"} {
		for _, v := range r.vector(name, 1) {
			numbers[name] = v
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	l := &Layer{
		Name: c.Origin, Channels: len(gamma), Group: len(gamma), Pixels: int(numbers["pixels"]), Gamma: gamma, Beta: beta,
		Steps: int(numbers["steps"]), Epsilon: numbers["epsilon"], Lambda: numbers["lambda"], Rescale: numbers["rescale"] != 0,
	}
	samples := len(c.Arrays["input"])
	if l.Pixels < 1 || samples%l.Pixels != 0 || samples == 0 || l.Steps < 0 || l.Steps > 1000 {
		return nil, errors.New("nash: pixels, steps and input do not fit")
	}
	for name, to := range map[string]*[]float64{"input": &l.X, "output": &l.Y, "weights": &l.Weights} {
		n := samples
		if name == "weights" {
			if n = samples / l.Pixels; c.Arrays[name] == nil {
				continue
			}
		}
		m := r.matrix(name, n, len(gamma))
		if r.err != nil {
			return nil, r.err
		}
		*to = m.RawMatrix().Data
	}
	return l, nil
}
