package study

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"cenet/ablation"
	"cenet/experiments/network"
	"cenet/experiments/report"
	"cenet/experiments/trained"
	"cenet/nash"
	"cenet/nn"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// ablationFindings are the statements that were verified on the way.
func ablationFindings(found []*ablated) []nash.Finding {
	var k ablationChecks
	for _, f := range found {
		c := f.Checks
		k.Plain, k.PlainWrong, k.PlainWorst = k.Plain+c.Plain, k.PlainWrong+c.PlainWrong, max(k.PlainWorst, c.PlainWorst)
		k.Zero, k.ZeroWrong, k.ZeroMost = k.Zero+c.Zero, k.ZeroWrong+c.ZeroWrong, max(k.ZeroMost, c.ZeroMost)
		k.Whole, k.Bad, k.Worst = k.Whole+c.Whole, k.Bad+c.Bad, max(k.Worst, c.Worst)
	}
	const off = "difference of accuracies"
	var list []nash.Finding
	for _, f := range []nash.Finding{
		{Statement: nash.Statement{ID: "ablation-recorded", Text: "with nothing ablated the accuracy is the recorded one", Holds: true, Measure: off}, Cases: k.Plain, Failures: k.PlainWrong, Worst: k.PlainWorst},
		{Statement: nash.Statement{ID: "ablation-none", Text: "at 0 % the accuracy is the plain one", Holds: true, Measure: off}, Cases: k.Zero, Failures: k.ZeroWrong, Worst: k.ZeroMost},
		{Statement: nash.Statement{ID: "ablation-whole", Text: "a run from the site on gives what the whole network with masked channels gives", Holds: true, Measure: off}, Cases: k.Whole, Failures: k.Bad, Worst: k.Worst},
	} {
		if f.Cases > 0 {
			list = append(list, f)
		}
	}
	return list
}

// spread is the mean of standard deviations, "–" where there are none.
func spread(values []float64) string {
	if len(values) == 0 || math.IsNaN(floats.Sum(values)) {
		return words.Mean(nil, 3)
	}
	return strconv.FormatFloat(stat.Mean(values, nil), 'f', 3, 64)
}

// turns is the site of the mean over all sites in turn.
const turns = "mean over sites in turn"

// figure is one of a curve at a site: of all sites in turn, their mean. false where there is none.
func (f *ablated) figure(site, order string, of func(curve) float64) (float64, bool) {
	if site != turns {
		c, ok := f.Curves[curveKey{site, order}]
		if !ok {
			return 0, false
		}
		return of(c), true
	}
	var sum float64
	n := 0
	for _, k := range slices.SortedFunc(maps.Keys(f.Curves), func(a, b curveKey) int { return cmp.Compare(a.Site, b.Site) }) {
		if k.Order == order && k.Site != togetherName {
			sum += of(f.Curves[k])
			n++
		}
	}
	return sum / float64(n), n > 0
}

// ablationSections show curves, areas and accuracies left.
func ablationSections(list []trained.Subject, found []*ablated, a *ablationSettings) []page.Section {
	ofBlock := func(v *trained.Subject) string { return v.Model.Block }
	blocks := trained.CaseOrder(list, ofBlock)
	backbones := trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Backbone })
	var sections []page.Section
	for _, backbone := range backbones {
		var sites []string // of this backbone, in their order
		with := func(block string) (of []*ablated) {
			for i := range list {
				if list[i].Model.Backbone == backbone && list[i].Model.Block == block {
					of = append(of, found[i])
				}
			}
			return of
		}
		b := nn.NewBuilder()
		for i := range list {
			if list[i].Model.Backbone == backbone {
				if root, err := network.Build(&list[i].Trial.Setup, b, 10, 3); err == nil {
					if _, _, err := b.Describe(root, nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3}); err == nil {
						sites = ablation.SitesOf(&nn.Network{Root: root})
					}
				}
				break
			}
		}
		sites = slices.DeleteFunc(sites, func(site string) bool {
			_, ok := with(blocks[0])[0].Curves[curveKey{site, ablation.Random}]
			return !ok
		})
		var shown []string
		if len(sites) > 1 {
			shown = append(shown, turns)
		}
		if _, ok := with(blocks[0])[0].Curves[curveKey{togetherName, ablation.Random}]; ok {
			shown = append(shown, togetherName)
		}
		name := report.Label(backbone)
		table := &page.Table{Name: "ablation-" + backbone, Columns: []page.Column{
			{Head: "site", Text: true}, {Head: "order", Text: true}, {Head: "block", Text: true}, {Head: "accuracy (%)"}, {Head: "area"}, {Head: "sd over orders"},
			{Head: "left at 10 %"}, {Head: "at 25 %"}, {Head: "at 50 %"}, {Head: "at 75 %"}, {Head: "Gini"},
		}}
		row := func(site, order, block string) {
			nets := with(block)
			figures := func(of func(curve) float64) (values []float64) {
				for _, f := range nets {
					if v, ok := f.figure(site, order, of); ok {
						values = append(values, v)
					}
				}
				return values
			}
			areas := figures(func(c curve) float64 { return ablation.Area(c.Shares, c.Accuracies) })
			if len(areas) == 0 {
				return
			}
			var plain, ginis []float64
			for _, f := range nets {
				plain = append(plain, f.Plain)
				if g, ok := f.Gini[site]; ok && !math.IsNaN(g) {
					ginis = append(ginis, g)
				}
			}
			cells := []string{site, order, report.Label(block), words.MeanPercent(plain), words.Mean(areas, 3), spread(figures(func(c curve) float64 {
				if len(c.Areas) < 2 {
					return math.NaN()
				}
				return stat.StdDev(c.Areas, nil)
			}))}
			for _, share := range []float64{0.10, 0.25, 0.50, 0.75} {
				cells = append(cells, words.MeanPercent(figures(func(c curve) float64 { return ablation.At(c.Shares, c.Accuracies, share) })))
			}
			table.Rows = append(table.Rows, append(cells, words.Mean(ginis, 2)))
		}
		for _, site := range append(slices.Clone(shown), sites...) {
			for _, order := range append([]string{ablation.Random}, inTurn...) {
				if order != ablation.Random && !slices.Contains(shown, site) && len(sites) > 1 {
					continue
				}
				for _, block := range blocks {
					row(site, order, block)
				}
			}
		}
		section := page.Section{Head: name, Table: table, Text: []string{fmt.Sprintf(
			"Channels of a site are set to %s, one more at a time, on %d test images; a random curve is the mean over %d orders, the same for every block. "+
				"Area: that under the curve, over the accuracy with nothing ablated. Accuracies in percent, mean ± half the width of the 95 %% confidence interval over seeds. "+
				"Gini: how unequally single channels matter, 0 where all alike; channels without which the network is no worse count as 0.", a.Value, a.Images, a.Orders)}}
		for _, site := range shown {
			section.Charts = append(section.Charts, ablationChart(backbone, site, blocks, with))
		}
		if len(sites) > 0 {
			section.Charts = append(section.Charts, ablationSites(backbone, sites, blocks, with))
		}
		if len(shown) > 0 {
			section.Table.Rows = append([][]string{}, section.Table.Rows...)
			section.Claims = pairedAreas(shown[0], blocks, list, found, backbone)
			for _, c := range section.Claims {
				section.Text = append(section.Text, fmt.Sprintf("%s: %s: %s.", words.Name(&c), words.Ours(&c), words.Verdict(&c)))
			}
		}
		sections = append(sections, section)
	}
	return sections
}

// pairedAreas compares the area under random curves of CE with that of the others, by seed.
func pairedAreas(site string, blocks []string, list []trained.Subject, found []*ablated, backbone string) []stats.Claim {
	area := func(block string) map[string]float64 {
		values := map[string]float64{}
		for i := range list {
			if list[i].Model.Backbone == backbone && list[i].Model.Block == block {
				if v, ok := found[i].figure(site, ablation.Random, func(c curve) float64 { return ablation.Area(c.Shares, c.Accuracies) }); ok && !math.IsNaN(v) {
					values[strconv.Itoa(list[i].Seed)] = 100 * v
				}
			}
		}
		return values
	}
	if !slices.Contains(blocks, "ce") {
		return nil
	}
	var lines []stats.Claim
	for _, other := range blocks {
		if other != "none" && other != "se" {
			continue
		}
		d, err := stats.Paired(area("ce"), area(other))
		if err == nil {
			c := stats.Claim{Subject: report.Label(backbone), Statement: "CE > " + report.Label(other) + " in the area under ablation curves", Measure: site + ", random orders",
				Unit: stats.Hundreds, Ours: &d, Plot: "curves-" + siteFile(site) + "-" + backbone}
			c.Take(stats.Judge(d, nil))
			lines = append(lines, c)
		}
	}
	return lines
}

// bandOf is the line of a block: the mean over networks with its 95 % interval.
func bandOf(label, block string, nets []*ablated, site, order string, shares []float64) (chart.Line, bool) {
	l := chart.Line{Label: label, Block: block}
	for _, share := range shares {
		var values []float64
		for _, f := range nets {
			if v, ok := f.figure(site, order, func(c curve) float64 { return ablation.At(c.Shares, c.Accuracies, share) }); ok {
				values = append(values, 100*v)
			}
		}
		i, err := stats.Mean(values)
		if err != nil {
			return l, false
		}
		l.X, l.Y = append(l.X, 100*share), append(l.Y, i.Mean)
		if i.Bounded() {
			l.Lo, l.Hi = append(l.Lo, i.Lo()), append(l.Hi, i.Hi())
		}
	}
	return l, true
}

// twentieths are the shares at which curves are plotted.
func twentieths() []float64 { return chart.Grid(0, 1, 21) }

// ablationPanel has a line for each block.
func ablationPanel(title, site, order string, blocks []string, with func(string) []*ablated) (chart.Panel, bool) {
	p := chart.Panel{Title: title, X: "channels ablated (%)", Y: "test top-1 accuracy (%)", Least: new(0.0), Most: new(100.0)}
	for _, block := range blocks {
		if l, ok := bandOf(report.Label(block), block, with(block), site, order, twentieths()); ok {
			p.Lines = append(p.Lines, l)
		}
	}
	return p, len(p.Lines) > 0
}

// siteFile is the part of a chart's name for all sites in turn, or together.
func siteFile(site string) string {
	return map[string]string{turns: "in-turn", togetherName: "together"}[site]
}

// ablationChart shows the curves of one site, or of all, for three orders.
func ablationChart(backbone, site string, blocks []string, with func(string) []*ablated) chart.Chart {
	c := chart.Chart{Name: "curves-" + siteFile(site) + "-" + backbone, Title: fmt.Sprintf("%s, cumulative ablation, %s: mean over seeds, 95 %% confidence band", report.Label(backbone), site)}
	for _, o := range []struct{ order, title string }{
		{ablation.Random, "random orders"}, {ablation.GammaAscending, "smallest |γ| first"}, {ablation.GammaDescending, "largest |γ| first"},
	} {
		if p, ok := ablationPanel(o.title, site, o.order, blocks, with); ok {
			if len(c.Panels) > 0 {
				p.Y = ""
			}
			c.Panels = append(c.Panels, p)
		}
	}
	return c
}

// ablationSites shows the area under random curves by site.
func ablationSites(backbone string, sites, blocks []string, with func(string) []*ablated) chart.Chart {
	p := chart.Panel{X: "site", Y: "area under the curve, normalised", XLabels: map[string]float64{}}
	for i, site := range sites {
		if step := max(1, len(sites)/9); i%step == 0 {
			p.XLabels[shortSite(site)] = float64(i)
		}
	}
	for _, block := range blocks {
		l := chart.Line{Label: report.Label(block), Block: block}
		for i, site := range sites {
			var values []float64
			for _, f := range with(block) {
				if v, ok := f.figure(site, ablation.Random, func(c curve) float64 { return ablation.Area(c.Shares, c.Accuracies) }); ok && !math.IsNaN(v) {
					values = append(values, v)
				}
			}
			m, err := stats.Mean(values)
			if err != nil {
				continue
			}
			l.X, l.Y = append(l.X, float64(i)), append(l.Y, m.Mean)
			if m.Bounded() {
				l.Lo, l.Hi = append(l.Lo, m.Lo()), append(l.Hi, m.Hi())
			}
		}
		if len(l.X) > 0 {
			p.Lines = append(p.Lines, l)
		}
	}
	return chart.Chart{Name: "sites-" + backbone, Title: report.Label(backbone) + ", area under curves of random orders, by site: mean over seeds, 95 % confidence band",
		Panels: []chart.Panel{p}}
}

// shortSite writes stage1/unit0 as 1.0.
func shortSite(site string) string {
	var stage, unit int
	if _, err := fmt.Sscanf(site, "stage%d/unit%d", &stage, &unit); err != nil {
		return site
	}
	return fmt.Sprintf("%d.%d", stage, unit)
}

// normsBefore returns |γ| of the BatchNorm before each site of ablation: of the last one of its unit, or of the stem's. A site is left
// out whose channels are others than the BatchNorm's.
func normsBefore(v *trained.Subject, net *nn.Network) map[string][]float64 {
	out := map[string][]float64{}
	for _, p := range net.Params {
		gamma, ok := strings.CutSuffix(p.Path, "/gamma")
		if !ok {
			continue
		}
		for _, site := range network.Sites(&v.Trial.Setup) {
			if site.Last && site.Norm.Gamma.Path == gamma+"/gamma" {
				keys := trained.Doubles(p.Data)
				for i := range keys {
					keys[i] = max(keys[i], -keys[i])
				}
				out[strings.TrimSuffix(site.Path, "/block")] = keys
			}
		}
	}
	return out
}
