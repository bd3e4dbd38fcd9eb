// Package trained gives studies and checks the networks of finished trials, and trains those that are missing.
package trained

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/nn"
	"cenet/nn/dataset"
)

// A Subject is the network of a finished trial, which a study looks at.
type Subject struct{ *run.Task }

// Subjects returns the networks of the experiments that the check's file names: those of its seeds and backbone, and wanted, where that is
// not nil. It trains those of which there is no finished network, where refuse, if not nil, finds nothing wrong with them.
func Subjects(ctx context.Context, s *spec.Spec, o *run.Options, log *run.Progress,
	wanted func(*spec.Trial) bool, refuse func([]Subject, run.Options) error) ([]Subject, error) {
	n := spec.Of[spec.Networks](s)
	experiments, err := Experiments(s)
	if err != nil {
		return nil, err
	}
	var parts []*part
	var list []Subject
	var backbones []string
	for _, e := range experiments {
		if err := selectSeeds(e, s.Seeds); err != nil {
			return nil, err
		}
		p, err := partOf(e, o, log, func(t *spec.Trial) bool {
			if !slices.Contains(backbones, t.Model.Backbone) {
				backbones = append(backbones, t.Model.Backbone)
			}
			return (n.Backbone == "" || t.Model.Backbone == n.Backbone) && (wanted == nil || wanted(t))
		})
		if err != nil {
			return nil, err
		}
		parts, list = append(parts, p), append(list, p.subjects...)
	}
	if len(list) == 0 && n.Backbone != "" {
		return nil, mistake.Errorf("networks.backbone: %s has none of %s; %s", n.Name(), mistake.Quote(n.Backbone),
			mistake.NearestOf(n.Backbone, backbones))
	}
	if len(list) == 0 {
		return nil, mistake.Errorf("networks.experiment: %s trains no networks that %s looks at", n.Name(), s.Checks)
	}
	for _, v := range list[1:] {
		if a, b := list[0].Train.Precision, v.Train.Precision; a != b {
			return nil, mistake.Errorf("networks.experiment: %s trains networks in %s and in %s: "+
				"a check compares networks of one precision; name experiments with one value of %s", n.Name(), a, b, spec.PrecisionKey)
		}
	}
	if refuse != nil {
		if err := refuse(list, *o); err != nil {
			return nil, err
		}
	}
	identities := make([]string, len(list))
	for i := range list {
		identities[i] = list[i].ID
	}
	if err := look(*o, identities); err != nil {
		return nil, err
	}
	for _, p := range parts {
		if err := p.train(ctx, s.Name, log); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// selectSeeds leaves of an experiment the networks of the given seeds. If it has none of these, it gets them all.
func selectSeeds(e *spec.Spec, seeds []int) error {
	both := slices.DeleteFunc(slices.Clone(seeds), func(seed int) bool { return !slices.Contains(e.Seeds, seed) })
	if len(both) == 0 {
		both = slices.Clone(seeds)
	}
	if err := e.Set("seeds", both); err != nil {
		return mistake.Of(err)
	}
	return nil
}

// A part holds the subjects of one experiment.
type part struct {
	name     string
	plan     *run.Plan
	subjects []Subject
	missing  []*run.Task
}

// partOf finds the networks of an experiment.
func partOf(e *spec.Spec, o *run.Options, log *run.Progress, wanted func(*spec.Trial) bool) (*part, error) {
	plan, err := run.NewPlan(e, o, log.Printf)
	if err != nil {
		return nil, err
	}
	p := &part{name: e.Name, plan: plan}
	for _, t := range plan.Tasks {
		if !wanted(&t.Trial) {
			continue
		}
		v := Subject{t}
		switch _, err := v.Build(1); {
		case err == nil && t.Record != nil && t.Record.Result.Failure == "":
		case err == nil || errors.Is(err, run.ErrNotTrained):
			p.missing = append(p.missing, t)
		default:
			return nil, err
		}
		p.subjects = append(p.subjects, v)
	}
	return p, nil
}

// train trains the missing networks for a check. A network that cannot be trained is an error.
func (p *part) train(ctx context.Context, check string, log *run.Progress) error {
	log.Printf("%s: %d networks of %s, %d to train", check, len(p.subjects), p.name, len(p.missing))
	if err := p.plan.TrainNetworks(ctx, check, p.missing, log); err != nil {
		return err
	}
	for _, v := range p.subjects {
		if failure := v.Record.Result.Failure; failure != "" {
			return fmt.Errorf("%s: %s", v, failure)
		}
	}
	return nil
}

// look tells of which trials a check is about to look at the networks.
func look(o run.Options, identities []string) error {
	if o.Looks == nil {
		return nil
	}
	return o.Looks(identities)
}

// Build builds the trained network for evaluation, in batches of the trial's. Without a trained network, the error is run.ErrNotTrained.
func (v *Subject) Build(workers int) (*nn.Network, error) {
	return v.BuildWith(network.Factory(&v.Setup), workers)
}

// BuildWith is Build with blocks from a factory.
func (v *Subject) BuildWith(blocks nn.Factory, workers int) (*nn.Network, error) {
	return v.Trained(v.Train.Batch, blocks, workers, !v.Options.Quick)
}

// TestBatches are the first n test images, as many of each class, in batches; all where there are not more.
func (v *Subject) TestBatches(n int) ([]nn.Tensor, [][]int, error) {
	set := v.Images.Test
	if n < set.Len() {
		var err error
		if set, err = set.TakeBalanced(n); err != nil {
			return nil, nil, mistake.Errorf("images: %w", err)
		}
	}
	loader := dataset.NewLoader(set, v.Images.Normalisation(), v.Trial.Data.Pad)
	defer loader.Close()
	every := make([]int, set.Len())
	for i := range every {
		every[i] = i
	}
	loader.Begin(dataset.Pass{Order: every})
	var x []nn.Tensor
	var labels [][]int
	for lo := 0; lo < len(every); lo += v.Train.Batch {
		batch := nn.NewTensor(v.Input(min(v.Train.Batch, len(every)-lo)))
		y := make([]int, batch.N)
		for i := range batch.N {
			var err error
			if y[i], err = loader.FillOne(batch.Image(i), lo+i); err != nil {
				return nil, nil, mistake.Of(err)
			}
		}
		x, labels = append(x, batch), append(labels, y)
	}
	return x, labels, nil
}

// Kept returns what a study finds of a network, which it keeps in the state's folder: a study of many networks that is stopped goes on from
// there. What names the study, its settings and its version; what other code found is found again. Everything in T that counts must be
// exported.
func Kept[T any](v *Subject, what string, study func() (T, error)) (T, error) {
	var found T
	code, err := v.StudyCode()
	if err != nil {
		return found, err
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{what, v.ID, v.Record.Result.Weights, code}, "\n")))
	dir, hash := state.Dir(v.Options.State), hex.EncodeToString(sum[:])
	if !v.Options.Fresh && gob.NewDecoder(bytes.NewReader(dir.Found(hash))).Decode(&found) == nil {
		return found, nil
	}
	found, err = study()
	if err != nil {
		return found, err
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(found); err != nil {
		return found, err
	}
	return found, dir.KeepFound(hash, text.Bytes())
}

// CaseOrder lists blocks, or other cases, in the order of the trials.
func CaseOrder(list []Subject, of func(*Subject) string) []string {
	var names []string
	for i := range list {
		if name := of(&list[i]); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// ForEach runs a study on all networks, as many at once as there are workers.
func ForEach(ctx context.Context, list []Subject, o run.Options, study func(i int, v *Subject) error) error {
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

// Experiments are those whose networks a check looks at, as its file names them.
func Experiments(s *spec.Spec) (list []*spec.Spec, err error) {
	for _, name := range spec.Of[spec.Networks](s).Experiments {
		file, src, err := s.Names.Open(name)
		if err != nil {
			return nil, mistake.Errorf("networks.experiment: %w", err)
		}
		e, err := spec.Load(file, src, s.Names)
		if err != nil {
			return nil, mistake.Of(err)
		}
		if e.Checks != "" {
			return nil, mistake.Errorf("networks.experiment: %s trains no networks", name)
		}
		if dir := s.Dir(); dir != "" {
			if err := e.Set("data.dir", dir); err != nil {
				return nil, mistake.Of(err)
			}
		}
		list = append(list, e)
	}
	return list, nil
}
