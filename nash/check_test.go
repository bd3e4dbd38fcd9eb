package nash

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"cenet/nn/stream"
)

// Checks at a size for tests.
func smallRemark1() Remark1 {
	return Remark1{
		Gammas: []float64{0, 1e-3, 0.1, -0.5, 1, 2}, Betas: []float64{-6, -1, 0, 0.5, 2},
		Samples: 20000, Deviations: 5, Tolerance: 1e-10, Seeds: []int{1}, Formulas: Stated(),
	}
}

func smallProposition1() Proposition1 {
	return Proposition1{
		Seeds: []int{1, 2}, Cases: 200, Sizes: []int{2, 3, 5, 8}, Correlations: []float64{0, 0.9}, Samples: 2,
		Steps: []int{0, 1, 2, 3, 10}, Conditions: []float64{1, 100}, Searches: 2, Evaluations: 500, Tolerance: 1e-10,
		Layers: []Layer{randomLayer(1, false), randomLayer(2, true)}, Formulas: Stated(),
	}
}

func smallGames() Games {
	return Games{
		Seeds: []int{1}, Games: 30, Scarce: 10, Sizes: []int{2, 3, 8}, Positions: []int{2, 8}, Radii: []float64{0.3, 0.8},
		Beyond: []float64{0.9, 2}, Meetings: 4, Starts: 2, Rounds: 1000, Spreads: []float64{0.1, 0.5}, Tolerance: 1e-10, Gap: 1e-9,
		Rounding: 1e-5, Layers: []Layer{randomLayer(1, false), randomLayer(2, true)}, Formulas: Stated(),
	}
}

// randomLayer is a block by its definition: y = M_n·x̃, in float64.
func randomLayer(seed uint64, weights bool) Layer {
	const channels, group, images, pixels = 8, 4, 6, 9
	r := stream.New(seed, "layer")
	l := Layer{
		Name: "random", Random: true, Channels: channels, Group: group, Pixels: pixels, Gamma: make([]float64, channels),
		Beta:  make([]float64, channels),
		Steps: 3, Epsilon: 1e-5, Lambda: 1,
	}
	for c := range channels {
		l.Gamma[c], l.Beta[c] = 0.2+r.Float64(), r.Normal()
	}
	for range images * pixels {
		for c := range channels {
			l.X = append(l.X, l.Beta[c]+l.Gamma[c]*r.Normal())
		}
	}
	if weights {
		l.Lambda = 0.4
		for range images * channels {
			l.Weights = append(l.Weights, r.Float64())
		}
	}
	l.Y = make([]float64, len(l.X))
	for j := range l.Groups() {
		for n := range images {
			m := l.Matrix(l.P(j), j, n)
			for k := range pixels {
				at := (n*pixels+k)*channels + j*group
				for a := range group {
					for b := range group {
						l.Y[at+a] += m.At(a, b) * l.X[at+b]
					}
				}
			}
		}
	}
	return l
}

type check interface {
	findings(t *testing.T) []Finding
	Again(*Case) ([]Finding, error)
}

type (
	remark1Check struct{ Remark1 }
	prop1Check   struct{ Proposition1 }
	gamesCheck   struct{ Games }
)

func (c remark1Check) findings(t *testing.T) []Finding {
	r, err := c.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

func (c prop1Check) findings(t *testing.T) []Finding {
	r, err := c.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

func (c gamesCheck) findings(t *testing.T) []Finding {
	r, err := c.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return r.Findings
}

// What must hold holds, what must fail is found to fail, and every case that is kept fails again after a detour through JSON.
func TestChecks(t *testing.T) {
	for name, c := range map[string]check{
		NameRemark1: remark1Check{smallRemark1()}, NameProposition1: prop1Check{smallProposition1()}, NameGames: gamesCheck{smallGames()},
	} {
		t.Run(name, func(t *testing.T) {
			findings := c.findings(t)
			if failed := Failed(findings); failed != "" {
				t.Error(failed)
			}
			for _, f := range findings {
				t.Logf("%-16s holds %-5v cases %6d failures %6d worst %.3g", f.ID, f.Holds, f.Cases, f.Failures, f.Worst)
				if f.Example == nil {
					continue
				}
				text, err := json.Marshal(f.Example)
				if err != nil {
					t.Fatal(err)
				}
				var read Case
				if err := json.Unmarshal(text, &read); err != nil {
					t.Fatal(err)
				}
				again, err := c.Again(&read)
				if err != nil {
					t.Fatalf("%s: %v", f.ID, err)
				}
				if g := failed(again, f.ID); g == nil || f.Worst != math.MaxFloat64 && math.Abs(g.Worst-f.Example.Figure) > 1e-9*(1+math.Abs(g.Worst)) {
					t.Errorf("%s: the case does not fail again as it did: %+v", f.ID, g)
				}
			}
		})
	}
}

// A wrong formula does not pass.
func TestMutations(t *testing.T) {
	signed, untraced, fewer := Stated(), Stated(), Stated()
	signed.Sign = 1
	untraced.Trace = func([]float64) float64 { return 1 }
	fewer.Newton = func(lambda float64, steps int) float64 { return Stated().Newton(lambda, max(0, steps-1)) }

	games := smallGames()
	games.Formulas = signed
	for name, test := range map[string]struct {
		check
		statements []string // that notice
	}{
		"sign of (2+δ)σ":         {gamesCheck{games}, []string{"minus", "dropped"}},
		"no trace normalisation": {prop1With(untraced), []string{"scale-1", "bracket", "variance", "length"}},
		"one Newton step fewer":  {prop1With(fewer), []string{"bracket", "length", "length-samples", "newton"}},
	} {
		t.Run(name, func(t *testing.T) {
			failures := Failed(test.findings(t))
			for _, s := range test.statements {
				if !strings.Contains(failures, s+":") {
					t.Errorf("%s does not notice; what does: %q", s, failures)
				}
			}
			t.Log(failures)
		})
	}
}

func prop1With(f Formulas) check {
	p := smallProposition1()
	p.Formulas = f
	return prop1Check{p}
}

// A block that computes something else does not pass for CE.
func TestIdentityNotices(t *testing.T) {
	for name, change := range map[string]func(*Layer){
		"output":    func(l *Layer) { l.Y[17] += 1e-3 },
		"two steps": func(l *Layer) { l.Steps = 2 },
		"λ":         func(l *Layer) { l.Lambda = 0.41 },
		"weights":   func(l *Layer) { l.Weights[3] += 0.01 },
		"rescaled":  func(l *Layer) { l.Rescale = true },
	} {
		games, layer := smallGames(), randomLayer(2, true)
		change(&layer)
		l := newLedger(gameStatements)
		games.layer(l, &layer)
		if failed(l.Findings, "identity") == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// The results depend on nothing but the settings.
func TestDeterministic(t *testing.T) {
	a, _ := smallProposition1().Check(context.Background())
	b, _ := smallProposition1().Check(context.Background())
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if string(x) != string(y) || len(x) < 1000 {
		t.Error("two runs differ")
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := smallRemark1().Check(ctx); err == nil {
		t.Error("remark1 goes on")
	}
	if _, err := smallProposition1().Check(ctx); err == nil {
		t.Error("prop1 goes on")
	}
	if _, err := smallGames().Check(ctx); err == nil {
		t.Error("nash goes on")
	}
}

// Files with cases come from outside.
func TestBadCases(t *testing.T) {
	type arrays = map[string][][]float64
	for _, a := range []arrays{
		nil, {"gamma": {}}, {"gamma": {{1}, {2}}}, {"gamma": {{1, 2}}, "rho": {{1, 0}}}, {"gamma": {{1, 2}}, "rho": {{1, 0}, {0}}},
		{"gamma": {{1, 2}}, "rho": {{1, 2}, {2, 1}}}, {"gamma": {{1, 2}}, "rho": {{1, 0.5}, {0.4, 1}}},
		{"gamma": {{0, 0}}, "rho": {{1, 0}, {0, 1}}},
		{"gamma": {{math.NaN(), 2}}, "rho": {{1, 0}, {0, 1}}}, {"gamma": {{1, 2}}, "rho": {{2, 0}, {0, 1}}},
	} {
		if _, err := smallProposition1().Again(&Case{Check: NameProposition1, Arrays: a}); err == nil {
			t.Errorf("prop1 takes %v", a)
		}
	}
	good := arrays{"noise": {{1, 1}}, "budget": {{1, 1}}, "gains": {{1, 0}, {0, 1}}, "response": {{1, 2}, {1, 2}}}
	if _, err := smallGames().Again(&Case{Check: NameGames, Arrays: good}); err != nil {
		t.Fatal(err)
	}
	for name, value := range (arrays{
		"noise": {{0, 1}}, "budget": {{1}}, "gains": {{1, -1}, {0, 1}}, "response": {{0, 1}, {1, 1}},
		"sigma": {{1, 2}, {2, 1}}, "input": {{1, 2}},
	}) {
		bad := arrays{name: value}
		for k, v := range good {
			if k != name {
				bad[k] = v
			}
		}
		if _, err := smallGames().Again(&Case{Check: NameGames, Arrays: bad}); err == nil {
			t.Errorf("nash takes %s = %v", name, value)
		}
	}
	if _, err := smallRemark1().Again(&Case{Check: NameRemark1, Arrays: arrays{"gamma": {{1}}}}); err == nil {
		t.Error("remark1 takes a case without beta")
	}
}
