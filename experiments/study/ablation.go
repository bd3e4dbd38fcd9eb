package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"cenet/ablation"
	"cenet/experiments/network"
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
	Topic: run.Topic{Head: "CE makes channels contribute more equally: cumulative ablation", Rank: 40},
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

// What the site can be if it is no path.
const (
	eachSite      = "each"     // all sites in turn
	togetherSites = "together" // all sites at once
	bothWays      = "both"     // in turn, and at once
)

// togetherName is the site of curves of all sites at once.
const togetherName = "all together"

// inTurn are the orders by which channels are ablated, apart from random ones.
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
