package study

import (
	"cmp"
	"context"
	"errors"
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
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/nash"
	"cenet/nn"
	"cenet/results"
)

var _ = add(run.Check{
	Name:  "ablation",
	About: "cumulative ablation of channels",
	Settings: []spec.Setting{
		{Key: "ablation.site", Kind: spec.String, Default: eachSite,
			Doc: "site that is ablated, as stage1/unit0 or stem; each: all in turn; together: all at once; both: first this, then that"},
		{Key: "ablation.value", Kind: spec.String, Default: ablation.Zero, Choices: spec.OneOf(ablation.Values()...),
			Doc: "what stands in the place of a channel that is taken away"},
		{Key: "ablation.orders", Kind: spec.Int, Default: 10, Range: spec.From(1, 1e6), Quick: 2,
			Doc: "random orders of a site's channels"},
		{Key: "ablation.points", Kind: spec.Int, Default: 17, Range: spec.From(3, 1025),
			Doc: "points of a curve"},
		{Key: "ablation.images", Kind: spec.Int, Default: 1000, Range: spec.AtLeast(1), Quick: 64,
			Doc: "test images on which accuracy is measured, as many of each class"},
	},
	Topic: run.Topic{Head: "CE makes channels contribute more equally: cumulative ablation", Rank: 100},
	Run:   runAblation,
})

// ablationSettings say what of networks is ablated, and how.
type ablationSettings struct {
	Site   string // a path, or one of those below
	Value  string
	Orders int // random ones of each site
	Points int
	Images int
}

// What the site can be beside a path.
const (
	eachSite      = "each"     // all sites in turn
	togetherSites = "together" // all sites at once
	bothWays      = "both"     // in turn, and at once
)

// togetherName is the site of curves of all sites at once.
const togetherName = "all together"

// inTurn are the orders by which channels are ablated beside random ones.
var inTurn = []string{ablation.GammaAscending, ablation.GammaDescending, ablation.MagnitudeAscending, ablation.MagnitudeDescending}

// ablated is what ablation finds of one network.
type ablated struct {
	plain  float64
	curves map[curveKey]curve
	gini   map[string]float64 // by site; NaN where no channel alone matters
	checks ablationChecks
}

type curveKey struct{ site, order string }

// A curve has the mean over orders, and the area under the curve of each order.
type curve struct{ shares, accuracies, areas []float64 }

// ablationChecks count the statements that are verified on the way.
type ablationChecks struct {
	plain, zero, whole          int // cases
	plainWrong, zeroWrong, bad  int
	plainWorst, worst, zeroMost float64
}

// refuse says what cannot be, before anything is trained: a site that a network does not have, more than memory holds.
func refuseAblation(a *ablationSettings, list []run.Subject, o run.Options) error {
	free := o.Memory
	if free <= 0 {
		free = state.FreeMemory()
	}
	for i := range list {
		v := &list[i]
		b := nn.NewBuilder()
		root, err := network.Build(&v.Trial.Setup, b, len(v.Images.Train.Classes), v.Images.Train.Channels)
		if err != nil {
			return err
		}
		layers, _, err := b.Describe(root, v.Input(1))
		if err != nil {
			return &spec.InputError{Err: fmt.Errorf("%s: %w", v, err)}
		}
		sites := ablation.SitesOf(&nn.Network{Root: root})
		known := append(slices.Clone(sites), eachSite, togetherSites, bothWays)
		if !slices.Contains(known, a.Site) {
			return &spec.InputError{Err: fmt.Errorf("ablation.site: %s has no site %s; %s", v.Model.Backbone, spec.Quote(a.Site), spec.NearestOf(a.Site, known))}
		}
		// Activations of the sites are kept for every image, and of each order its area.
		values := 0
		for _, l := range layers {
			for _, site := range sites {
				if l.Path == site+"/relu" || l.Path == site+"/sum" || l.Path == site+"/shuffle" {
					values += l.Out.Len()
				}
			}
		}
		images := min(a.Images, v.Images.Test.Len())
		kept, perOrder := 4*values*images, 8*(len(sites)+1)*max(1, len(list))
		if need := max(1, o.Workers)*kept + a.Orders*perOrder; free > 0 && need > free {
			return &spec.InputError{Err: fmt.Errorf("ablation.orders, ablation.images: %d orders on %d images take %d MiB, %d MiB are free: at most %d orders fit",
				a.Orders, images, need>>20, free>>20, max(0, (free-max(1, o.Workers)*kept)/perOrder))}
		}
	}
	return nil
}

// ablate measures one network.
func ablate(a *ablationSettings, ctx context.Context, v *run.Subject, o run.Options) (*ablated, error) {
	net, err := v.Build(1)
	if err != nil {
		return nil, err
	}
	x, labels, err := v.TestBatches(a.Images)
	if err != nil {
		return nil, err
	}
	var batches []ablation.Batch
	images := 0
	for i := range x {
		batches = append(batches, ablation.Batch{X: x[i], Labels: labels[i]})
		images += x[i].N
	}
	c := nn.NewContext(1)
	defer c.Close()
	subject := ablation.New(net, c, batches)
	out := &ablated{plain: subject.Accuracy(), curves: map[curveKey]curve{}, gini: map[string]float64{}}
	if images == v.Images.Test.Len() && !o.Quick {
		out.checks.plain++
		off := math.Abs(out.plain - v.Record.Result.Top1)
		if out.checks.plainWorst = off; off != 0 {
			out.checks.plainWrong++
		}
	}
	gammas := normsBefore(v, net)
	paths := subject.Sites()
	if slices.Contains(paths, a.Site) {
		paths = []string{a.Site}
	}
	var sites []*ablation.Site
	for _, path := range paths {
		site, err := subject.Site(path)
		if err != nil {
			return nil, err
		}
		sites = append(sites, site)
		if a.Site == togetherSites {
			continue
		}
		if err := ablateSite(a, ctx, out, site, gammas[path]); err != nil {
			return nil, err
		}
	}
	if a.Site == togetherSites || a.Site == bothWays {
		return out, ablateTogether(a, ctx, out, subject, sites, gammas)
	}
	return out, nil
}

// order returns the order of a name, false where it is by γ and there is none. The i-th random one is the same for every network.
func order(name string, i int, site *ablation.Site, gamma []float64) ([]int, bool) {
	switch name {
	case ablation.Random:
		return ablation.Shuffled(0, site.Path, i, site.Channels), true
	case ablation.MagnitudeAscending, ablation.MagnitudeDescending:
		return ablation.By(site.Magnitude, name == ablation.MagnitudeDescending), true
	}
	return ablation.By(gamma, name == ablation.GammaDescending), len(gamma) == site.Channels
}

func ablateSite(a *ablationSettings, ctx context.Context, out *ablated, site *ablation.Site, gamma []float64) error {
	counts := ablation.Counts(a.Points, site.Channels)
	shares := make([]float64, len(counts))
	for i, n := range counts {
		shares[i] = float64(n) / float64(site.Channels)
	}
	for _, name := range append([]string{ablation.Random}, inTurn...) {
		orders := 1
		if name == ablation.Random {
			orders = a.Orders
		}
		sum := make([]float64, len(counts))
		var areas []float64
		for i := range orders {
			channels, ok := order(name, i, site, gamma)
			if !ok {
				sum = nil
				break
			}
			got, err := site.Curve(ctx, channels, counts, a.Value)
			if err != nil {
				return err
			}
			areas = append(areas, ablation.Area(shares, got))
			for k, v := range got {
				sum[k] += v
			}
			if i > 0 {
				continue
			}
			out.checks.zero++
			if got[0] != out.plain {
				out.checks.zeroWrong++
				out.checks.zeroMost = max(out.checks.zeroMost, math.Abs(got[0]-out.plain))
			}
			if name == ablation.Random {
				out.checks.whole++
				half := len(counts) / 2
				if off := math.Abs(site.Whole(channels, counts[half], a.Value) - got[half]); off != 0 {
					out.checks.bad++
					out.checks.worst = max(out.checks.worst, off)
				}
			}
		}
		if sum == nil {
			continue
		}
		for k := range sum {
			sum[k] /= float64(orders)
		}
		out.curves[curveKey{site.Path, name}] = curve{shares, sum, areas}
	}
	lost, err := site.Importance(ctx, a.Value)
	if err != nil {
		return err
	}
	out.gini[site.Path] = ablation.Gini(lost)
	return nil
}

// together ablates all sites at once, each in an order of its own.
func ablateTogether(a *ablationSettings, ctx context.Context, out *ablated, subject *ablation.Subject, sites []*ablation.Site, gammas map[string][]float64) error {
	shares := make([]float64, a.Points)
	for i := range shares {
		shares[i] = float64(i) / float64(a.Points-1)
	}
	for _, name := range append([]string{ablation.Random}, inTurn...) {
		n := 1
		if name == ablation.Random {
			n = a.Orders
		}
		sum := make([]float64, len(shares))
		var areas []float64
		for i := range n {
			var orders [][]int
			for _, site := range sites {
				channels, ok := order(name, i, site, gammas[site.Path])
				if !ok {
					sum = nil
					break
				}
				orders = append(orders, channels)
			}
			if sum == nil {
				break
			}
			got, err := subject.Together(ctx, sites, orders, shares, a.Value)
			if err != nil {
				return err
			}
			areas = append(areas, ablation.Area(shares, got))
			for k, v := range got {
				sum[k] += v / float64(n)
			}
		}
		if sum != nil {
			out.curves[curveKey{togetherName, name}] = curve{shares, sum, areas}
		}
	}
	return nil
}

// runAblation is the check of that name.
func runAblation(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []results.Section, error) {
	v := s.CheckSettings.Added
	a := &ablationSettings{v.Text("ablation.site"), v.Text("ablation.value"), v.Int("ablation.orders"), v.Int("ablation.points"), v.Int("ablation.images")}
	list, err := run.Subjects(ctx, s, &o, log, nil, func(list []run.Subject, o run.Options) error { return refuseAblation(a, list, o) })
	if err != nil {
		return nil, nil, err
	}
	found := make([]*ablated, len(list))
	if err := run.ForEach(ctx, list, o, func(i int, v *run.Subject) (err error) {
		found[i], err = ablate(a, ctx, v, o)
		if err == nil {
			log.Printf("%s: %s ablated", s.Name, v.String())
		}
		return err
	}); err != nil {
		return nil, nil, errors.Join(err, context.Cause(ctx))
	}
	return ablationFindings(found), ablationSections(list, found, a), nil
}

// ablationFindings are the statements that were verified on the way.
func ablationFindings(found []*ablated) []nash.Finding {
	var k ablationChecks
	for _, f := range found {
		c := f.checks
		k.plain, k.plainWrong, k.plainWorst = k.plain+c.plain, k.plainWrong+c.plainWrong, max(k.plainWorst, c.plainWorst)
		k.zero, k.zeroWrong, k.zeroMost = k.zero+c.zero, k.zeroWrong+c.zeroWrong, max(k.zeroMost, c.zeroMost)
		k.whole, k.bad, k.worst = k.whole+c.whole, k.bad+c.bad, max(k.worst, c.worst)
	}
	const off = "difference of accuracies"
	var list []nash.Finding
	for _, f := range []nash.Finding{
		{Statement: nash.Statement{ID: "ablation-recorded", Text: "with nothing ablated the accuracy is the recorded one", Holds: true, Measure: off}, Cases: k.plain, Failures: k.plainWrong, Worst: k.plainWorst},
		{Statement: nash.Statement{ID: "ablation-none", Text: "at 0 % the accuracy is the plain one", Holds: true, Measure: off}, Cases: k.zero, Failures: k.zeroWrong, Worst: k.zeroMost},
		{Statement: nash.Statement{ID: "ablation-whole", Text: "a run from the site on gives what the whole network with masked channels gives", Holds: true, Measure: off}, Cases: k.whole, Failures: k.bad, Worst: k.worst},
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
		return results.MeanText(nil, 3)
	}
	return strconv.FormatFloat(stat.Mean(values, nil), 'f', 3, 64)
}

// turns is the site of the mean over all sites in turn.
const turns = "mean over sites in turn"

// figure is one of a curve at a site: of all sites in turn, their mean. false where there is none.
func (f *ablated) figure(site, order string, of func(curve) float64) (float64, bool) {
	if site != turns {
		c, ok := f.curves[curveKey{site, order}]
		if !ok {
			return 0, false
		}
		return of(c), true
	}
	var sum float64
	n := 0
	for _, k := range slices.SortedFunc(maps.Keys(f.curves), func(a, b curveKey) int { return cmp.Compare(a.site, b.site) }) {
		if k.order == order && k.site != togetherName {
			sum += of(f.curves[k])
			n++
		}
	}
	return sum / float64(n), n > 0
}

// ablationSections show curves, areas and accuracies left.
func ablationSections(list []run.Subject, found []*ablated, a *ablationSettings) []results.Section {
	ofBlock := func(v *run.Subject) string { return v.Model.Block }
	blocks := run.CaseOrder(list, ofBlock)
	backbones := run.CaseOrder(list, func(v *run.Subject) string { return v.Model.Backbone })
	var sections []results.Section
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
			_, ok := with(blocks[0])[0].curves[curveKey{site, ablation.Random}]
			return !ok
		})
		var shown []string
		if len(sites) > 1 {
			shown = append(shown, turns)
		}
		if _, ok := with(blocks[0])[0].curves[curveKey{togetherName, ablation.Random}]; ok {
			shown = append(shown, togetherName)
		}
		name := report.Label(backbone)
		table := &results.Table{Name: "ablation-" + backbone, Columns: []results.Column{
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
			areas := figures(func(c curve) float64 { return ablation.Area(c.shares, c.accuracies) })
			if len(areas) == 0 {
				return
			}
			var plain, ginis []float64
			for _, f := range nets {
				plain = append(plain, f.plain)
				if g, ok := f.gini[site]; ok && !math.IsNaN(g) {
					ginis = append(ginis, g)
				}
			}
			cells := []string{site, order, report.Label(block), results.MeanPercentText(plain), results.MeanText(areas, 3), spread(figures(func(c curve) float64 {
				if len(c.areas) < 2 {
					return math.NaN()
				}
				return stat.StdDev(c.areas, nil)
			}))}
			for _, share := range []float64{0.10, 0.25, 0.50, 0.75} {
				cells = append(cells, results.MeanPercentText(figures(func(c curve) float64 { return ablation.At(c.shares, c.accuracies, share) })))
			}
			table.Rows = append(table.Rows, append(cells, results.MeanText(ginis, 2)))
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
		section := results.Section{Head: name, Table: table, Text: []string{fmt.Sprintf(
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
				section.Text = append(section.Text, fmt.Sprintf("%s: %s: %s.", c.Claim, c.Ours, c.Verdict))
			}
		}
		sections = append(sections, section)
	}
	return sections
}

// pairedAreas compares the area under random curves of CE with that of the others, by seed.
func pairedAreas(site string, blocks []string, list []run.Subject, found []*ablated, backbone string) []results.Claim {
	area := func(block string) map[string]float64 {
		values := map[string]float64{}
		for i := range list {
			if list[i].Model.Backbone == backbone && list[i].Model.Block == block {
				if v, ok := found[i].figure(site, ablation.Random, func(c curve) float64 { return ablation.Area(c.shares, c.accuracies) }); ok && !math.IsNaN(v) {
					values[strconv.Itoa(list[i].Seed)] = 100 * v
				}
			}
		}
		return values
	}
	if !slices.Contains(blocks, "ce") {
		return nil
	}
	var lines []results.Claim
	for _, other := range blocks {
		if other != "none" && other != "se" {
			continue
		}
		d, err := results.Paired(area("ce"), area(other))
		if err == nil {
			lines = append(lines, results.Claim{
				Claim: fmt.Sprintf("%s: CE > %s in the area under ablation curves (%s, random orders)", report.Label(backbone), report.Label(other), site),
				Paper: "–", Ours: results.DifferenceText(d) + " points of 100", Verdict: results.Judge(d).String(), Plot: "curves-" + siteFile(site) + "-" + backbone,
			})
		}
	}
	return lines
}

// bandOf is the line of a block: the mean over networks with its 95 % interval.
func bandOf(label, block string, nets []*ablated, site, order string, shares []float64) (results.Line, bool) {
	l := results.Line{Label: label, Block: block}
	for _, share := range shares {
		var values []float64
		for _, f := range nets {
			if v, ok := f.figure(site, order, func(c curve) float64 { return ablation.At(c.shares, c.accuracies, share) }); ok {
				values = append(values, 100*v)
			}
		}
		i, err := results.Mean(values)
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

// twentieths are the shares at which curves are drawn.
func twentieths() []float64 { return results.Grid(0, 1, 21) }

// ablationPanel has a line for each block.
func ablationPanel(title, site, order string, blocks []string, with func(string) []*ablated) (results.Panel, bool) {
	p := results.Panel{Title: title, X: "channels ablated (%)", Y: "test top-1 accuracy (%)", Least: results.Bound(0), Most: results.Bound(100)}
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
func ablationChart(backbone, site string, blocks []string, with func(string) []*ablated) results.Chart {
	c := results.Chart{Name: "curves-" + siteFile(site) + "-" + backbone, Title: fmt.Sprintf("%s, cumulative ablation, %s: mean over seeds, 95 %% confidence band", report.Label(backbone), site)}
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
func ablationSites(backbone string, sites, blocks []string, with func(string) []*ablated) results.Chart {
	p := results.Panel{X: "site", Y: "area under the curve, normalised", XLabels: map[string]float64{}}
	for i, site := range sites {
		if step := max(1, len(sites)/9); i%step == 0 {
			p.XLabels[shortSite(site)] = float64(i)
		}
	}
	for _, block := range blocks {
		l := results.Line{Label: report.Label(block), Block: block}
		for i, site := range sites {
			var values []float64
			for _, f := range with(block) {
				if v, ok := f.figure(site, ablation.Random, func(c curve) float64 { return ablation.Area(c.shares, c.accuracies) }); ok && !math.IsNaN(v) {
					values = append(values, v)
				}
			}
			m, err := results.Mean(values)
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
	return results.Chart{Name: "sites-" + backbone, Title: report.Label(backbone) + ", area under curves of random orders, by site: mean over seeds, 95 % confidence band",
		Panels: []results.Panel{p}}
}

// shortSite writes stage1/unit0 as 1.0.
func shortSite(site string) string {
	var stage, unit int
	if _, err := fmt.Sscanf(site, "stage%d/unit%d", &stage, &unit); err != nil {
		return site
	}
	return fmt.Sprintf("%d.%d", stage, unit)
}

// norms returns |γ| of the BatchNorm before each site of ablation: of the last one of its unit, or of the stem's. A site is left
// out whose channels are others than the BatchNorm's.
func normsBefore(v *run.Subject, net *nn.Network) map[string][]float64 {
	out := map[string][]float64{}
	for _, p := range net.Params {
		gamma, ok := strings.CutSuffix(p.Path, "/gamma")
		if !ok {
			continue
		}
		for _, site := range network.Sites(&v.Trial.Setup) {
			if site.Last && site.Norm.Gamma.Path == gamma+"/gamma" {
				keys := run.Doubles(p.Data)
				for i := range keys {
					keys[i] = max(keys[i], -keys[i])
				}
				out[strings.TrimSuffix(site.Path, "/block")] = keys
			}
		}
	}
	return out
}
