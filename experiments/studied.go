package experiments

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/results"
)

// A studied network is a trial with its images.
type studied struct {
	Trial
	data   *opened
	record results.Record
}

// studiedNetworks returns the trials of the experiment n.Experiment that are of the check's seeds and backbone, and wanted, where that
// is not nil. It trains those of which there is no finished network, where refuse, if not nil, finds nothing wrong with them.
func studiedNetworks(ctx context.Context, s *Spec, o *Options, log *progress, wanted func(*Trial) bool, refuse func([]studied, Options) error) ([]studied, error) {
	n := s.CheckSettings.Networks
	file, src, err := Open(n.Experiment)
	if err != nil {
		return nil, &InputError{fmt.Errorf("networks.experiment: %w", err)}
	}
	spec, err := Load(file, src, s.names)
	if err != nil {
		return nil, &InputError{err}
	}
	if spec.Checks != "" {
		return nil, &InputError{fmt.Errorf("networks.experiment: %s trains no networks", n.Experiment)}
	}
	if err := spec.Set("seeds", slices.Clone(s.Seeds)); err != nil {
		return nil, &InputError{err}
	}
	w, err := plan(spec, o, log.say)
	if err != nil {
		return nil, err
	}
	var list []studied
	var missing []Trial
	var known []string
	for _, t := range w.trials {
		if !slices.Contains(known, t.Model.Backbone) {
			known = append(known, t.Model.Backbone)
		}
		if n.Backbone != "" && t.Model.Backbone != n.Backbone || wanted != nil && !wanted(&t) {
			continue
		}
		data := w.sources.sets[t.Data.opened()]
		v := studied{Trial: t, data: data}
		r, finished := w.done[t.Identity(data.print, t.version(*o))]
		switch _, err := v.network(*o, 1); {
		case err == nil && finished && r.Result.Failure == "":
			v.record = r
		case err == nil || errors.Is(err, errNotTrained):
			missing = append(missing, t)
		default:
			return nil, err
		}
		list = append(list, v)
	}
	if len(list) == 0 && n.Backbone == "" {
		return nil, &InputError{fmt.Errorf("networks.experiment: %s trains no networks that %s looks at", spec.Name, s.Checks)}
	}
	if len(list) == 0 {
		return nil, &InputError{fmt.Errorf("networks.backbone: %s has none of %s; %s", spec.Name, quote(n.Backbone), nearestOf(n.Backbone, known))}
	}
	if refuse != nil {
		if err := refuse(list, *o); err != nil {
			return nil, err
		}
	}
	log.total = len(missing)
	log.printf("%s: %d networks of %s, %d to train", s.Name, len(list), spec.Name, len(missing))
	estimated, err := estimate(ctx, missing, w.sources, *o, !o.Quick)
	if err != nil {
		return nil, err
	}
	if estimated.Lacks != nil {
		return nil, estimated.Lacks
	}
	if len(missing) == 0 {
		return list, nil
	}
	log.printf("%s: %s", s.Name, estimated)
	log.expect(estimated)
	w.missing = missing
	records, err := w.train(ctx, *o, estimated.AtOnce, log)
	if err != nil {
		return nil, err
	}
	for i := range list {
		v := &list[i]
		identity := v.Identity(v.data.print, v.version(*o))
		for _, r := range records {
			if r.Identity == identity {
				v.record = r
			}
		}
		if v.record.Result.Failure != "" {
			return nil, fmt.Errorf("%s: %s", v, v.record.Result.Failure)
		}
	}
	return list, nil
}

// network builds the trained network for evaluation, in batches of the trial's. Where there is none, the error is errNotTrained.
func (v *studied) network(o Options, workers int) (*nn.Network, error) {
	b := nn.NewBuilder()
	set := v.data.Train
	root, err := v.build(b, len(set.Classes), set.Channels)
	if err != nil {
		return nil, err
	}
	net, err := b.Build(root, v.input(v.data, v.Train.Batch), nn.Options{Seed: uint64(v.Seed), Workers: workers})
	if err != nil {
		return nil, &InputError{fmt.Errorf("%s: %w", v, err)}
	}
	return net, v.recall(net, v.data, o, !o.Quick)
}

// testBatches are the first n test images, as many of each class, in batches; all where there are not more.
func (v *studied) testBatches(n int) ([]nn.Tensor, [][]int, error) {
	set := v.data.Test
	if n < set.Len() {
		var err error
		if set, err = set.TakeBalanced(n); err != nil {
			return nil, nil, &InputError{fmt.Errorf("images: %w", err)}
		}
	}
	loader := dataset.NewLoader(set, v.data.Normalisation(), v.Trial.Data.Pad)
	defer loader.Close()
	every := make([]int, set.Len())
	for i := range every {
		every[i] = i
	}
	loader.Begin(dataset.Pass{Order: every})
	var x []nn.Tensor
	var labels [][]int
	for lo := 0; lo < len(every); lo += v.Train.Batch {
		batch := nn.NewTensor(v.input(v.data, min(v.Train.Batch, len(every)-lo)))
		y := make([]int, batch.N)
		for i := range batch.N {
			var err error
			if y[i], err = loader.FillOne(batch.Image(i), lo+i); err != nil {
				return nil, nil, &InputError{err}
			}
		}
		x, labels = append(x, batch), append(labels, y)
	}
	return x, labels, nil
}

// norms returns |γ| of the BatchNorm before each site of ablation: of the last one of its unit, or of the stem's. A site is left
// out whose channels are others than the BatchNorm's.
func (v *studied) norms(net *nn.Network) map[string][]float64 {
	out := map[string][]float64{}
	for _, p := range net.Params {
		gamma, ok := strings.CutSuffix(p.Path, "/gamma")
		if !ok {
			continue
		}
		for _, site := range v.sites() {
			if site.Last && site.Norm.Gamma.Path == gamma+"/gamma" {
				keys := doubles(p.Data)
				for i := range keys {
					keys[i] = max(keys[i], -keys[i])
				}
				out[strings.TrimSuffix(site.Path, "/block")] = keys
			}
		}
	}
	return out
}

// caseOrder lists blocks, or other cases, in the order of the trials.
func caseOrder(list []studied, of func(*studied) string) []string {
	var names []string
	for i := range list {
		if name := of(&list[i]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// each runs a study on all networks, as many at once as there are workers.
func each(ctx context.Context, list []studied, o Options, study func(i int, v *studied) error) error {
	group, _ := errgroup.WithContext(ctx)
	group.SetLimit(max(1, o.Workers))
	for i := range list {
		group.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return study(i, &list[i])
		})
	}
	return group.Wait()
}
