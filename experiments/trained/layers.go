package trained

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"cenet/ce"
	"cenet/experiments/network"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/nash"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/stream"
	"cenet/results"
)

// smallNetworks is the file of an experiment, which is trained where a check finds no trained networks.
//
//go:embed small.toml
var smallNetworks []byte

// watched is a block with taps before and after it, and the activations there.
type watched struct {
	site  nn.Site
	block *ce.Block
	x, y  []float64
	shape nn.Shape
}

// watch returns a factory of the same blocks with taps around those that decorrelate, and adds to list what the taps see.
func watch(make nn.Factory, list *[]*watched) nn.Factory {
	return func(b *nn.Builder, s nn.Site) nn.Layer {
		layer := make(b, s)
		block := ce.Of(layer)
		if block == nil {
			return layer
		}
		w := &watched{site: s, block: block}
		*list = append(*list, w)
		before := &nn.Tap{Path: s.Path + "/before", Observe: func(t nn.Tensor) { w.x, w.shape = widened(t), t.Shape }}
		after := &nn.Tap{Path: s.Path + "/after", Observe: func(t nn.Tensor) { w.y = widened(t) }}
		return nn.NewSequential(before, layer, after)
	}
}

// widened copies the values of an activation.
func widened(t nn.Tensor) []float64 { return Doubles(t.Data) }

// Doubles returns x in double precision.
func Doubles(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// layer is what the taps saw in the last pass, which was in training.
func (w *watched) layer(name string, o ce.Options) nash.Layer {
	l := nash.Layer{
		Name: name, Channels: w.shape.C, Group: w.block.Group(), Pixels: w.shape.Pixels(),
		Gamma: Doubles(w.site.Norm.Gamma.Data), Beta: Doubles(w.site.Norm.Beta.Data), X: w.x, Y: w.y,
		Steps: o.Steps, Epsilon: o.Epsilon, Rescale: o.Rescale, Lambda: w.block.Lambda(),
	}
	if a, s := w.block.Attention(); a != nil {
		l.Weights = a
		for i := range a {
			a[i] /= s
		}
	}
	return l
}

// OfForm reports whether the blocks of a setup have the form of the theory: they decorrelate channels that are not centred.
func OfForm(s *spec.Setup) bool { return network.Decorrelates(s) && !spec.Of[network.CE](s).Centre }

// Layers returns the blocks of the networks that the experiment n.Experiment has finished, one of each backbone and
// block. Without finished networks, it trains small ones now. about describes the networks.
func Layers(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) (layers []nash.Layer, about []string, err error) {
	n := spec.Of[spec.Networks](s)
	experiments, err := Experiments(s)
	if err != nil {
		return nil, nil, err
	}
	finished := o
	finished.Quick = false // a quick run looks at whole networks where it can
	done, err := finished.Known(log.Printf)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	var identities []string
	var trials []spec.Trial
	for _, e := range experiments {
		list, err := run.Trials(e, finished)
		if err != nil {
			return nil, nil, err
		}
		trials = append(trials, list...)
	}
	for _, t := range trials {
		kind := t.Model.Backbone + " with " + t.Model.Block
		if !OfForm(&t.Setup) || seen[kind] || n.Backbone != "" && t.Model.Backbone != n.Backbone {
			continue
		}
		data, err := finished.Opener(nil).Open(t.Data)
		if err != nil {
			return nil, nil, err
		}
		task := run.NewTask(t, data, finished)
		found, err := LayersOf(task, n.Images, true)
		if errors.Is(err, run.ErrNotTrained) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		seen[kind] = true
		if _, ok := done[task.ID]; ok {
			identities = append(identities, task.ID)
		}
		layers = append(layers, found...)
		about = append(about, fmt.Sprintf("%s, seed %d, of experiment %s", kind, t.Seed, t.Experiment))
	}
	if err := look(o, identities); err != nil || layers != nil {
		return layers, about, err
	}
	log.Printf("%s has no finished network with a CE block: small ones take their place", n.Name())
	return smallLayers(ctx, s, o, n.Images, log)
}

// smallLayers trains the networks of small.toml, and returns their blocks as Layers does.
func smallLayers(ctx context.Context, s *spec.Spec, o run.Options, images int, log *run.Progress) (
	layers []nash.Layer, about []string, err error) {
	trained, err := spec.Load("small.toml", smallNetworks, s.Names)
	if err != nil {
		return nil, nil, err
	}
	sources := o.Opener(log.Printf)
	trials, err := run.Trials(trained, o)
	if err != nil {
		return nil, nil, err
	}
	data, err := sources.Open(trials[0].Data) // all have the same
	if err != nil {
		return nil, nil, err
	}
	records, found := make([]results.Record, len(trials)), make([][]nash.Layer, len(trials))
	var group errgroup.Group
	for i, t := range trials {
		group.Go(func() (err error) {
			task := run.NewTask(t, data, o)
			if records[i], err = task.TrainAlone(ctx, log); err != nil {
				return err
			}
			if failure := records[i].Result.Failure; failure != "" {
				return fmt.Errorf("%s: %s", t.String(), failure)
			}
			found[i], err = LayersOf(task, images, false)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	for i, t := range trials {
		layers = append(layers, found[i]...)
		about = append(about, fmt.Sprintf("%s with %s, width %v, trained for this check: %d images of %s, %d epochs, test top-1 %.1f %%",
			t.Model.Backbone, t.Model.Block, t.Model.Width, records[i].Images.Train, records[i].Images.Name, len(records[i].Result.Epochs),
			100*records[i].Result.Top1))
	}
	return layers, about, nil
}

// LayersOf returns the blocks of a trial's network, which a checkpoint has, on a batch of training images.
func LayersOf(t *run.Task, images int, whole bool) ([]nash.Layer, error) {
	set := t.Images.Train
	var blocks []*watched
	images = min(images, set.Len())
	net, err := t.Trained(images, watch(network.Factory(&t.Setup), &blocks), 1, whole)
	if err != nil {
		return nil, err
	}
	x := nn.NewTensor(net.In)
	batch := dataset.NewBatcher(set, set.Normalisation(), t.Trial.Data.Pad)
	every := make([]int, images)
	for i := range every {
		every[i] = i
	}
	batch.Fill(x.Data, every, slices.Clone(every), nil, 0, 0)
	c := nn.NewContext(1)
	defer c.Close()
	c.Train = true // with the batch's statistics, as the theory has them
	net.Forward(c, x)
	var list []nash.Layer
	for _, w := range blocks {
		list = append(list, w.layer(fmt.Sprintf("%s %s %s", t.Model.Backbone, t.Model.Block, w.site.Path), spec.Of[network.CE](t).Options))
	}
	return list, nil
}

// RandomLayers are blocks that no training has touched: a BatchNorm with random γ and β and a block with random weights
// after it, on random, correlated input; of both branches and of both presets.
func RandomLayers(seed int) ([]nash.Layer, error) {
	var list []nash.Layer
	for _, preset := range []string{"official", "paper"} {
		for _, branch := range []ce.Branch{ce.Both, ce.Decorrelate} {
			o := ce.Presets[preset]()
			o.Branch = branch
			var seen []*watched
			b := nn.NewBuilder()
			const channels = 32
			norm := nn.NewBatchNorm(b, "bn", channels, 1)
			site := nn.Site{Path: "block", Stage: 1, Position: 1, Last: true, Channels: channels, Norm: norm}
			factory := watch(func(b *nn.Builder, s nn.Site) nn.Layer { return ce.New(b, s, o) }, &seen)
			in := nn.Shape{N: 16, H: 6, W: 6, C: channels}
			net, err := b.Build(nn.NewSequential(norm, factory(b, site)), in, nn.Options{Seed: uint64(seed), Workers: 1})
			if err != nil {
				return nil, err
			}
			r := stream.New(uint64(seed), "random layer "+preset+" "+string(branch))
			for c := range channels {
				norm.Gamma.Data[c] = float32(r.Normal())
				norm.Beta.Data[c] = float32(r.Normal())
			}
			x := nn.NewTensor(in)
			for i := range x.Rows() {
				common := r.Normal()
				for c := range channels {
					x.Data[i*channels+c] = float32(0.6*common + r.Normal())
				}
			}
			context := nn.NewContext(1)
			context.Train = true
			net.Forward(context, x)
			context.Close()
			l := seen[0].layer(fmt.Sprintf("random %s, preset %s, seed %d", branch, preset, seed), o)
			l.Random = true
			list = append(list, l)
		}
	}
	return list, nil
}
