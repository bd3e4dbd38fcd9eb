package study

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"cenet/experiments/network"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/nash"
	"cenet/nn"
	"cenet/nn/kernel/elementary"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// inhibitedSettings are the settings of the table [inhibited].
type inhibitedSettings struct {
	_          struct{}  `doc:"a channel counts as inhibited if its mean |y| is below this"`
	Thresholds []float64 `toml:"thresholds" default:"1e-3 1e-2 0.05" range:"(0,100]" order:"ascending"`
	Images     int       `toml:"images" default:"1000" range:"[1,)" quick:"64" doc:"test images, the same number of each class"`
}

// channelStatistics holds moments of the channels at one place.
type channelStatistics struct {
	path                string
	count               int
	magnitude, mean, m2 []float64 // Σ|y|, Σy, Σy²
}

// add adds a batch.
func (s *channelStatistics) add(x nn.Tensor, rectify func(float64) float64) {
	if s.magnitude == nil {
		s.magnitude, s.mean, s.m2 = make([]float64, x.C), make([]float64, x.C), make([]float64, x.C)
	}
	s.count += x.Rows()
	for i, v := range x.Data {
		y := rectify(float64(v))
		c := i % x.C
		s.magnitude[c] += math.Abs(y)
		s.mean[c] += y
		s.m2[c] += float64(y * y)
	}
}

// means divides sums by the count.
func (s *channelStatistics) means(sums []float64) []float64 {
	out := make([]float64, len(sums))
	for c, v := range sums {
		out[c] = v / float64(s.count)
	}
	return out
}

// rectification returns the setup's rectifier as a function.
func rectification(s *spec.Setup) func(float64) float64 {
	switch s.Model.Rectifier {
	case "elu":
		return func(v float64) float64 {
			if v > 0 {
				return v
			}
			return elementary.Expm1(v)
		}
	case "leaky":
		return func(v float64) float64 { return max(v, 0.01*v) }
	}
	return func(v float64) float64 { return max(v, 0) }
}

// watchedNetwork builds the trained network with a tap after every place for a block, and after the block if there is one. It calls see
// for each place in order, and the returned function receives the activations.
func watchedNetwork(v *trained.Subject, see func(s nn.Site) func(nn.Tensor)) (*nn.Network, error) {
	blocks := network.Factory(&v.Setup)
	return v.BuildWith(func(b *nn.Builder, s nn.Site) nn.Layer {
		tap := &nn.Tap{Path: s.Path + "/watch", Observe: see(s)}
		if blocks == nil {
			return tap
		}
		if block := blocks(b, s); block != nil {
			return nn.NewSequential(block, tap)
		}
		return tap
	}, 1)
}

// channelsOf returns channel statistics on test images, after every normalisation with its block and the rectifier. The output of a
// unit's last normalisation is rectified before the shortcut is added.
func channelsOf(v *trained.Subject, images int) ([]*channelStatistics, error) {
	var list []*channelStatistics
	rectify := rectification(&v.Trial.Setup)
	net, err := watchedNetwork(v, func(s nn.Site) func(nn.Tensor) {
		k := &channelStatistics{path: strings.TrimSuffix(s.Path, "/block")}
		list = append(list, k)
		return func(x nn.Tensor) { k.add(x, rectify) }
	})
	if err != nil {
		return nil, err
	}
	x, _, err := v.TestBatches(images)
	if err != nil {
		return nil, err
	}
	c := nn.NewContext(1)
	defer c.Close()
	for _, batch := range x {
		net.Forward(c, batch)
	}
	return list, nil
}

// inhibitedShare is the share of channels whose mean |y| is below the threshold.
func inhibitedShare(list []*channelStatistics, threshold float64) float64 {
	below, all := 0, 0
	for _, k := range list {
		for _, m := range k.means(k.magnitude) {
			all++
			if m < threshold {
				below++
			}
		}
	}
	return float64(below) / float64(all)
}

// runInhibited runs the study.
func runInhibited(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	settings := spec.Of[inhibitedSettings](s)
	list, err := trained.Subjects(ctx, s, &o, log, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	found := make([][]*channelStatistics, len(list))
	if err := trained.ForEach(ctx, list, o, func(i int, v *trained.Subject) (err error) {
		found[i], err = channelsOf(v, settings.Images)
		return err
	}); err != nil {
		return nil, nil, errors.Join(err, context.Cause(ctx))
	}
	values := newSeeds()
	for i := range list {
		for _, t := range settings.Thresholds {
			values.add(&list[i], "share of channels with mean |y| < "+spec.Number(t), inhibitedShare(found[i], t))
		}
	}
	return nil, values.in(inhibitedSections(list, found, &settings)), nil
}

// inhibitedClaim judges the shares of inhibited channels over seeds; false if there are no shares.
func inhibitedClaim(subject, text string, shares []float64) (stats.Claim, bool) {
	share, err := stats.Mean(shares)
	if err != nil {
		return stats.Claim{}, false
	}
	share = share.Scaled(100)
	c := stats.Claim{Subject: subject, Statement: text, Unit: stats.Shares, Ours: &share, Plot: "layers"}
	c.Take(emerges(share))
	return c, true
}

// inhibitedSections returns the table of shares and the plot by layer.
func inhibitedSections(list []trained.Subject, found [][]*channelStatistics, settings *inhibitedSettings) []page.Section {
	name := func(v *trained.Subject) string {
		m := &v.Model
		return strings.Join([]string{report.Label(m.Backbone), report.Label(m.Norm), report.Label(m.Rectifier), report.Label(m.Block)}, ", ")
	}
	cases := trained.CaseOrder(list, name)
	members := make([][]int, len(cases)) // indices in list
	for i := range list {
		k := slices.Index(cases, name(&list[i]))
		members[k] = append(members[k], i)
	}
	threshold := settings.Thresholds[len(settings.Thresholds)-1]
	statement := fmt.Sprintf("some channels are inhibited (mean |y| < %s)", spec.Number(threshold))
	var claims []stats.Claim
	bySeed := map[int][]float64{} // shares of all cases without a block
	for k, c := range cases {
		if list[members[k][0]].Model.Block != "none" {
			continue
		}
		var shares []float64
		for _, i := range members[k] {
			shares = append(shares, inhibitedShare(found[i], threshold))
			bySeed[list[i].Seed] = append(bySeed[list[i].Seed], shares[len(shares)-1])
		}
		if claim, ok := inhibitedClaim(c, statement, shares); ok {
			claims = append(claims, claim)
		}
	}
	// The authors make one claim about several norms and rectifiers, so the claim is about the mean over these cases.
	var mean []float64
	for _, seed := range slices.Sorted(maps.Keys(bySeed)) {
		if values := bySeed[seed]; len(values) == len(claims) {
			mean = append(mean, stat.Mean(values, nil))
		}
	}
	if whole, ok := inhibitedClaim("mean over networks without a block", statement, mean); ok {
		whole.Cases = claims
		claims = []stats.Claim{whole}
	}
	claims = append(claims, fewerInhibited(list, found, threshold)...)
	return []page.Section{{Text: []string{fmt.Sprintf(
		"y is a channel after a normalisation, the block and the rectifier. It counts as inhibited if its mean |y| over %d test images and "+
			"all pixels is below a threshold. The output of a unit's last normalisation is rectified before the shortcut is added. Mean y and "+
			"mean y² are over all channels. Figures are means over seeds ± half the width of the 95 %% confidence interval.", settings.Images)},
		Table: inhibitedTable(list, found, settings, cases, members), Claims: claims,
		Charts: []chart.Chart{inhibitedChart(list, found, threshold, members)}}}
}

// fewerInhibited judges for each backbone whether fewer channels are inhibited with CE than with another block, paired by seed.
func fewerInhibited(list []trained.Subject, found [][]*channelStatistics, threshold float64) (claims []stats.Claim) {
	for _, backbone := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Backbone }) {
		bySeed := map[string]map[string]float64{} // percent, by block
		for i := range list {
			m := &list[i].Model
			if m.Backbone != backbone {
				continue
			}
			if bySeed[m.Block] == nil {
				bySeed[m.Block] = map[string]float64{}
			}
			bySeed[m.Block][strconv.Itoa(list[i].Seed)] = 100 * inhibitedShare(found[i], threshold)
		}
		for _, other := range []string{"none", "se"} {
			d, err := stats.Paired(bySeed[other], bySeed["ce"])
			if err != nil {
				continue
			}
			c := stats.Claim{
				Subject: report.Label(backbone), Statement: "fewer channels are inhibited with CE than with " + report.Label(other),
				Measure: "share, less CE's", Unit: stats.Gains, Ours: &d, Plot: "layers",
			}
			c.Take(stats.Judge(d, nil))
			claims = append(claims, c)
		}
	}
	return claims
}

// inhibitedTable has a row for each case.
func inhibitedTable(list []trained.Subject, found [][]*channelStatistics, settings *inhibitedSettings, cases []string,
	members [][]int) *page.Table {
	table := &page.Table{Name: "inhibited", Columns: []page.Column{{Head: "network", Text: true}, {Head: "top-1 (%)"}, {Head: "seeds"}}}
	for _, t := range settings.Thresholds {
		table.Columns = append(table.Columns, page.Column{Head: "mean |y| < " + spec.Number(t) + " (%)"})
	}
	table.Columns = append(table.Columns, page.Column{Head: "mean y"}, page.Column{Head: "mean y²"})
	for c, name := range cases {
		var top1, first, second []float64
		shares := make([][]float64, len(settings.Thresholds))
		for _, i := range members[c] {
			top1 = append(top1, list[i].Record.Result.Top1)
			for k, t := range settings.Thresholds {
				shares[k] = append(shares[k], inhibitedShare(found[i], t))
			}
			var m, m2, n float64
			for _, k := range found[i] {
				for ch := range k.mean {
					m, m2, n = m+k.mean[ch]/float64(k.count), m2+k.m2[ch]/float64(k.count), n+1
				}
			}
			first, second = append(first, m/n), append(second, m2/n)
		}
		row := []string{name, words.MeanPercent(top1), strconv.Itoa(len(top1))}
		for _, s := range shares {
			row = append(row, words.MeanPercent(s))
		}
		table.Rows = append(table.Rows, append(row, words.Mean(first, 3), words.Mean(second, 3)))
	}
	return table
}

// inhibitedChart has one panel for each rectifier and one line for each normalisation; blocks have their own colours.
func inhibitedChart(list []trained.Subject, found [][]*channelStatistics, threshold float64, members [][]int) chart.Chart {
	layers := chart.Chart{Name: "layers",
		Title: fmt.Sprintf("Channels with mean |y| < %s, by layer from input to output: mean over seeds", spec.Number(threshold))}
	for _, rectifier := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Rectifier }) {
		p := chart.Panel{Title: report.Label(rectifier), X: "layer", Y: "inhibited channels (%)", Least: new(0.0), Most: new(100.0)}
		if len(layers.Panels) > 0 {
			p.Y = ""
		}
		for _, ids := range members {
			v := &list[ids[0]]
			if v.Model.Rectifier != rectifier {
				continue
			}
			l := chart.Line{Label: report.Label(v.Model.Norm)}
			if v.Model.Block != "none" || slices.ContainsFunc(list, func(o trained.Subject) bool { return o.Model.Block != v.Model.Block }) {
				l.Label, l.Block = l.Label+", "+report.Label(v.Model.Block), v.Model.Block
			}
			for layer := range found[ids[0]] {
				var sum float64
				for _, i := range ids {
					sum += inhibitedShare(found[i][layer:layer+1], threshold)
				}
				l.X, l.Y = append(l.X, float64(layer+1)), append(l.Y, 100*sum/float64(len(ids)))
			}
			p.Lines = append(p.Lines, l)
		}
		layers.Panels = append(layers.Panels, p)
	}
	return layers
}
