// Package theory runs the checks of the paper's theory as experiments: Remark 1, Proposition 1 and the Nash equilibrium, with their
// pages.
package theory

import (
	"fmt"
	"slices"

	"cenet/experiments/check"
	"cenet/experiments/spec"
	"cenet/nash"
	"cenet/results/chart"
	"cenet/results/stats"
	"cenet/results/words"
)

// Statements lists for each check the authors' statements in words, and related statements of ours. A statement is judged by the
// counterexamples found, whatever was expected. The game is a reconstruction: the slides only have its equilibrium.
var Statements = map[string][]struct {
	id, Text, plot string
	ours           bool // not in the slides
}{
	nash.NameRemark1: {
		{"vanishes", "if β ≤ 0, E[y] and E[y²] vanish as γ → 0", "limit", false},
		{"only-if", "only then: no channel with another γ is inhibited", "plane", false},
	},
	nash.NameProposition1: {
		{"scale-1", "(1) |γ̂_c| ≥ |γ_c| after one step of Newton's iteration", "shares", false},
		{"scale-3", "(1) after three steps, as the network takes them", "shares", false},
		{"scale-exact", "(1) with the exact inverse square root", "shares", false},
		{"variance", "(1) as a statement on variances: no channel's falls", "", true},
		{"length", "(2) ‖Σ^(−1/2) x̃‖ > ‖x̃‖ where ρ has full rank", "", false},
	},
	nash.NameGames: {
		{"one-point", "the game has one Nash equilibrium, where channels interfere little enough (spectral radius below 1)",
			"convergence-rounds", false},
		{"beyond", "also where they interfere more", "convergence-rounds", true},
		{"plus", "the equilibrium is G⁻¹(Diag(σ)h + Diag(v)⁻¹diag(G) + (2+δ)σ), as printed", "forms-error", false},
		{"minus", "with − (2+δ)σ in place of it", "forms-error", true},
		{"identity", "CE has the form of the equilibrium, without δ", "identity", false},
		{"hypotheses", "CE's layers meet what the reconstructed game assumes: γ, 1/v, x̄ > 0 and G ≥ 0", "", true},
		{"convexity", "D_n^(−1/2) ⪯ λΣ^(−1/2) + (1−λ)Diag(v_n)^(−1/2)", "", false},
	},
}

// Claims returns the statements of a check that were decided, as claims.
func Claims(check string, findings []nash.Finding) []stats.Claim {
	var list []stats.Claim
	for _, t := range Statements[check] {
		i := slices.IndexFunc(findings, func(f nash.Finding) bool { return f.ID == t.id })
		if i < 0 || findings[i].Cases == 0 {
			continue
		}
		f := &findings[i]
		c := stats.Claim{Statement: t.Text, Role: stats.FromTheory, Plot: t.plot}
		if t.ours {
			c.Role = stats.NotInPaper
		}
		if f.Failures == 0 {
			c.Decision = stats.Reproduced
			c.Found = fmt.Sprintf("holds in all of %d cases; worst %s: %s", f.Cases, f.Measure, words.Figure(f.Worst))
		} else {
			c.Decision, c.Reason = stats.Contradicted, "counterexamples"
			c.Found = fmt.Sprintf("fails in %d of %d cases; worst %s: %s", f.Failures, f.Cases, f.Measure, words.Figure(f.Worst))
		}
		list = append(list, c)
	}
	return list
}

// Formulas returns the formulas that the checks verify. Tests replace it with wrong ones.
var Formulas = nash.Stated

// Checks maps names to checks of theory.
var Checks = map[string]check.Check{
	nash.NameRemark1: { // inhibited channels: moments of y = max(0, γz+β)
		Settings: remark1Settings{}, Alone: true,
		Run:    runRemark1,
		Replay: func(s *spec.Spec, c *nash.Case) ([]nash.Finding, error) { return remark1Of(s).Again(c) },
	},
	nash.NameProposition1: { // batch decorrelation: scales, variances and lengths
		Settings: nash.Proposition1{},
		Run:      runProposition1,
		Replay:   func(s *spec.Spec, c *nash.Case) ([]nash.Finding, error) { return proposition1Of(s).Again(c) },
	},
	nash.NameGames: { // the game, its equilibrium, and Channel Equilibrium in its form
		Settings: nash.Games{},
		Run:      runGames,
		Replay:   func(s *spec.Spec, c *nash.Case) ([]nash.Finding, error) { return gamesOf(s).Again(c) },
	},
}

// remark1Settings are the settings of Remark 1, with a grid by its ends.
type remark1Settings struct {
	Points    int     `toml:"points" default:"33" range:"[3,1001]" quick:"17" doc:"points of the grid, for γ and for β"`
	GammaMost float64 `toml:"gamma_most" default:"2" range:"(0,100]" doc:"the grid has γ from its negative to it"`
	BetaLeast float64 `toml:"beta_least" default:"-6" range:"[-100,0)" doc:"least β of the grid"`
	BetaMost  float64 `toml:"beta_most" default:"2" range:"(0,100]" doc:"largest β of the grid"`
	nash.Remark1
}

// remark1Of are the settings of an experiment, complete.
func remark1Of(s *spec.Spec) nash.Remark1 {
	c := spec.Of[remark1Settings](s)
	c.Seeds, c.Formulas = s.Seeds, Formulas()
	c.Gammas, c.Betas = chart.Grid(-c.GammaMost, c.GammaMost, c.Points), chart.Grid(c.BetaLeast, c.BetaMost, c.Points)
	return c.Remark1
}

// proposition1Of are the settings of an experiment, without layers of networks.
func proposition1Of(s *spec.Spec) nash.Proposition1 {
	c := spec.Of[nash.Proposition1](s)
	c.Seeds, c.Formulas = s.Seeds, Formulas()
	return c
}

// gamesOf are the settings of an experiment, without layers of networks.
func gamesOf(s *spec.Spec) nash.Games {
	c := spec.Of[nash.Games](s)
	c.Seeds, c.Formulas = s.Seeds, Formulas()
	return c
}
