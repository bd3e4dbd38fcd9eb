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

// ablationFindings returns the statements that were verified along with the measurement.
func ablationFindings(found []*ablated) []nash.Finding {
	var k ablationChecks
	for _, f := range found {
		c := f.Checks
		k.Plain, k.PlainWrong, k.PlainWorst = k.Plain+c.Plain, k.PlainWrong+c.PlainWrong, max(k.PlainWorst, c.PlainWorst)
		k.Zero, k.ZeroWrong, k.ZeroWorst = k.Zero+c.Zero, k.ZeroWrong+c.ZeroWrong, max(k.ZeroWorst, c.ZeroWorst)
		k.Whole, k.Bad, k.Worst = k.Whole+c.Whole, k.Bad+c.Bad, max(k.Worst, c.Worst)
	}
	var list []nash.Finding
	add := func(id, text string, cases, failures int, worst float64) {
		if cases > 0 {
			s := nash.Statement{ID: id, Text: text, Holds: true, Measure: "difference of accuracies"}
			list = append(list, nash.Finding{Statement: s, Cases: cases, Failures: failures, Worst: worst})
		}
	}
	add("ablation-recorded", "with nothing ablated, the accuracy equals the recorded one", k.Plain, k.PlainWrong, k.PlainWorst)
	add("ablation-none", "at 0 % the accuracy equals that of the intact network", k.Zero, k.ZeroWrong, k.ZeroWorst)
	add("ablation-whole", "running from the site on equals running the whole network with masked channels", k.Whole, k.Bad, k.Worst)
	return list
}

// spread is the mean of standard deviations, "–" for an empty list.
func spread(values []float64) string {
	if len(values) == 0 || math.IsNaN(floats.Sum(values)) {
		return words.Mean(nil, 3)
	}
	return strconv.FormatFloat(stat.Mean(values, nil), 'f', 3, 64)
}

// turns is the site name of the mean over all sites in turn.
const turns = "mean over sites in turn"

// figure computes a figure of the curve at a site, or the mean over all sites for turns. It is false if there is no such curve.
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

// ablationSections returns a section for each backbone, with areas, remaining accuracies and curves.
func ablationSections(list []trained.Subject, found []*ablated, a *ablationSettings) []page.Section {
	blocks := trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Block })
	var sections []page.Section
	for _, backbone := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Backbone }) {
		nets := map[string][]*ablated{} // by block
		for i := range list {
			if m := &list[i].Model; m.Backbone == backbone {
				nets[m.Block] = append(nets[m.Block], found[i])
			}
		}
		measured := func(site string) bool {
			_, ok := nets[blocks[0]][0].Curves[curveKey{site, ablation.Random}]
			return ok
		}
		sites := slices.DeleteFunc(sitesOf(list, backbone), func(site string) bool { return !measured(site) })
		var shown []string
		if len(sites) > 1 {
			shown = append(shown, turns)
		}
		if measured(togetherName) {
			shown = append(shown, togetherName)
		}
		section := page.Section{Head: report.Label(backbone), Table: ablationTable(backbone, shown, sites, blocks, nets),
			Text: []string{fmt.Sprintf(
				"Channels of a site are set to %s, one more at a time, on %d test images. A curve of random orders is the mean over %d orders, "+
					"which are the same for every block. Area: the area under the curve, divided by the accuracy with nothing ablated. Accuracies "+
					"are in percent, means over seeds ± half the width of the 95 %% confidence interval. Gini: how unequally single channels matter "+
					"(0: all equally); channels without which the network is no worse count as 0.", a.Value, a.Images, a.Orders)}}
		for _, site := range shown {
			section.Charts = append(section.Charts, ablationChart(backbone, site, blocks, nets))
		}
		if len(sites) > 0 {
			section.Charts = append(section.Charts, ablationSites(backbone, sites, blocks, nets))
		}
		if len(shown) > 0 {
			section.Claims = pairedAreas(shown[0], blocks, list, found, backbone)
			for _, c := range section.Claims {
				section.Text = append(section.Text, fmt.Sprintf("%s: %s: %s.", words.Name(&c), words.Ours(&c), words.Verdict(&c)))
			}
		}
		sections = append(sections, section)
	}
	return sections
}

// sitesOf returns the sites of a backbone from input to output.
func sitesOf(list []trained.Subject, backbone string) []string {
	i := slices.IndexFunc(list, func(v trained.Subject) bool { return v.Model.Backbone == backbone })
	b := nn.NewBuilder()
	root, err := network.Build(&list[i].Trial.Setup, b, 10, 3)
	if err != nil {
		return nil
	}
	if _, _, err := b.Describe(root, nn.Shape{N: 1, H: network.PaperSide, W: network.PaperSide, C: 3}); err != nil {
		return nil
	}
	return ablation.SitesOf(&nn.Network{Root: root})
}

// ablationTable has all orders for the sites shown and for a single site, and random orders for the other sites.
func ablationTable(backbone string, shown, sites, blocks []string, nets map[string][]*ablated) *page.Table {
	table := &page.Table{Name: "ablation-" + backbone, Columns: []page.Column{
		{Head: "site", Text: true}, {Head: "order", Text: true}, {Head: "block", Text: true}, {Head: "accuracy (%)"}, {Head: "area"},
		{Head: "sd over orders"}, {Head: "left at 10 %"}, {Head: "at 25 %"}, {Head: "at 50 %"}, {Head: "at 75 %"}, {Head: "Gini"},
	}}
	for _, site := range append(slices.Clone(shown), sites...) {
		for _, order := range append([]string{ablation.Random}, inTurn...) {
			if order != ablation.Random && !slices.Contains(shown, site) && len(sites) > 1 {
				continue
			}
			for _, block := range blocks {
				if cells := ablationRow(site, order, nets[block]); cells != nil {
					table.Rows = append(table.Rows, append([]string{site, order, report.Label(block)}, cells...))
				}
			}
		}
	}
	return table
}

// ablationRow returns the figures of a row over networks; nil if they have no such curve.
func ablationRow(site, order string, nets []*ablated) []string {
	figures := func(of func(curve) float64) (values []float64) {
		for _, f := range nets {
			if v, ok := f.figure(site, order, of); ok {
				values = append(values, v)
			}
		}
		return values
	}
	areas := figures(areaUnder)
	if len(areas) == 0 {
		return nil
	}
	var plain, ginis []float64
	for _, f := range nets {
		plain = append(plain, f.Plain)
		if g, ok := f.Gini[site]; ok && !math.IsNaN(g) {
			ginis = append(ginis, g)
		}
	}
	deviations := figures(func(c curve) float64 {
		if len(c.Areas) < 2 {
			return math.NaN()
		}
		return stat.StdDev(c.Areas, nil)
	})
	cells := []string{words.MeanPercent(plain), words.Mean(areas, 3), spread(deviations)}
	for _, share := range []float64{0.10, 0.25, 0.50, 0.75} {
		cells = append(cells, words.MeanPercent(figures(func(c curve) float64 { return ablation.At(c.Shares, c.Accuracies, share) })))
	}
	return append(cells, words.Mean(ginis, 2))
}

// pairedAreas compares the area under the curves of random orders of CE with those of other blocks, paired by seed.
func pairedAreas(site string, blocks []string, list []trained.Subject, found []*ablated, backbone string) []stats.Claim {
	area := func(block string) map[string]float64 {
		values := map[string]float64{}
		for i := range list {
			if list[i].Model.Backbone == backbone && list[i].Model.Block == block {
				if v, ok := found[i].figure(site, ablation.Random, areaUnder); ok && !math.IsNaN(v) {
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
			c := stats.Claim{
				Subject: report.Label(backbone), Statement: "CE > " + report.Label(other) + " in the area under ablation curves",
				Measure: site + ", random orders", Unit: stats.Hundreds, Ours: &d, Plot: "curves-" + siteFile(site) + "-" + backbone,
			}
			c.Take(stats.Judge(d, nil))
			lines = append(lines, c)
		}
	}
	return lines
}

// bandOf is the line of a block: the mean over networks with a 95 % confidence interval.
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

// twentieths returns the shares at which curves are plotted.
func twentieths() []float64 { return chart.Grid(0, 1, 21) }

// ablationPanel has a line for each block.
func ablationPanel(title, site, order string, blocks []string, nets map[string][]*ablated) (chart.Panel, bool) {
	p := chart.Panel{Title: title, X: "channels ablated (%)", Y: "test top-1 accuracy (%)",
		Least: new(0.0), Most: new(100.0)}
	for _, block := range blocks {
		if l, ok := bandOf(report.Label(block), block, nets[block], site, order, twentieths()); ok {
			p.Lines = append(p.Lines, l)
		}
	}
	return p, len(p.Lines) > 0
}

// areaUnder is the area under a curve.
func areaUnder(c curve) float64 { return ablation.Area(c.Shares, c.Accuracies) }

// siteFile is the part of a chart's file name for turns or togetherName.
func siteFile(site string) string {
	return map[string]string{turns: "in-turn", togetherName: "together"}[site]
}

// ablationChart shows the curves of a site for three orders.
func ablationChart(backbone, site string, blocks []string, nets map[string][]*ablated) chart.Chart {
	c := chart.Chart{Name: "curves-" + siteFile(site) + "-" + backbone,
		Title: fmt.Sprintf("%s, cumulative ablation, %s: mean over seeds, 95 %% confidence band", report.Label(backbone), site)}
	for _, o := range []struct{ order, title string }{
		{ablation.Random, "random orders"}, {ablation.GammaAscending, "smallest |γ| first"}, {ablation.GammaDescending, "largest |γ| first"},
	} {
		if p, ok := ablationPanel(o.title, site, o.order, blocks, nets); ok {
			if len(c.Panels) > 0 {
				p.Y = ""
			}
			c.Panels = append(c.Panels, p)
		}
	}
	return c
}

// ablationSites shows the area under the curves of random orders by site.
func ablationSites(backbone string, sites, blocks []string, nets map[string][]*ablated) chart.Chart {
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
			for _, f := range nets[block] {
				if v, ok := f.figure(site, ablation.Random, areaUnder); ok && !math.IsNaN(v) {
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
	return chart.Chart{Name: "sites-" + backbone, Panels: []chart.Panel{p},
		Title: report.Label(backbone) + ", area under curves of random orders, by site: mean over seeds, 95 % confidence band"}
}

// shortSite abbreviates stage1/unit0 to 1.0.
func shortSite(site string) string {
	var stage, unit int
	if _, err := fmt.Sscanf(site, "stage%d/unit%d", &stage, &unit); err != nil {
		return site
	}
	return fmt.Sprintf("%d.%d", stage, unit)
}

// normsBefore returns |γ| of the last BatchNorm before each site of ablation. It leaves out sites whose channels are not those of the
// BatchNorm.
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
