package theory

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/nash"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/words"
)

// counterexamples is the section of counterexamples to statements that do not hold.
func counterexamples(findings []nash.Finding) page.Section {
	t := &page.Table{Name: "counterexamples", Columns: []page.Column{
		{Head: "statement", Text: true}, {Head: "case", Text: true}, {Head: "figure"}, {Head: "which is", Text: true},
		{Head: "found by", Text: true},
	}}
	for _, f := range findings {
		if f.Holds || f.Example == nil {
			continue
		}
		t.Rows = append(t.Rows, []string{f.ID, caseText(f.Example), words.Figure(f.Example.Figure), f.Measure, f.Example.Origin})
	}
	return page.Section{Head: "Counterexamples", Text: []string{
		"The smallest counterexample to each statement that does not hold, with as few decimals as possible. " +
			"`--case` with its file in `cases/` examines it again.",
	}, Table: t}
}

// caseText writes a case on one line.
func caseText(c *nash.Case) string {
	if c.Numbers() > 40 {
		return fmt.Sprintf("%d numbers, too many to print", c.Numbers())
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(c.Arrays)) {
		var rows []string
		for _, row := range c.Arrays[name] {
			var cells []string
			for _, v := range row {
				cells = append(cells, strconv.FormatFloat(v, 'g', 6, 64))
			}
			rows = append(rows, strings.Join(cells, " "))
		}
		parts = append(parts, name+" = ["+strings.Join(rows, "; ")+"]")
	}
	return strings.Join(parts, ", ")
}

func stepsText(steps int) string {
	if steps == nash.Exact {
		return "∞"
	}
	return strconv.Itoa(steps)
}

func runRemark1(ctx context.Context, s *spec.Spec, _ run.Options, _ *run.Progress) ([]nash.Finding, []page.Section, error) {
	r := remark1Of(s)
	found, err := r.Check(ctx)
	if err != nil {
		return nil, nil, err
	}
	field := &chart.Field{
		X: chart.Grid(r.Gammas[0], r.Gammas[len(r.Gammas)-1], 121), Y: chart.Grid(r.Betas[0], r.Betas[len(r.Betas)-1], 121),
		Levels: []float64{1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1},
	}
	for _, gamma := range field.X {
		column := make([]float64, len(field.Y))
		for j, beta := range field.Y {
			_, second := nash.Moments(gamma, beta)
			column[j], _ = strconv.ParseFloat(strconv.FormatFloat(second, 'g', 3, 64), 64) // three digits are enough for an image
		}
		field.Values = append(field.Values, column)
	}
	plane := chart.Chart{Name: "plane", Title: "E[y²] of y = max(0, γz+β), z normally distributed",
		Panels: []chart.Panel{{X: "γ", Y: "β", Field: field}}}
	limit := chart.Panel{X: "γ", Y: "E[y²]", LogX: true, LogY: true, Least: new(1e-10)}
	for _, beta := range []float64{1, 0.1, 0, -0.1, -1} {
		l := chart.Line{Label: fmt.Sprintf("β = %v", beta)}
		for k := -4.0; k <= 0.5; k += 0.125 {
			gamma := math.Pow(10, k)
			_, second := nash.Moments(gamma, beta)
			l.X, l.Y = append(l.X, gamma), append(l.Y, second)
		}
		limit.Lines = append(limit.Lines, l)
	}
	return found.Findings, []page.Section{
		counterexamples(found.Findings),
		{Head: "Where a channel is inhibited", Text: []string{
			"Dark: inhibited. Channels become inhibited as γ → 0 only if β ≤ 0, and as β → −∞ for any γ.",
		}, Charts: []chart.Chart{plane, {Name: "limit", Title: "E[y²] as γ goes to 0; smaller values are drawn as 1e-10",
			Panels: []chart.Panel{limit}}}},
	}, nil
}

func runProposition1(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	p := proposition1Of(s)
	layers, about, err := trained.Layers(ctx, s, o, log)
	if err != nil {
		return nil, nil, err
	}
	p.Layers = layers
	r, err := p.Check(ctx)
	if err != nil {
		return nil, nil, err
	}
	return r.Findings, append([]page.Section{
		counterexamples(r.Findings), searches(r),
	}, append(shareSections(r), newtonSection(r), layerShares(r, about))...), nil
}

// searches shows the smallest ratios that searches for violations found.
func searches(r *nash.Proposition1Result) page.Section {
	t := &page.Table{Name: "searches", Columns: []page.Column{{Head: "T"}, {Head: "channels"}, {Head: "smallest |γ̂_c|/|γ_c|"}}}
	for _, e := range r.Found {
		t.Rows = append(t.Rows, []string{stepsText(e.Steps), strconv.Itoa(e.Channels), words.Figure(e.Ratio)})
	}
	return page.Section{Head: "Adversarial cases", Text: []string{fmt.Sprintf(
		"%d random cases, and %d final cases of searches (Nelder–Mead over all correlations and γ with |γ_c| ≥ 0.01‖γ‖, minimising the "+
			"figure of a statement). %d cases had 1 − λ_max below 1e-10 and were left out of (2). The smallest ratios found by searches for a "+
			"violation of (1):",
		r.Random, r.Adversarial, r.Border)}, Table: t}
}

// shareSections shows how often (1) holds.
func shareSections(r *nash.Proposition1Result) []page.Section {
	type ensemble struct {
		signed      bool
		correlation float64
	}
	var order []ensemble
	by := map[ensemble][]nash.Share{}
	for _, share := range r.Shares {
		e := ensemble{share.Signed, share.Correlation}
		if by[e] == nil {
			order = append(order, e)
		}
		by[e] = append(by[e], share)
	}
	slices.SortStableFunc(order, func(a, b ensemble) int {
		switch {
		case a.signed == b.signed:
			return 0
		case b.signed:
			return -1
		}
		return 1
	})
	panels := []chart.Panel{
		{Title: "γ > 0, common part of one sign", X: "T", Y: "cases in which (1) holds (%)", Least: new(0.0), Most: new(100.0)},
		{Title: "random signs", X: "T", Y: "cases in which (1) holds (%)", Least: new(0.0), Most: new(100.0)},
	}
	table := func(name string, cell func(nash.Share) string) *page.Table {
		t := &page.Table{Name: name, Columns: []page.Column{{Head: "signs", Text: true}, {Head: "in common"}}}
		for _, share := range by[order[0]] {
			t.Columns = append(t.Columns, page.Column{Head: "T = " + stepsText(share.Steps)})
		}
		for _, e := range order {
			row := []string{"positive", strconv.FormatFloat(e.correlation, 'g', -1, 64)}
			if e.signed {
				row[0] = "random"
			}
			for _, share := range by[e] {
				row = append(row, cell(share))
			}
			t.Rows = append(t.Rows, row)
		}
		return t
	}
	for _, e := range order {
		l, ticks := chart.Line{Label: fmt.Sprintf("%v in common", e.correlation)}, map[string]float64{}
		for i, share := range by[e] {
			l.X, l.Y = append(l.X, float64(i)), append(l.Y, 100*share.Cases)
			ticks[stepsText(share.Steps)] = float64(i)
		}
		at := 0
		if e.signed {
			at = 1
		}
		panels[at].Lines, panels[at].XLabels = append(panels[at].Lines, l), ticks
	}
	return []page.Section{
		{Head: "How often (1) holds: cases (%)", Text: []string{
			"Share of random cases in which |γ̂_c| ≥ |γ_c| for all channels. “In common” is the share of variance that the channels have in " +
				"common. T = ∞ is the exact Σ_N^{-1/2}.",
		}, Table: table("cases", func(s nash.Share) string { return words.Percent(s.Cases) }),
			Charts: []chart.Chart{{Name: "shares", Title: "Proposition 1 (1) by steps of Newton's iteration", Panels: panels}}},
		{Head: "How often (1) holds: channels (%)", Table: table("channels", func(s nash.Share) string { return words.Percent(s.Channels) })},
		{Head: "Smallest |γ̂_c|/|γ_c|", Table: table("smallest", func(s nash.Share) string { return words.Figure(s.Smallest) })},
	}
}

// newtonSection shows the error of the Newton iteration.
func newtonSection(r *nash.Proposition1Result) page.Section {
	t := &page.Table{Name: "newton", Columns: []page.Column{{Head: "condition"}}}
	panel := chart.Panel{X: "T", Y: "relative error", LogY: true, Least: new(1e-16)}
	for _, e := range r.Newton {
		if n := len(panel.Lines); n == 0 || panel.Lines[n-1].Label != "condition "+words.Figure(e.Condition) {
			panel.Lines = append(panel.Lines, chart.Line{Label: "condition " + words.Figure(e.Condition)})
			t.Rows = append(t.Rows, []string{words.Figure(e.Condition)})
		}
		n := len(panel.Lines) - 1
		panel.Lines[n].X, panel.Lines[n].Y = append(panel.Lines[n].X, float64(e.Steps)), append(panel.Lines[n].Y, e.Error)
		if slices.Contains([]int{1, 2, 3, 5, 7, 10, 15, 20}, e.Steps) {
			if n == 0 {
				t.Columns = append(t.Columns, page.Column{Head: "T = " + strconv.Itoa(e.Steps)})
			}
			t.Rows[n] = append(t.Rows[n], words.Figure(e.Error))
		}
	}
	return page.Section{Head: "Newton's iteration", Text: []string{
		"‖P_T − Σ_N^{-1/2}‖/‖Σ_N^{-1/2}‖, Frobenius, on matrices of 8 channels whose eigenvalues are in a geometric sequence, by condition " +
			"number.",
	}, Table: t, Charts: []chart.Chart{{Name: "newton-error", Title: "Error of P_T against the inverse square root",
		Panels: []chart.Panel{panel}}}}
}

// layerShares shows (1) on trained networks.
func layerShares(r *nash.Proposition1Result, about []string) page.Section {
	t := &page.Table{Name: "layers", Columns: []page.Column{
		{Head: "block", Text: true}, {Head: "groups"}, {Head: "channels left out"}, {Head: "smallest (P_3ΣP_3)_cc/γ_c²"},
	}}
	steps := []int{1, 2, 3, nash.Exact}
	for _, n := range steps {
		t.Columns = append(t.Columns, page.Column{Head: "channels, T = " + stepsText(n) + " (%)"})
	}
	for _, n := range steps[2:] {
		t.Columns = append(t.Columns, page.Column{Head: "smallest |γ̂_c|/|γ_c|, T = " + stepsText(n)})
	}
	for _, l := range r.Layers {
		row := []string{l.Layer, strconv.Itoa(l.Groups), strconv.Itoa(l.Left), words.Figure(l.Variance)}
		cell := func(n int, of func(nash.Share) string) string {
			for _, s := range l.Shares {
				if s.Steps == n {
					return of(s)
				}
			}
			return ""
		}
		for _, n := range steps {
			row = append(row, cell(n, func(s nash.Share) string { return words.Percent(s.Channels) }))
		}
		for _, n := range steps[2:] {
			row = append(row, cell(n, func(s nash.Share) string { return words.Figure(s.Smallest) }))
		}
		t.Rows = append(t.Rows, row)
	}
	return page.Section{Head: "Trained networks", Text: []string{
		"Σ and γ are those of the blocks' channel groups on one batch of training images. Networks: " + strings.Join(about, "; ") + ".",
	}, Table: t}
}

func runGames(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	g := gamesOf(s)
	layers, about, err := trained.Layers(ctx, s, o, log)
	if err != nil {
		return nil, nil, err
	}
	for _, seed := range s.Seeds {
		random, err := trained.RandomLayers(seed)
		if err != nil {
			return nil, nil, err
		}
		g.Layers = append(g.Layers, random...)
	}
	g.Layers = append(g.Layers, layers...)
	r, err := g.Check(ctx)
	if err != nil {
		return nil, nil, err
	}
	return r.Findings, []page.Section{
		counterexamples(r.Findings), signSection(r), convergenceSection(r), layerGames(r, about),
	}, nil
}

// signSection shows the errors of the versions of the closed form.
func signSection(r *nash.GamesResult) page.Section {
	t := &page.Table{Name: "forms", Columns: []page.Column{
		{Head: "spread of h"}, {Head: "mean δ"}, {Head: "− (2+δ)σ"}, {Head: "+ (2+δ)σ"}, {Head: "− 2σ, without δ"},
	}}
	lines := []chart.Line{{Label: "+ (2+δ)σ, as printed"}, {Label: "− 2σ, without δ"}, {Label: "− (2+δ)σ"}}
	for _, e := range r.Spreads {
		t.Rows = append(t.Rows, []string{words.Figure(e.Spread), words.Figure(e.Remainder), words.Figure(e.Minus), words.Figure(e.Plus),
			words.Figure(e.FirstOnly)})
		for i, y := range []float64{e.Plus, e.FirstOnly, e.Minus} {
			lines[i].X, lines[i].Y = append(lines[i].X, e.Remainder), append(lines[i].Y, y)
		}
	}
	return page.Section{Head: "The sign, and the dropped term", Text: []string{
		fmt.Sprintf("Over %d solved games, the largest errors relative to the largest power: %s with − (2+δ)σ, %s with + (2+δ)σ, %s without δ. "+
			"Under this reconstruction of the game the sign is minus.", r.Games, words.Figure(r.Signs[0]), words.Figure(r.Signs[1]),
			words.Figure(r.Signs[2])),
		"By the distance of h from 1 (4 channels, 16 positions, spectral radius 0.5): medians of 20 games, relative to the largest noise.",
	}, Table: t, Charts: []chart.Chart{{Name: "forms-error", Title: "Error of the closed form against the solved game", Panels: []chart.Panel{{
		X: "mean δ", Y: "error, relative to the largest noise", LogX: true, LogY: true, Least: new(1e-16), Lines: lines,
	}}}}}
}

// convergenceSection shows the convergence of iterated best response.
func convergenceSection(r *nash.GamesResult) page.Section {
	t := &page.Table{Name: "convergence", Columns: []page.Column{
		{Head: "spectral radius"}, {Head: "order", Text: true}, {Head: "every start converges (% of games)"},
		{Head: "to one point (% of games)"}, {Head: "rounds, mean over converged starts"},
	}}
	panels := []chart.Panel{
		{Title: nash.Jacobi.String(), X: "round", Y: "largest change of a power", LogX: true, LogY: true, Least: new(1e-15), Most: new(10.0)},
		{Title: nash.GaussSeidel.String(), X: "round", Y: "largest change of a power", LogX: true, LogY: true, Least: new(1e-15),
			Most: new(10.0)},
	}
	for _, m := range r.Meetings {
		t.Rows = append(t.Rows, []string{words.Figure(m.Radius), m.Order.String(), words.Percent(m.Converged), words.Percent(m.OnePoint),
			strconv.FormatFloat(m.Rounds, 'f', 1, 64)})
		l := chart.Line{Label: "radius " + words.Figure(m.Radius)}
		for k := range m.Changes {
			// Draw all of the first rounds, then fewer and fewer, and the last.
			if last := len(m.Changes) - 1; k < 20 || k%int(math.Pow(2, math.Floor(math.Log2(float64(k)/10)))) == 0 || k == last {
				l.X, l.Y = append(l.X, float64(k+1)), append(l.Y, m.Changes[k])
			}
		}
		panels[m.Order].Lines = append(panels[m.Order].Lines, l)
	}
	return page.Section{Head: "Iterated best response", Text: []string{
		"By the spectral radius of Diag(g_cc)⁻¹offdiag(G). Below 1 there is one equilibrium, and both orders converge to it. Above 1, " +
			"channels that all respond at once mostly never converge. Channels that take turns converge to different equilibria, or not at all.",
	}, Table: t, Charts: []chart.Chart{{Name: "convergence-rounds", Title: "Iterated best response, one game of each radius, relative to " +
		"its largest power", Panels: panels}}}
}

// layerGames compares CE with the form of the equilibrium.
func layerGames(r *nash.GamesResult, about []string) page.Section {
	t := &page.Table{Name: "layers", Columns: []page.Column{
		{Head: "block", Text: true}, {Head: "identity, error"}, {Head: "γ > 0 (%)"}, {Head: "1/v > 0 (%)"}, {Head: "G ≥ 0 (%)"},
		{Head: "x̄ > 0 (%)"},
		{Head: "positions (%)"}, {Head: "dropped there"}, {Head: "dropped, by entry"}, {Head: "inequality, apart"},
	}}
	optional := func(v float64) string {
		if v < 0 {
			return "–"
		}
		return words.Figure(v)
	}
	var shown *nash.LayerGame // the first trained one, or the first
	for i := range r.Layers {
		l := &r.Layers[i]
		if shown == nil || shown.Random && !l.Random {
			shown = l
		}
		t.Rows = append(t.Rows, []string{l.Layer, words.Figure(l.Error), words.Percent(l.Noise), words.Percent(l.Levels),
			words.Percent(l.Gains), words.Percent(l.Responses),
			words.Percent(l.Positions), optional(l.Dropped), optional(l.DroppedEntry), words.Figure(l.Apart)})
	}
	section := page.Section{Head: "Channel Equilibrium in the form of the equilibrium", Text: []string{
		"With G = M⁻¹, σ = γ, h = x̄ and 1/v = (β+2γ)/g_cc, the form without δ is M(γ ⊙ x̄ + β), the output of the block. This is an " +
			"identity for all weights. Its error, relative to the largest output, is float32 rounding. It tests the block, not the theory.",
		"It would be evidence if the hypotheses held: γ_c > 0, 1/v_c > 0, G ≥ 0 off the diagonal, x̄ > 0. “Positions” is the share of " +
			"positions at which all x̄ and γ of a group are positive. “Dropped there” is the median of ‖G⁻¹(δ ⊙ σ)‖/‖output‖ over them. " +
			"“Dropped, by entry” is the median of δγ/(γx̄ + |β|) over all entries with x̄ > 0 and γ > 0. “Apart” is the mean relative distance " +
			"of the two sides of (λΣ + (1−λ)Diag(v))^{-1/2} ⪯ λΣ^{-1/2} + (1−λ)Diag(v)^{-1/2} at λ = ½.",
		"Networks: " + strings.Join(about, "; ") + "; and blocks with random weights.",
		verdict(r),
	}, Table: t}
	if shown != nil {
		section.Charts = []chart.Chart{{Name: "identity", Title: "Form against output, " + shown.Layer + ", first image", Panels: []chart.Panel{{
			X: "output of the block", Y: "form", Lines: []chart.Line{
				{Label: "− 2σ (the identity)", X: shown.Output, Y: shown.Form, Apart: true},
				{Label: "+ 2σ, as printed", X: shown.Output, Y: shown.Plus, Apart: true},
			},
		}}}}
	}
	return section
}

// verdict summarises the figures of the layers.
func verdict(r *nash.GamesResult) string {
	var gains, responses, positions, n float64
	all := true
	for _, l := range r.Layers {
		if l.Random {
			continue
		}
		n++
		gains += l.Gains
		responses += l.Responses
		positions += l.Positions
		all = all && l.Gains == 1 && l.Responses == 1 && l.Noise == 1 && l.Levels == 1
	}
	if n == 0 {
		return ""
	}
	text := fmt.Sprintf("On trained blocks, on average, %.1f %% of gains off the diagonal are not negative, %.1f %% of x̄ are positive, "+
		"and %.3f %% of the positions have all of a group's x̄ and γ positive.",
		100*gains/n, 100*responses/n, 100*positions/n)
	if all {
		return text + " All hypotheses hold."
	}
	return text + " The hypotheses of the game do not hold: CE matches the equilibrium in form only."
}
