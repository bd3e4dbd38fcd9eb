package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

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

// rankSettings are the settings of the check.
type rankSettings struct {
	Images int      `toml:"images" default:"500" range:"[2,)" quick:"64" doc:"test images, the same number of each class"`
	_      struct{} `doc:"pixels taken from each image in each layer, evenly spaced; all if there are fewer"`
	Pixels int      `toml:"pixels" default:"64" range:"[1,)"`
}

// covariance holds the moments of the channels at one place, for their covariance and correlation.
type covariance struct {
	count    int
	sum      []float64
	products []float64 // (C, C), upper triangle of Σ x·xᵀ
}

// add adds a batch, with the given number of pixels from each image.
func (k *covariance) add(x nn.Tensor, pixels int) {
	if k.sum == nil {
		k.sum, k.products = make([]float64, x.C), make([]float64, x.C*x.C)
	}
	every := max(1, (x.Pixels()+pixels-1)/pixels)
	for n := range x.N {
		image := x.Image(n)
		for p := 0; p < x.Pixels(); p += every {
			row := image[p*x.C:][:x.C]
			k.count++
			for a, v := range row {
				k.sum[a] += float64(v)
				products := k.products[a*x.C:][:x.C]
				for b := a; b < x.C; b++ {
					products[b] += float64(v) * float64(row[b])
				}
			}
		}
	}
}

// matrices returns the covariance and the correlation of the channels that vary; nil if none does.
func (k *covariance) matrices() (sigma, rho *mat.SymDense) {
	n, c := float64(k.count), len(k.sum)
	at := func(a, b int) float64 {
		return k.products[min(a, b)*c+max(a, b)]/n - float64(k.sum[a]/n*float64(k.sum[b]/n))
	}
	var varying []int
	for a := range c {
		if v := at(a, a); v > 1e-12*(k.products[a*c+a]/n) && v > 0 {
			varying = append(varying, a)
		}
	}
	if varying == nil {
		return nil, nil
	}
	sigma, rho = mat.NewSymDense(len(varying), nil), mat.NewSymDense(len(varying), nil)
	for i, a := range varying {
		for j := i; j < len(varying); j++ {
			b := varying[j]
			sigma.SetSym(i, j, at(a, b))
			rho.SetSym(i, j, at(a, b)/math.Sqrt(at(a, a)*at(b, b)))
		}
	}
	return sigma, rho
}

// effectiveRank is exp(−Σ p·log p), where p are the eigenvalues of a positive semidefinite matrix divided by their sum. It is n if all
// n are equal, and 1 if all but one are 0.
//
// References:
//
//	Roy, Vetterli: The effective rank: A measure of effective dimensionality (2007).
func effectiveRank(m *mat.SymDense) float64 {
	var eigen mat.EigenSym
	if !eigen.Factorize(m, false) {
		return math.NaN()
	}
	values := eigen.Values(nil)
	var sum, entropy float64
	for _, v := range values {
		sum += max(0, v)
	}
	for _, v := range values {
		if p := v / sum; p > 0 {
			entropy -= p * math.Log(p)
		}
	}
	return math.Exp(entropy)
}

// ranks holds the effective rank of each layer of a network, divided by the layer's number of channels.
type ranks struct{ covariance, correlation []float64 }

// ranksOf measures one network on test images, after every normalisation and its block, before the rectifier.
func ranksOf(v *trained.Subject, images, pixels int) (ranks, error) {
	var list []*covariance
	net, err := watchedNetwork(v, func(nn.Site) func(nn.Tensor) {
		k := &covariance{}
		list = append(list, k)
		return func(x nn.Tensor) { k.add(x, pixels) }
	})
	if err != nil {
		return ranks{}, err
	}
	x, _, err := v.TestBatches(images)
	if err != nil {
		return ranks{}, err
	}
	c := nn.NewContext(1)
	defer c.Close()
	for _, batch := range x {
		net.Forward(c, batch)
	}
	var r ranks
	for _, k := range list {
		var a, b float64
		if sigma, rho := k.matrices(); sigma != nil {
			a, b = effectiveRank(sigma)/float64(len(k.sum)), effectiveRank(rho)/float64(len(k.sum))
		}
		r.covariance, r.correlation = append(r.covariance, a), append(r.correlation, b)
	}
	return r, nil
}

// runRank runs the study.
func runRank(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	list, err := trained.Subjects(ctx, s, &o, log, nil, nil)
	if err != nil {
		return nil, nil, err
	}
	c := spec.Of[rankSettings](s)
	found := make([]ranks, len(list))
	if err := trained.ForEach(ctx, list, o, func(i int, v *trained.Subject) (err error) {
		found[i], err = ranksOf(v, c.Images, c.Pixels)
		return err
	}); err != nil {
		return nil, nil, errors.Join(err, context.Cause(ctx))
	}
	values := newSeeds()
	for i := range list {
		values.add(&list[i], "effective rank of the covariance over channels", stat.Mean(found[i].covariance, nil))
		values.add(&list[i], "effective rank of the correlation over channels", stat.Mean(found[i].correlation, nil))
	}
	return nil, values.in(rankSections(list, found, c.Images)), nil
}

// rankSections returns the table, and a plot by layer for each backbone.
func rankSections(list []trained.Subject, found []ranks, images int) []page.Section {
	table := &page.Table{Name: "table", Columns: []page.Column{{Head: "network", Text: true}, {Head: "block", Text: true},
		{Head: "of the covariance (% of channels)"}, {Head: "of the correlation (% of channels)"}, {Head: "top-1 (%)"}, {Head: "seeds"}}}
	section := page.Section{Table: table, Text: []string{fmt.Sprintf(
		"The effective rank of n channels is exp(−Σ p·log p), where p are the eigenvalues of their covariance divided by their sum (Roy and "+
			"Vetterli, 2007). It is n if all channels are independent and have the same variance, and 1 if all are multiples of one channel. "+
			"The rank of the correlation ignores variances. Channels are taken after the normalisation and the block, before the rectifier, on "+
			"%d test images. Figures are means over layers and seeds ± half the width of the 95 %% confidence interval over seeds.", images)}}
	for _, backbone := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Backbone }) {
		panel := func(title string) chart.Panel {
			return chart.Panel{Title: title, X: "layer", Y: "effective rank (% of channels)", Least: new(0.0), Most: new(100.0)}
		}
		panels := []chart.Panel{panel("covariance"), panel("correlation")}
		bySeed := map[string]map[string]float64{}
		for _, block := range trained.CaseOrder(list, func(v *trained.Subject) string { return v.Model.Block }) {
			var nets []ranks
			var a, b, top1 []float64
			bySeed[block] = map[string]float64{}
			for i, v := range list {
				if v.Model.Backbone != backbone || v.Model.Block != block {
					continue
				}
				nets = append(nets, found[i])
				a, b = append(a, stat.Mean(found[i].covariance, nil)), append(b, stat.Mean(found[i].correlation, nil))
				top1 = append(top1, v.Record.Result.Top1)
				bySeed[block][strconv.Itoa(v.Seed)] = 100 * a[len(a)-1]
			}
			if nets == nil {
				continue
			}
			table.Rows = append(table.Rows, []string{report.Label(backbone), report.Label(block), words.MeanPercent(a), words.MeanPercent(b),
				words.MeanPercent(top1), strconv.Itoa(len(nets))})
			for k, of := range []func(ranks) []float64{func(r ranks) []float64 { return r.covariance },
				func(r ranks) []float64 { return r.correlation }} {
				l := chart.Line{Label: report.Label(block), Block: block}
				for layer := range of(nets[0]) {
					var sum float64
					for _, r := range nets {
						sum += of(r)[layer]
					}
					l.X, l.Y = append(l.X, float64(layer+1)), append(l.Y, 100*sum/float64(len(nets)))
				}
				panels[k].Lines = append(panels[k].Lines, l)
			}
		}
		name := "layers-" + backbone
		section.Charts = append(section.Charts, chart.Chart{Name: name, Panels: panels,
			Title: report.Label(backbone) + ", effective rank of the channels by layer, from input to output: mean over seeds"})
		for _, other := range []string{"none", "se"} {
			d, err := stats.Paired(bySeed["ce"], bySeed[other])
			if err != nil {
				continue
			}
			c := stats.Claim{Subject: report.Label(backbone), Statement: "the effective rank is larger with CE than with " + report.Label(other),
				Unit: stats.Gains, Ours: &d, Role: stats.NotInPaper, Plot: name}
			c.Take(stats.Judge(d, nil))
			section.Claims = append(section.Claims, c)
		}
	}
	return []page.Section{section}
}
