package experiments

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"cenet/nash"
	"cenet/nn"
	"cenet/results"
)

const nameGamma = "gamma"

// small is the γ below which the authors count a channel.
const small = 0.1

// A normShare is the share of channels of some BatchNorms with a small γ, with a small |γ|, and with a β that is not positive.
type normShare struct{ gamma, size, beta float64 }

// norms are the BatchNorms of a network.
type norms struct {
	layers []string
	before []bool // a channel block stands behind it, or would
	gamma  [][]float32
	beta   [][]float32
}

// share is over the BatchNorms that are wanted.
func (n *norms) share(wanted func(i int) bool) (s normShare) {
	count := 0
	for i := range n.layers {
		if !wanted(i) {
			continue
		}
		for c, g := range n.gamma[i] {
			count++
			for _, v := range []struct {
				to *float64
				is bool
			}{{&s.gamma, g < small}, {&s.size, math.Abs(float64(g)) < small}, {&s.beta, n.beta[i][c] <= 0}} {
				if v.is {
					*v.to++
				}
			}
		}
	}
	return normShare{s.gamma / float64(count), s.size / float64(count), s.beta / float64(count)}
}

// normsOf returns the BatchNorms of a trial's network, as they are at the start where trained is false, else from its checkpoint.
func (t *Trial) normsOf(data *opened, o Options, trained bool) (*norms, error) {
	list, place := &norms{}, Blocks["ce"].Place
	marked := map[string]bool{}
	inner := t.factory()
	b := nn.NewBuilder()
	root, err := t.buildWith(b, len(data.Train.Classes), data.Train.Channels, func(b *nn.Builder, site nn.Site) nn.Layer {
		if place.holds(site) && site.Norm != nil {
			marked[site.Norm.Gamma.Path] = true
		}
		if inner == nil {
			return nil
		}
		return inner(b, site)
	})
	if err != nil {
		return nil, err
	}
	set := data.Train
	in := nn.Shape{N: 1, H: set.Height + 2*t.Data.Pad, W: set.Width + 2*t.Data.Pad, C: set.Channels}
	net, err := b.Build(root, in, nn.Options{Seed: uint64(t.Seed), Workers: 1})
	if err == nil && trained {
		err = t.recall(net, data, o, !o.Quick)
	}
	if err != nil {
		return nil, err
	}
	beta := map[string][]float32{}
	for _, p := range net.Params {
		if layer, ok := strings.CutSuffix(p.Path, "/beta"); ok {
			beta[layer] = p.Data
		}
	}
	for _, p := range net.Params {
		layer, ok := strings.CutSuffix(p.Path, "/gamma")
		if !ok || strings.Contains(p.Path, "/block/") { // the LayerNorm of a block is none
			continue
		}
		list.layers = append(list.layers, layer)
		list.before = append(list.before, marked[p.Path])
		list.gamma, list.beta = append(list.gamma, p.Data), append(list.beta, beta[layer])
	}
	return list, nil
}

// normCase is what the seeds of one network with one block came to.
type normCase struct {
	name        string
	seeds       []*norms
	start       *norms
	all, before []normShare
}

// runGamma trains what is missing of the networks without a block and with CE, and tells the shares.
func runGamma(ctx context.Context, s *Spec, o Options, log *progress) ([]nash.Finding, []results.Section, error) {
	spec, err := s.networksSpec()
	if err != nil {
		return nil, nil, err
	}
	w, err := plan(spec, &o, log.say)
	if err != nil {
		return nil, nil, err
	}
	other := func(t Trial) bool {
		return t.Model.Block != "none" && t.Model.Block != "ce" || !o.Quick && !slices.Contains(s.Seeds, t.Seed)
	}
	w.trials, w.missing = slices.DeleteFunc(w.trials, other), slices.DeleteFunc(w.missing, other)
	for i := range w.trials { // a record whose checkpoint is gone does not help
		t := w.trials[i]
		data := w.sources.sets[t.Data.opened()]
		if _, err := t.normsOf(data, o, true); errors.Is(err, errNotTrained) && !slices.ContainsFunc(w.missing, func(m Trial) bool { return m.String() == t.String() }) {
			w.missing = append(w.missing, t)
		}
	}
	if len(w.missing) > 0 {
		log.total = len(w.missing)
		estimated, err := estimate(ctx, w.missing, w.sources, o, !o.Quick)
		if err != nil {
			return nil, nil, err
		}
		log.expect(estimated)
		log.printf("%s: %d networks of %s to train: %s", s.Name, len(w.missing), spec.Name, estimated)
		if _, err := w.train(ctx, o, estimated.AtOnce, log); err != nil {
			return nil, nil, err
		}
	}
	var cases []*normCase
	for i := range w.trials {
		t := &w.trials[i]
		data := w.sources.sets[t.Data.opened()]
		name := label(t.Model.Backbone) + " " + label(t.Model.Block)
		at := slices.IndexFunc(cases, func(c *normCase) bool { return c.name == name })
		if at < 0 {
			start, err := t.normsOf(data, o, false)
			if err != nil {
				return nil, nil, err
			}
			cases, at = append(cases, &normCase{name: name, start: start}), len(cases)
		}
		n, err := t.normsOf(data, o, true)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t, err)
		}
		c := cases[at]
		c.seeds = append(c.seeds, n)
		c.all = append(c.all, n.share(func(int) bool { return true }))
		c.before = append(c.before, n.share(func(i int) bool { return n.before[i] }))
	}
	return nil, gammaSections(spec, cases), nil
}

func label(name string) string {
	if text, ok := labels[name]; ok {
		return text
	}
	return name
}

// paperShares are those of the authors' slides, tables 9 and 4, in percent: γ < 0.1 and β ≤ 0 after training on ImageNet.
var paperShares = map[string][2]float64{
	"ResNet-18 baseline": {1.2, 76.0}, "ResNet-50 baseline": {18.8, 76.7}, "ResNet-101 baseline": {21.4, 81.8},
}

func gammaSections(spec *Spec, cases []*normCase) []results.Section {
	table := &results.Table{Name: "table", Columns: []results.Column{
		{Head: "network", Text: true}, {Head: "of", Text: true}, {Head: "γ < 0.1 (%)"}, {Head: "paper"}, {Head: "|γ| < 0.1 (%)"}, {Head: "at the start"},
		{Head: "β ≤ 0 (%)"}, {Head: "paper"}, {Head: "at the start"}, {Head: "seeds"},
	}}
	percent := func(list []normShare, of func(normShare) float64) string {
		var values []float64
		for _, s := range list {
			values = append(values, 100*of(s))
		}
		return results.MeanText(values, 1)
	}
	gamma, size, beta := func(s normShare) float64 { return s.gamma }, func(s normShare) float64 { return s.size }, func(s normShare) float64 { return s.beta }
	for _, c := range cases {
		for _, k := range []struct {
			of     string
			shares []normShare
			wanted func(i int) bool
		}{
			{"all BatchNorms", c.all, func(int) bool { return true }},
			{"those before a block", c.before, func(i int) bool { return c.start.before[i] }},
		} {
			start := []normShare{c.start.share(k.wanted)}
			papers := [2]string{"–", "–"}
			if p, ok := paperShares[c.name]; ok && k.of == "all BatchNorms" {
				papers = [2]string{fmt.Sprintf("%.1f", p[0]), fmt.Sprintf("%.1f", p[1])}
			}
			table.Rows = append(table.Rows, []string{c.name, k.of, percent(k.shares, gamma), papers[0], percent(k.shares, size),
				fmt.Sprintf("%.1f", 100*size(start[0])), percent(k.shares, beta), papers[1], fmt.Sprintf("%.1f", 100*beta(start[0])), fmt.Sprint(len(k.shares))})
		}
	}
	section := results.Section{
		Head: "Shares of channels",
		Text: []string{
			fmt.Sprintf("Of the networks that %s trains, mean over seeds ± half the width of the 95 %% confidence interval. \"Those before a block\" are the "+
				"BatchNorms behind which Channel Equilibrium stands, or would.", spec.Name),
			"A share that has hardly moved from what it was at the start says nothing: β begins at 0, which counts as not positive, and where γ begins at 0, at the ends of " +
				"residual branches, it counts as small. The paper's shares are after 100 epochs on ImageNet, at full width.",
		},
		Table: table,
	}
	for _, q := range []struct {
		name, title string
		of          func(normShare) float64
	}{{"gamma", "channels with |γ| < 0.1", size}, {"beta", "channels with β ≤ 0", beta}} {
		chart := results.Chart{Name: q.name, Title: "Share of " + q.title + " by layer, mean over seeds"}
		panels := map[string]int{}
		for _, c := range cases {
			network, block, _ := strings.Cut(c.name, " ")
			at, ok := panels[network]
			if !ok {
				at = len(chart.Panels)
				panels[network] = at
				zero, one := 0.0, 1.0
				chart.Panels = append(chart.Panels, results.Panel{Title: network, X: "BatchNorm, from the input on", Y: "share of channels", Least: &zero, Most: &one})
			}
			line := results.Line{Label: block, Apart: true}
			for i := range c.start.layers {
				var sum float64
				for _, n := range c.seeds {
					sum += q.of(n.share(func(k int) bool { return k == i }))
				}
				line.X, line.Y = append(line.X, float64(i+1)), append(line.Y, sum/float64(len(c.seeds)))
			}
			chart.Panels[at].Lines = append(chart.Panels[at].Lines, line)
		}
		section.Charts = append(section.Charts, chart)
	}
	for _, c := range cases {
		section.Claims = append(section.Claims, c.claims()...)
	}
	return []results.Section{section}
}

// claims compare the shares of all BatchNorms with those that the authors print.
func (c *normCase) claims() []results.Claim {
	paper, ok := paperShares[c.name]
	if !ok {
		return nil
	}
	start := c.start.share(func(int) bool { return true })
	var list []results.Claim
	for i, k := range []struct {
		text, plot string
		of         func(normShare) float64
		decide     func(share results.Interval) string
	}{
		{"channels with γ < 0.1 emerge in training", "gamma", func(s normShare) float64 { return s.gamma }, func(share results.Interval) string {
			switch {
			case start.gamma > 0:
				return results.Undecidable.String() + " (some γ begin at 0)"
			case share.Lo() > 0:
				return results.Reproduced.String()
			case share.Hi() == 0:
				return results.NotReproduced.String()
			}
			return results.Undecidable.String()
		}},
		{"most channels have β ≤ 0", "beta", func(s normShare) float64 { return s.beta }, func(share results.Interval) string {
			switch {
			case share.Lo() > 50:
				return results.Reproduced.String()
			case share.Hi() < 50:
				return results.NotReproduced.String()
			}
			return results.Undecidable.String()
		}},
	} {
		var values []float64
		for _, s := range c.all {
			values = append(values, 100*k.of(s))
		}
		share, err := results.Mean(values)
		if err != nil {
			continue
		}
		list = append(list, results.Claim{
			Claim: c.name + ": " + k.text, Paper: fmt.Sprintf("%.1f %%", paper[i]),
			Ours:    fmt.Sprintf("%s %% (%.1f %% at the start), seeds: %d", results.MeanText(values, 1), 100*k.of(start), len(values)),
			Verdict: k.decide(share), Plot: k.plot,
		})
	}
	return list
}
