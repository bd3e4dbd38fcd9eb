package study

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/report"
	"cenet/experiments/spec"
	"cenet/experiments/trained"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/nn/median"
	"cenet/nn/statedict"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/words"
)

// small is the γ below which the authors count a channel as inhibited.
const small = 0.1

// A normShare is the share of channels of some BatchNorms with a small γ, with a small |γ|, and with a negative β.
type normShare struct{ gamma, size, beta float64 }

// batchNorms holds the BatchNorms of a network, in order from its input.
type batchNorms struct {
	layers      []string
	before      []bool // a channel block follows; in a network without blocks, CE would follow
	gamma, beta [][]float32
}

// batchNormsOf makes the parameters of a network for images with the given channels, calls fill to set them, and returns its
// BatchNorms.
func batchNormsOf(s *spec.Setup, channels, classes int, seed uint64, fill func(*nn.Network) error) (*batchNorms, error) {
	place := s.Model.Place
	if s.Model.Block == "none" {
		place = network.PlaceOf("ce", s.Model.Backbone)
	}
	marked := map[string]bool{}
	block := network.Factory(s)
	b := nn.NewBuilder()
	_, err := network.BuildWith(s, b, classes, channels, func(b *nn.Builder, site nn.Site) nn.Layer {
		if network.Holds(&place, site) && site.Norm != nil {
			marked[site.Norm.Gamma.Path] = true
		}
		if block == nil {
			return nil
		}
		return block(b, site)
	})
	if err != nil {
		return nil, err
	}
	net := b.Parameters(nn.Options{Seed: seed})
	if err := fill(net); err != nil {
		return nil, err
	}
	beta := map[string][]float32{}
	for _, p := range net.Params {
		if layer, ok := strings.CutSuffix(p.Path, "/beta"); ok {
			beta[layer] = p.Data
		}
	}
	list := &batchNorms{}
	for _, p := range net.Params {
		layer, ok := strings.CutSuffix(p.Path, "/gamma")
		if _, _, blocked := statedict.InBlock(p.Path); !ok || blocked { // the LayerNorm of a block is not a BatchNorm
			continue
		}
		list.layers = append(list.layers, layer)
		list.before = append(list.before, marked[p.Path])
		list.gamma, list.beta = append(list.gamma, p.Data), append(list.beta, beta[layer])
	}
	return list, nil
}

// all selects every BatchNorm.
func (n *batchNorms) all(int) bool { return true }

// blocked reports whether a block follows the BatchNorm.
func (n *batchNorms) blocked(i int) bool { return n.before[i] }

// share is the share of channels over the selected BatchNorms.
func (n *batchNorms) share(wanted func(i int) bool) (s normShare) {
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
			}{{&s.gamma, g < small}, {&s.size, math.Abs(float64(g)) < small}, {&s.beta, n.beta[i][c] < 0}} {
				if v.is {
					*v.to++
				}
			}
		}
	}
	return normShare{s.gamma / float64(count), s.size / float64(count), s.beta / float64(count)}
}

// distribution is a line with the median of a parameter for each BatchNorm, and a band from the 10 % to the 90 % quantile.
func distribution(list []*batchNorms, label, block string, of func(*batchNorms) [][]float32) chart.Line {
	l := chart.Line{Label: label, Block: block, Apart: true}
	for i := range list[0].layers {
		var values []float64
		for _, n := range list {
			values = append(values, trained.Doubles(of(n)[i])...)
		}
		slices.Sort(values)
		at := func(p float64) float64 { return stat.Quantile(p, stat.Empirical, values, nil) }
		l.X, l.Y = append(l.X, float64(i+1)), append(l.Y, at(0.5))
		l.Lo, l.Hi = append(l.Lo, at(0.1)), append(l.Hi, at(0.9))
	}
	return l
}

func gammas(n *batchNorms) [][]float32 { return n.gamma }
func betas(n *batchNorms) [][]float32  { return n.beta }

// Stats is a page about the BatchNorms of a network: the shares of channels with small γ and with negative β, by layer and overall.
func Stats(s *spec.Setup, v *weights.Trained) (page.Page, error) {
	p := page.Page{Title: fmt.Sprintf("BatchNorms of %s with %s: %s", report.Label(s.Model.Backbone), report.Label(s.Model.Block), v.Weights)}
	channels, classes, err := v.Ends()
	if err != nil {
		return p, err
	}
	n, err := batchNormsOf(s, channels, classes, 0, func(net *nn.Network) error { return weights.Read(v.Network, net, v.Weights) })
	if err != nil {
		return p, mistake.Of(err)
	}
	if len(n.layers) == 0 {
		return p, mistake.Errorf("%s: %s has no BatchNorm", v.Weights, s.Model.Backbone)
	}
	table := &page.Table{Name: "table", Columns: []page.Column{{Head: "BatchNorm", Text: true}, {Head: "channels"},
		{Head: "γ < 0.1 (%)"}, {Head: "|γ| < 0.1 (%)"}, {Head: "β < 0 (%)"}, {Head: "median γ"}, {Head: "median β"}}}
	row := func(name string, wanted func(int) bool) {
		var gamma, beta []float64
		for i := range n.layers {
			if wanted(i) {
				gamma, beta = append(gamma, trained.Doubles(n.gamma[i])...), append(beta, trained.Doubles(n.beta[i])...)
			}
		}
		if len(gamma) == 0 {
			return
		}
		share := n.share(wanted)
		middle := func(x []float64) string { return strconv.FormatFloat(median.Of(x), 'f', 3, 64) }
		table.Rows = append(table.Rows, []string{name, strconv.Itoa(len(gamma)), words.Percent(share.gamma), words.Percent(share.size),
			words.Percent(share.beta),
			middle(gamma), middle(beta)})
	}
	row("all", n.all)
	row("those before a block", n.blocked)
	for i, layer := range n.layers {
		row(layer, func(k int) bool { return k == i })
	}
	const x = "BatchNorm, from the input"
	shares := chart.Panel{X: x, Y: "share of channels (%)", Least: new(0.0), Most: new(100.0),
		Lines: []chart.Line{{Label: "|γ| < 0.1"}, {Label: "β < 0"}}}
	for i := range n.layers {
		s := n.share(func(k int) bool { return k == i })
		for k, share := range []float64{s.size, s.beta} {
			l := &shares.Lines[k]
			l.X, l.Y = append(l.X, float64(i+1)), append(l.Y, 100*share)
		}
	}
	of := []*batchNorms{n}
	p.Sections = []page.Section{{Head: "Shares of channels", Table: table,
		Text: []string{"\"Those before a block\" are the BatchNorms that a channel block follows. In a network without blocks, they are " +
			"those that CE would follow."},
		Charts: []chart.Chart{
			{Name: "shares", Title: "Shares of channels by BatchNorm", Panels: []chart.Panel{shares}},
			{Name: "distribution", Title: "Scales and shifts by BatchNorm: median, and range of the middle 80 % of channels", Panels: []chart.Panel{
				{Title: "γ", X: x, Y: "γ", Lines: []chart.Line{distribution(of, "median", "", gammas)}},
				{Title: "β", X: x, Y: "β", Lines: []chart.Line{distribution(of, "median", "", betas)}},
			}},
		}}}
	return p, nil
}
