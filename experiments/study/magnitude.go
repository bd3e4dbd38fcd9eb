package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"cenet/ablation"
	"cenet/ce"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/nash"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// magnitudeSettings are the settings of the check.
type magnitudeSettings struct {
	Images int `toml:"images" default:"1000" range:"[1,)" quick:"64" doc:"test images for the magnitudes, the same number of each class"`
}

// scales holds |γ|, |γ̂| = |P_T·γ|, and the variances of the channels before and after P_T, for all groups of some layers.
type scales struct{ gamma, gammaHat, before, after []float64 }

// add adds the groups of a layer. It leaves out channels without variance.
func (s *scales) add(l *nash.Layer) {
	for j := range l.Groups() {
		rho, gamma, _ := l.Correlation(j)
		if rho == nil {
			continue
		}
		spectrum := nash.NewSpectrum(rho, gamma, floats.Dot(gamma, gamma))
		p := make([]float64, len(gamma))
		for k, v := range spectrum.Values {
			p[k] = ce.NewtonScalar(v, l.Steps)
		}
		for c, hat := range spectrum.Scale(p) {
			s.gamma, s.gammaHat = append(s.gamma, math.Abs(gamma[c])), append(s.gammaHat, math.Abs(hat))
			s.before = append(s.before, gamma[c]*gamma[c])
		}
		s.after = append(s.after, spectrum.Variances(p)...)
	}
}

// notLess is the share of channels whose figure after is at least the figure before, within rounding.
func notLess(after, before []float64) float64 {
	n := 0
	for i := range after {
		if after[i] >= before[i]*(1-1e-9) {
			n++
		}
	}
	return float64(n) / float64(len(after))
}

// correlations returns the correlation matrix of the channels of samples (rows, channels); 0 for channels without variance.
func correlations(x []float64, channels int) [][]float64 {
	columns := make([][]float64, channels)
	for i, v := range x {
		columns[i%channels] = append(columns[i%channels], v)
	}
	out := make([][]float64, channels)
	for a := range out {
		out[a] = make([]float64, channels)
		for b := range out[a] {
			if r := stat.Correlation(columns[a], columns[b], nil); !math.IsNaN(r) {
				out[a][b] = r
			}
		}
	}
	return out
}

// meanCorrelation is the mean |ρ| of pairs of different channels.
func meanCorrelation(rho [][]float64) float64 {
	var sum float64
	n := 0
	for a, row := range rho {
		for b, r := range row {
			if a != b {
				sum, n = sum+math.Abs(r), n+1
			}
		}
	}
	return sum / float64(max(1, n))
}

// runMagnitude runs the study.
func runMagnitude(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	list, err := trained.Subjects(ctx, s, &o, log, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	statistics, layers := make([][]*channelStatistics, len(list)), make([][]nash.Layer, len(list))
	if err := trained.ForEach(ctx, list, o, func(i int, v *trained.Subject) (err error) {
		if statistics[i], err = channelsOf(v, spec.Of[magnitudeSettings](s).Images); err != nil || !trained.OfForm(&v.Setup) {
			return err
		}
		layers[i], err = trained.LayersOf(v.Task, spec.Of[spec.Networks](s).Images, !v.Options.Quick)
		return err
	}); err != nil {
		return nil, nil, errors.Join(err, context.Cause(ctx))
	}
	values := newSeeds()
	sections := []page.Section{featureSection(list, statistics, values)}
	if section, ok := scaleSection(list, layers, values); ok {
		sections = append(sections, section)
	}
	return nil, values.in(append(sections, correlationSection(list, layers)...)), nil
}

// featureClaims compares the Gini coefficients of CE with those of other blocks, paired by seed.
func featureClaims(backbone string, ginis map[string]map[string]float64) (list []stats.Claim) {
	for _, other := range []string{"none", "se"} {
		d, err := stats.Paired(ginis[other], ginis["ce"])
		if err != nil {
			continue
		}
		d = d.Scaled(100)
		c := stats.Claim{
			Subject: report.Label(backbone), Statement: "magnitudes of channels are more equal with CE than with " + report.Label(other),
			Measure: "Gini, less CE's", Unit: stats.Hundreds, Ours: &d, Plot: "features-" + backbone,
		}
		c.Take(stats.Judge(d, nil))
		list = append(list, c)
	}
	return list
}

// featureSection shows how unequal the magnitudes of the channels are.
func featureSection(list []trained.Subject, statistics [][]*channelStatistics, values *seeds) page.Section {
	table := &page.Table{Name: "features", Columns: []page.Column{
		{Head: "network", Text: true}, {Head: "block", Text: true}, {Head: "Gini of magnitudes"}, {Head: "weakest tenth"}, {Head: "seeds"}}}
	section := page.Section{Head: "Magnitude of features", Text: []string{
		"The magnitude of a channel is its mean |y| after the normalisation, the block and the rectifier. Gini: how unequal the magnitudes " +
			"of a layer's channels are (0: all equal), mean over layers. Weakest tenth: the mean magnitude of the weakest tenth of a layer's " +
			"channels, divided by the mean of all. Figures are means over seeds ± half the width of the 95 % confidence interval."}, Table: table}
	for _, backbone := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Backbone }) {
		p := chart.Panel{X: "channels of a layer, weakest first (%)", Y: "magnitude over the layer's mean", Least: new(0.0)}
		bySeed := map[string]map[string]float64{}
		for _, block := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Block }) {
			bySeed[block] = map[string]float64{}
			var ginis, weakest []float64
			var curves [][]float64 // of each network
			for i := range list {
				if list[i].Model.Backbone != backbone || list[i].Model.Block != block {
					continue
				}
				shares := twentieths()
				curve := make([]float64, len(shares))
				var gini, weak, n float64
				for _, k := range statistics[i] {
					m := k.means(k.magnitude)
					slices.Sort(m)
					mean := stat.Mean(m, nil)
					if mean == 0 {
						continue
					}
					n++
					gini += ablation.Gini(m)
					weak += stat.Mean(m[:max(1, len(m)/10)], nil) / mean
					for j, share := range shares {
						curve[j] += m[min(len(m)-1, int(share*float64(len(m))))] / mean
					}
				}
				if n == 0 {
					continue
				}
				values.add(&list[i], "Gini of magnitudes", gini/n)
				values.add(&list[i], "weakest tenth", weak/n)
				floats.Scale(1/n, curve)
				bySeed[block][fmt.Sprint(list[i].Seed)] = gini / n
				curves, ginis, weakest = append(curves, curve), append(ginis, gini/n), append(weakest, weak/n)
			}
			if len(curves) == 0 {
				continue
			}
			table.Rows = append(table.Rows, []string{report.Label(backbone), report.Label(block),
				words.Mean(ginis, 3), words.Mean(weakest, 3), fmt.Sprint(len(ginis))})
			l := chart.Line{Label: report.Label(block), Block: block}
			for j, share := range twentieths() {
				var values []float64
				for _, c := range curves {
					values = append(values, c[j])
				}
				m, err := stats.Mean(values)
				if err != nil {
					continue
				}
				l.X, l.Y = append(l.X, 100*share), append(l.Y, m.Mean)
				if m.Bounded() {
					l.Lo, l.Hi = append(l.Lo, m.Lo()), append(l.Hi, m.Hi())
				}
			}
			p.Lines = append(p.Lines, l)
		}
		section.Claims = append(section.Claims, featureClaims(backbone, bySeed)...)
		section.Charts = append(section.Charts, chart.Chart{Name: "features-" + backbone, Panels: []chart.Panel{p},
			Title: report.Label(backbone) + ", magnitude of channels, mean over layers: mean over seeds, 95 % confidence band"})
	}
	return section
}

// scaleSection shows |γ̂| against |γ|, and the variances before and after decorrelation; false if no layer has decorrelation.
func scaleSection(list []trained.Subject, layers [][]nash.Layer, values *seeds) (page.Section, bool) {
	table := &page.Table{Name: "scales", Columns: []page.Column{
		{Head: "network", Text: true}, {Head: "channels"}, {Head: "|γ̂| ≥ |γ| (%)"}, {Head: "least |γ̂|/|γ|"}, {Head: "variance not less (%)"},
		{Head: "spread of variance before"}, {Head: "after"}}}
	var shown chart.Chart
	var ratios, variances []float64 // shares of channels, by network
	for i := range list {
		if len(layers[i]) == 0 {
			continue
		}
		var s scales
		for k := range layers[i] {
			s.add(&layers[i][k])
		}
		if len(s.gamma) == 0 {
			continue
		}
		least := math.Inf(1)
		for c := range s.gamma {
			least = min(least, s.gammaHat[c]/s.gamma[c])
		}
		v := &list[i]
		ratio, variance := notLess(s.gammaHat, s.gamma), notLess(s.after, s.before)
		table.Rows = append(table.Rows, []string{
			fmt.Sprintf("%s, %s, seed %d", report.Label(v.Model.Backbone), report.Label(v.Model.Block), v.Seed), fmt.Sprint(len(s.gamma)),
			words.Percent(ratio), words.Figure(least), words.Percent(variance), words.Figure(variation(s.before)), words.Figure(variation(s.after))})
		ratios, variances = append(ratios, 100*ratio), append(variances, 100*variance)
		values.add(v, "share of channels with |γ̂| ≥ |γ|", ratio)
		values.add(v, "share of channels with a variance that is not less", variance)
		if shown.Panels != nil {
			continue
		}
		panel := func(x, y string, a, b []float64) chart.Panel {
			most := max(slices.Max(a), slices.Max(b))
			return chart.Panel{X: x, Y: y, Least: new(0.0), Lines: []chart.Line{
				{Label: "channels", X: a, Y: b, Apart: true, Block: v.Model.Block}, {Label: "equal", X: []float64{0, most}, Y: []float64{0, most}}}}
		}
		shown = chart.Chart{Name: "decorrelated",
			Title: fmt.Sprintf("%s with %s, seed %d: effect of decorrelation on the channels of all layers",
				report.Label(v.Model.Backbone), report.Label(v.Model.Block), v.Seed),
			Panels: []chart.Panel{panel("|γ|", "|(P_T γ)| of the channel", s.gamma, s.gammaHat),
				panel("variance before", "variance after P_T", s.before, s.after)}}
	}
	// Both claims hold by construction: the network computes P_T from the correlation, without the factor tr(Σ)^(−1/2).
	claim := func(text string, shares []float64) stats.Claim {
		c := stats.Claim{
			Subject: "trained networks with CE", Statement: text, Unit: stats.Shares,
			Role: stats.ByConstruction, Decision: stats.Reproduced, Plot: "decorrelated",
		}
		if slices.Min(shares) < 100 {
			c.Decision, c.Reason = stats.Contradicted, "counterexamples"
		}
		if mean, err := stats.Mean(shares); err == nil {
			c.Ours = &mean
		}
		return c
	}
	if len(ratios) == 0 {
		return page.Section{}, false
	}
	return page.Section{Head: "Effect of decorrelation on the scale of channels", Table: table, Claims: []stats.Claim{
		claim("|γ̂| ≥ |γ|", ratios), claim("no variance is less after decorrelation", variances)},
		Charts: []chart.Chart{shown}, Text: []string{
			"γ̂ = P_T·γ with the network's T, from the correlation of the channels on a batch of training images. |γ̂| ≥ |γ| holds for every " +
				"channel if T = 1, but not in general: see prop1. That no channel's variance falls always holds. Spread: standard deviation of " +
				"the variances, divided by their mean."}}, true
}

// variation is the standard deviation divided by the mean.
func variation(x []float64) float64 {
	mean, sd := stat.MeanStdDev(x, nil)
	return sd / mean
}

// maxCorrelated is the largest number of channels whose correlations are drawn: four groups. More are too small to see.
const maxCorrelated = 64

// correlationSection shows the correlation of channels before and after the block.
func correlationSection(list []trained.Subject, layers [][]nash.Layer) []page.Section {
	table := &page.Table{Name: "correlation", Columns: []page.Column{{Head: "layer", Text: true}, {Head: "mean |ρ| before"},
		{Head: "mean |ρ| after"}}}
	section := page.Section{Head: "Correlation of channels before and after the block", Table: table, Text: []string{
		"ρ of each pair of channels of a layer, over images and pixels of a batch of training images, before and after the block, before " +
			"the rectifier."}}
	for i := range list {
		if len(layers[i]) == 0 {
			continue
		}
		plotted := len(layers[i]) / 2
		for k := range layers[i] {
			l := &layers[i][k]
			before, after := correlations(l.X, l.Channels), correlations(l.Y, l.Channels)
			table.Rows = append(table.Rows, []string{l.Name, words.Figure(meanCorrelation(before)), words.Figure(meanCorrelation(after))})
			if k != plotted {
				continue
			}
			shown, of := l.Channels, ""
			if shown > maxCorrelated {
				shown, of = maxCorrelated, fmt.Sprintf(", the first %d channels of %d", maxCorrelated, l.Channels)
			}
			ticks := chart.Grid(1, float64(shown), shown)
			field := func(all [][]float64, title string) chart.Panel {
				values := make([][]float64, shown)
				for c := range values {
					values[c] = all[c][:shown]
				}
				return chart.Panel{Title: title, X: "channel", Y: "channel",
					Field: &chart.Field{X: ticks, Y: ticks, Values: values, Levels: []float64{-0.6, -0.2, 0.2, 0.6}}}
			}
			section.Charts = append(section.Charts, chart.Chart{
				Name: "correlation-" + list[i].Model.Backbone + "-" + list[i].Model.Block, Title: "Correlation of channels: " + l.Name + of,
				Panels: []chart.Panel{field(before, "before the block"), field(after, "after the block")}})
		}
		break // one network is enough
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return []page.Section{section}
}
