package study

import (
	"context"
	"fmt"
	"slices"

	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/nash"
	"cenet/nn"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// normCase holds the BatchNorms of one network with one block, over seeds.
type normCase struct {
	backbone, block string
	seeds           []*batchNorms
	start           *batchNorms
}

func (c *normCase) name() string { return report.Label(c.backbone) + " " + report.Label(c.block) }

// shares returns the share of each seed, over the selected BatchNorms.
func (c *normCase) shares(wanted func(*batchNorms) func(int) bool) (list []normShare) {
	for _, n := range c.seeds {
		list = append(list, n.share(wanted(n)))
	}
	return list
}

// runGamma runs the study on the networks without a block and with CE. It trains missing networks.
func runGamma(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	networks := spec.Of[spec.Networks](s)
	wanted := func(t *spec.Trial) bool { return t.Model.Block == "none" || t.Model.Block == "ce" }
	list, err := trained.Subjects(ctx, s, &o, log, wanted, nil)
	if err != nil {
		return nil, nil, err
	}
	var cases []*normCase
	values := newSeeds()
	for i := range list {
		v := &list[i]
		channels, classes := v.Images.Train.Channels, len(v.Images.Train.Classes)
		at := slices.IndexFunc(cases, func(c *normCase) bool { return c.backbone == v.Model.Backbone && c.block == v.Model.Block })
		if at < 0 {
			start, err := batchNormsOf(&v.Trial.Setup, channels, classes, uint64(v.Seed), func(*nn.Network) error { return nil })
			if err != nil {
				return nil, nil, err
			}
			at, cases = len(cases), append(cases, &normCase{backbone: v.Model.Backbone, block: v.Model.Block, start: start})
		}
		n, err := batchNormsOf(&v.Trial.Setup, channels, classes, uint64(v.Seed), func(net *nn.Network) error {
			return v.Restore(net, !v.Options.Quick)
		})
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", v, err)
		}
		cases[at].seeds = append(cases[at].seeds, n)
		for _, k := range normSets {
			share := n.share(k.of(n))
			for _, m := range []struct {
				measure string
				share   float64
			}{{"γ < 0.1", share.gamma}, {"|γ| < 0.1", share.size}, {"β < 0", share.beta}} {
				values.add(v, fmt.Sprintf("share of channels with %s, %s", m.measure, k.name), m.share)
			}
		}
	}
	return nil, values.in([]page.Section{gammaSection(networks.Name(), cases)}), nil
}

// normSets are the BatchNorms over which shares are taken.
var normSets = []struct {
	name string
	of   func(*batchNorms) func(int) bool
}{
	{"all BatchNorms", func(n *batchNorms) func(int) bool { return n.all }},
	{"those before a block", func(n *batchNorms) func(int) bool { return n.blocked }},
}

// paperShares are the shares of the authors' slides, tables 9 and 4, in percent: γ < 0.1 and β ≤ 0 after training on ImageNet.
var paperShares = map[string][2]float64{"resnet18": {1.2, 76.0}, "resnet50": {18.8, 76.7}, "resnet101": {21.4, 81.8}}

// paper returns the authors' shares if they have this case.
func (c *normCase) paper() ([2]float64, bool) {
	p, ok := paperShares[c.backbone]
	return p, ok && c.block == "none"
}

// gammaSection shows the shares, and the distributions by layer.
func gammaSection(experiment string, cases []*normCase) page.Section {
	table := &page.Table{Name: "table", Columns: []page.Column{
		{Head: "network", Text: true}, {Head: "of", Text: true}, {Head: "γ < 0.1 (%)"}, {Head: "paper"}, {Head: "|γ| < 0.1 (%)"},
		{Head: "at the start"},
		{Head: "β < 0 (%)"}, {Head: "paper"}, {Head: "at the start"}, {Head: "seeds"},
	}}
	mean := func(list []normShare, of func(normShare) float64) string {
		var values []float64
		for _, s := range list {
			values = append(values, 100*of(s))
		}
		return words.Mean(values, 1)
	}
	gamma := func(s normShare) float64 { return s.gamma }
	size := func(s normShare) float64 { return s.size }
	beta := func(s normShare) float64 { return s.beta }
	for _, c := range cases {
		for _, k := range normSets {
			papers := [2]string{"–", "–"}
			if p, ok := c.paper(); ok && k.name == "all BatchNorms" {
				papers = [2]string{fmt.Sprintf("%.1f", p[0]), fmt.Sprintf("%.1f", p[1])}
			}
			shares, start := c.shares(k.of), c.start.share(k.of(c.start))
			table.Rows = append(table.Rows, []string{c.name(), k.name, mean(shares, gamma), papers[0], mean(shares, size),
				words.Percent(start.size), mean(shares, beta), papers[1], words.Percent(start.beta), fmt.Sprint(len(shares))})
		}
	}
	section := page.Section{
		Head: "Shares of channels",
		Text: []string{
			fmt.Sprintf("The networks are those of %s. Figures are means over seeds ± half the width of the 95 %% confidence interval. "+
				"\"Those before a block\" are the BatchNorms that CE follows. In networks without a block, they are those that CE would follow.",
				experiment),
			"A share that has not changed since the start of the training decides nothing: β starts at 0, which does not count as negative, " +
				"and a γ that starts at 0 counts as small. \"Most channels\" means more than half. The paper prints the share with β ≤ 0. Its " +
				"shares are after 100 epochs on ImageNet, at full width.",
		},
		Table: table,
	}
	section.Charts = gammaCharts(cases, size, beta)
	for _, c := range cases {
		section.Claims = append(section.Claims, c.claims()...)
	}
	return section
}

// gammaCharts shows shares and distributions by BatchNorm, with a panel for each backbone.
func gammaCharts(cases []*normCase, size, beta func(normShare) float64) (charts []chart.Chart) {
	draw := func(name, title, y string, most *float64, line func(*normCase) chart.Line) {
		c := chart.Chart{Name: name, Title: title}
		backbone := ""
		for _, k := range cases {
			if k.backbone != backbone {
				backbone = k.backbone
				p := chart.Panel{Title: report.Label(backbone), X: "BatchNorm"}
				if len(c.Panels) == 0 {
					p.Y = y
				}
				if most != nil {
					p.Least, p.Most = new(0.0), most
				}
				c.Panels = append(c.Panels, p)
			}
			p := &c.Panels[len(c.Panels)-1]
			p.Lines = append(p.Lines, line(k))
		}
		charts = append(charts, c)
	}
	for _, q := range []struct {
		name, what string
		of         func(normShare) float64
	}{{"gamma", "|γ| < 0.1", size}, {"beta", "β < 0", beta}} {
		title := "Channels with " + q.what + " by BatchNorm, mean over seeds"
		draw(q.name, title, "share of channels (%)", new(100.0), func(c *normCase) chart.Line {
			l := chart.Line{Label: report.Label(c.block), Block: c.block, Apart: true}
			for i := range c.start.layers {
				var sum float64
				for _, n := range c.seeds {
					sum += q.of(n.share(func(k int) bool { return k == i }))
				}
				l.X, l.Y = append(l.X, float64(i+1)), append(l.Y, 100*sum/float64(len(c.seeds)))
			}
			return l
		})
	}
	for _, q := range []struct {
		name, y string
		of      func(*batchNorms) [][]float32
	}{{"gamma-distribution", "γ", gammas}, {"beta-distribution", "β", betas}} {
		title := q.y + " by BatchNorm, channels of all seeds: median, and range of the middle 80 %"
		draw(q.name, title, q.y, nil, func(c *normCase) chart.Line {
			return distribution(c.seeds, report.Label(c.block), c.block, q.of)
		})
	}
	return charts
}

// emerges judges the claim that such channels exist, from their share in percent. No channel is so at the start, so a share of 0 decides
// nothing.
func emerges(share stats.Interval) stats.Verdict { return stats.JudgeShare(share, 0, 0) }

// emergesAfter is emerges for a share that may be above 0 at the start. Then the channels need not have emerged in training.
func emergesAfter(share stats.Interval, start float64) stats.Verdict {
	if start > 0 {
		return stats.Verdict{Difference: share, P: 1, Doubt: "some γ are small at the start"}
	}
	return emerges(share)
}

// isMost judges the claim that most channels, more than half, have β < 0, from their share in percent. At the start β is 0.
func isMost(share stats.Interval, start float64) stats.Verdict {
	const half = 50
	return stats.JudgeShare(share, half, start)
}

// claims compares the shares over all BatchNorms with the authors'.
func (c *normCase) claims() []stats.Claim {
	paper, ok := c.paper()
	if !ok {
		return nil
	}
	start := c.start.share(c.start.all)
	var list []stats.Claim
	for i, k := range []struct {
		text, plot string
		of         func(normShare) float64
		decide     func(share stats.Interval, start float64) stats.Verdict
	}{
		{"channels with γ < 0.1 emerge in training", "gamma", func(s normShare) float64 { return s.gamma }, emergesAfter},
		{"most channels have β < 0", "beta", func(s normShare) float64 { return s.beta }, isMost},
	} {
		var values []float64
		for _, s := range c.shares(func(n *batchNorms) func(int) bool { return n.all }) {
			values = append(values, 100*k.of(s))
		}
		share, err := stats.Mean(values)
		if err != nil {
			continue
		}
		claim := stats.Claim{
			Subject: c.name(), Statement: k.text, Unit: stats.Shares, Ours: &share, Paper: &paper[i], Plot: k.plot,
			Notes: []string{fmt.Sprintf("%.1f %% at the start", 100*k.of(start))},
		}
		claim.Take(k.decide(share, 100*k.of(start)))
		list = append(list, claim)
	}
	return list
}
