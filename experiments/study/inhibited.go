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

var _ = add(run.Check{
	Name:     "inhibited",
	About:    "channels that are inhibited, by normalisation and rectifier",
	Settings: inhibitedSettings{},
	Run:      runInhibited,
})

// inhibitedSettings say what counts as inhibited, and on how many images.
type inhibitedSettings struct {
	_          struct{}  `doc:"of a channel's mean |y|, below which it counts as inhibited"`
	Thresholds []float64 `toml:"thresholds" default:"1e-3 1e-2 0.05" range:"(0,100]" order:"ascending"`
	Images     int       `toml:"images" default:"1000" range:"[1,)" quick:"64" doc:"test images, as many of each class"`
}

// channelStatistics are the moments of the channels of one place.
type channelStatistics struct {
	path                string
	count               int
	magnitude, mean, m2 []float64 // Σ|y|, Σy, Σy²
}

// add takes a batch in.
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

// means are Σ over the count.
func (s *channelStatistics) means(sums []float64) []float64 {
	out := make([]float64, len(sums))
	for c, v := range sums {
		out[c] = v / float64(s.count)
	}
	return out
}

// rectification is the setup's rectifier as a function.
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

// watchedNetwork builds the trained network with taps at every place where a block can stand, behind the block, in the order of the
// places; see makes what each of them tells.
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

// channelsOf returns the statistics of what leaves every BatchNorm, or other normalisation, with the block behind it, once it is
// rectified, on test images. The last of a unit is rectified as it stands here, before the shortcut is added.
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

// runInhibited is the check of that name.
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
	return nil, inhibitedSections(list, found, &settings), nil
}

// inhibitedClaim is what is decided on the shares of inhibited channels over seeds; false where there are none.
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

// inhibitedSections are the table of shares and the plot by layer.
func inhibitedSections(list []trained.Subject, found [][]*channelStatistics, settings *inhibitedSettings) []page.Section {
	name := func(v *trained.Subject) string {
		return strings.Join([]string{report.Label(v.Model.Backbone), report.Label(v.Model.Norm), report.Label(v.Model.Rectifier), report.Label(v.Model.Block)}, ", ")
	}
	of := func(v *trained.Subject, kind string) string {
		return map[string]string{"norm": v.Model.Norm, "rectifier": v.Model.Rectifier}[kind]
	}
	table := &page.Table{Name: "inhibited", Columns: []page.Column{{Head: "network", Text: true}, {Head: "top-1 (%)"}, {Head: "seeds"}}}
	for _, t := range settings.Thresholds {
		table.Columns = append(table.Columns, page.Column{Head: "mean |y| < " + spec.Number(t) + " (%)"})
	}
	table.Columns = append(table.Columns, page.Column{Head: "mean y"}, page.Column{Head: "mean y²"})
	cases := trained.CaseOrder(list, name)
	threshold := settings.Thresholds[len(settings.Thresholds)-1]
	statement := fmt.Sprintf("some channels are inhibited (mean |y| < %s)", spec.Number(threshold))
	var claims []stats.Claim
	ofCases := map[int][]float64{} // shares of the cases, by seed
	members := func(c string) (of []int) {
		for i := range list {
			if name(&list[i]) == c {
				of = append(of, i)
			}
		}
		return of
	}
	for _, c := range cases {
		var top1, first, second []float64
		shares := make([][]float64, len(settings.Thresholds))
		for _, i := range members(c) {
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
		row := []string{c, words.MeanPercent(top1), strconv.Itoa(len(top1))}
		for _, s := range shares {
			row = append(row, words.MeanPercent(s))
		}
		table.Rows = append(table.Rows, append(row, words.Mean(first, 3), words.Mean(second, 3)))
		widest := shares[len(shares)-1]
		for k, i := range members(c) {
			ofCases[list[i].Seed] = append(ofCases[list[i].Seed], widest[k])
		}
		if claim, ok := inhibitedClaim(c, statement, widest); ok {
			claims = append(claims, claim)
		}
	}
	// The authors' claim is one, on various norms and rectifiers: its cases are beneath it, and it is on their mean.
	var mean []float64
	for _, seed := range slices.Sorted(maps.Keys(ofCases)) {
		if values := ofCases[seed]; len(values) == len(cases) {
			mean = append(mean, stat.Mean(values, nil))
		}
	}
	if whole, ok := inhibitedClaim("mean over norms and rectifiers", statement, mean); ok {
		whole.Cases = claims
		claims = []stats.Claim{whole}
	}
	section := page.Section{Text: []string{fmt.Sprintf(
		"A channel y behind a normalisation, with the block behind it, once it is rectified, counts as inhibited where its mean |y| over %d test images and all pixels is below a threshold; "+
			"the last of a unit is rectified as it stands, before the shortcut is added. mean y and mean y² are over all channels. Mean ± half the width of the 95 %% confidence interval over seeds.", settings.Images)},
		Table: table, Claims: claims}
	// One panel a rectifier, one line a normalisation; blocks have their own colours.
	layers := chart.Chart{Name: "layers", Title: fmt.Sprintf("Channels with mean |y| < %s, by layer from input to output: mean over seeds", spec.Number(threshold))}
	for _, rectifier := range trained.CaseOrder(list, func(v *trained.Subject) string { return of(v, "rectifier") }) {
		p := chart.Panel{Title: report.Label(rectifier), X: "layer", Y: "inhibited channels (%)", Least: new(0.0), Most: new(100.0)}
		if len(layers.Panels) > 0 {
			p.Y = ""
		}
		for _, c := range cases {
			ids := members(c)
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
	section.Charts = []chart.Chart{layers}
	return []page.Section{section}
}
