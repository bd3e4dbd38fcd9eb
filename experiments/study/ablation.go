package study

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"cenet/ablation"
	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/experiments/trained"
	"cenet/nash"
	"cenet/nn"
	"cenet/results/page"
)

// ablationSettings are the settings of the table [ablation].
type ablationSettings struct {
	_      struct{} `doc:"site, as stage1/unit0 or stem; each: all in turn; together: all at once; both: each, then together"`
	Site   string   `toml:"site" default:"each"`
	Value  string   `toml:"value" default:"zero" choices:"zero mean" doc:"value that replaces an ablated channel"`
	Orders int      `toml:"orders" default:"10" range:"[1,1e6]" quick:"2" doc:"random orders of the channels of a site"`
	Points int      `toml:"points" default:"17" range:"[3,1025]" doc:"points of a curve"`
	Images int      `toml:"images" default:"1000" range:"[1,)" quick:"64" doc:"test images for the accuracy, the same number of each class"`
}

// Values of the setting ablation.site that are not paths.
const (
	eachSite      = "each"     // all sites in turn
	togetherSites = "together" // all sites at once
	bothWays      = "both"     // in turn, and at once
)

// togetherName is the site name of curves of all sites at once.
const togetherName = "all together"

// inTurn lists the orders of ablation other than random.
var inTurn = []string{ablation.GammaAscending, ablation.GammaDescending, ablation.MagnitudeAscending, ablation.MagnitudeDescending}

// ablated is the result of ablation for one network.
type ablated struct {
	Plain  float64
	Curves map[curveKey]curve
	Gini   map[string]float64 // by site; NaN if no single channel matters
	Checks ablationChecks
}

type curveKey struct{ Site, Order string }

// A curve is the mean over orders, with the area under the curve of each order.
type curve struct{ Shares, Accuracies, Areas []float64 }

// ablationChecks counts the statements that are verified along with the measurement.
type ablationChecks struct {
	Plain, Zero, Whole           int // cases
	PlainWrong, ZeroWrong, Bad   int
	PlainWorst, Worst, ZeroWorst float64
}

// refuseAblation returns an error before anything is trained if a network does not have the site, or the memory is too small.
func refuseAblation(a *ablationSettings, list []trained.Subject, o run.Options) error {
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
			return mistake.Errorf("%s: %w", v, err)
		}
		sites := ablation.SitesOf(&nn.Network{Root: root})
		valid := append(slices.Clone(sites), eachSite, togetherSites, bothWays)
		if !slices.Contains(valid, a.Site) {
			return mistake.Errorf("ablation.site: %s has no site %s; %s",
				v.Model.Backbone, mistake.Quote(a.Site), mistake.NearestOf(a.Site, valid))
		}
		// Memory holds the activations of the sites for every image, and the area of each order.
		values := 0
		for _, l := range layers {
			for _, site := range sites {
				if l.Path == site+"/relu" || l.Path == site+"/sum" || l.Path == site+"/shuffle" {
					values += l.Out.Len()
				}
			}
		}
		images := min(a.Images, v.Images.Test.Len())
		activations, perOrder := 4*values*images, 8*(len(sites)+1)*max(1, len(list))
		if need := max(1, o.Workers)*activations + a.Orders*perOrder; free > 0 && need > free {
			return mistake.Errorf("ablation.orders, ablation.images: %d orders on %d images take %d MiB, %d MiB are free: at "+
				"most %d orders fit",
				a.Orders, images, need>>20, free>>20, max(0, (free-max(1, o.Workers)*activations)/perOrder))
		}
	}
	return nil
}

// ablationVersion is raised by hand when a change alters the results of ablation.
const ablationVersion = 1

// ablate measures one network. It calls did after each site with an estimate of that site's share of the work. The estimate is the
// depth of the network after the site.
func ablate(a *ablationSettings, ctx context.Context, v *trained.Subject, o run.Options,
	did func(site string, share float64)) (*ablated, error) {
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
	out := &ablated{Plain: subject.Accuracy(), Curves: map[curveKey]curve{}, Gini: map[string]float64{}}
	if images == v.Images.Test.Len() && !o.Quick {
		out.Checks.Plain++
		off := math.Abs(out.Plain - v.Record.Result.Top1)
		if out.Checks.PlainWorst = off; off != 0 {
			out.Checks.PlainWrong++
		}
	}
	gammas := normsBefore(v, net)
	paths := subject.Sites()
	if slices.Contains(paths, a.Site) {
		paths = []string{a.Site}
	}
	alone, together := a.Site != togetherSites, a.Site == togetherSites || a.Site == bothWays
	whole := 0
	if alone {
		whole += len(paths) * (len(paths) + 1) / 2
	}
	if together {
		whole += len(paths)
	}
	var sites []*ablation.Site
	for i, path := range paths {
		site, err := subject.Site(path)
		if err != nil {
			return nil, err
		}
		sites = append(sites, site)
		if !alone {
			continue
		}
		if err := ablateSite(a, ctx, out, site, gammas[path]); err != nil {
			return nil, err
		}
		did(path, float64(len(paths)-i)/float64(whole))
	}
	if together {
		if err := ablateTogether(a, ctx, out, subject, sites, gammas); err != nil {
			return nil, err
		}
		did(togetherName, float64(len(paths))/float64(whole))
	}
	return out, nil
}

// order returns the channels in the named order. It is false for an order by γ if the site has no γ. The i-th random order is the same
// for every network.
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
			out.Checks.Zero++
			if got[0] != out.Plain {
				out.Checks.ZeroWrong++
				out.Checks.ZeroWorst = max(out.Checks.ZeroWorst, math.Abs(got[0]-out.Plain))
			}
			if name == ablation.Random {
				out.Checks.Whole++
				half := len(counts) / 2
				if off := math.Abs(site.Whole(channels, counts[half], a.Value) - got[half]); off != 0 {
					out.Checks.Bad++
					out.Checks.Worst = max(out.Checks.Worst, off)
				}
			}
		}
		if sum == nil {
			continue
		}
		for k := range sum {
			sum[k] /= float64(orders)
		}
		out.Curves[curveKey{site.Path, name}] = curve{shares, sum, areas}
	}
	lost, err := site.Importance(ctx, a.Value)
	if err != nil {
		return err
	}
	out.Gini[site.Path] = ablation.Gini(lost)
	return nil
}

// ablateTogether ablates all sites at once, each in its own order.
func ablateTogether(a *ablationSettings, ctx context.Context, out *ablated, subject *ablation.Subject, sites []*ablation.Site,
	gammas map[string][]float64) error {
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
			out.Curves[curveKey{togetherName, name}] = curve{shares, sum, areas}
		}
	}
	return nil
}

// runAblation runs the study.
func runAblation(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error) {
	settings := spec.Of[ablationSettings](s)
	a := &settings
	list, err := trained.Subjects(ctx, s, &o, log, nil, func(list []trained.Subject,
		o run.Options) error {
		return refuseAblation(a, list, o)
	})
	if err != nil {
		return nil, nil, err
	}
	found := make([]*ablated, len(list))
	p := newPace(s.Name, len(list), log)
	if err := trained.ForEach(ctx, list, o, func(i int, v *trained.Subject) (err error) {
		earlier := true
		found[i], err = trained.Kept(v, fmt.Sprintln("ablation", ablationVersion, *a), func() (*ablated, error) {
			earlier = false
			return ablate(a, ctx, v, o, func(site string, share float64) { p.part(v, site, share) })
		})
		if err == nil {
			p.finish(v, earlier)
		}
		return err
	}); err != nil {
		return nil, nil, errors.Join(err, context.Cause(ctx))
	}
	values := newSeeds()
	for i, f := range found {
		values.add(&list[i], "accuracy", f.Plain)
		for _, site := range []string{turns, togetherName} {
			if area, ok := f.figure(site, ablation.Random, areaUnder); ok && !math.IsNaN(area) {
				values.add(&list[i], "area under the curve, "+site+", random orders", area)
			}
		}
	}
	return ablationFindings(found), values.in(ablationSections(list, found, a)), nil
}
