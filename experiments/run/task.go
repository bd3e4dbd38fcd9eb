package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"cenet/corrupt"
	"cenet/experiments/network"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/experiments/weights"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/graph"
	"cenet/nn/optim"
	"cenet/nn/train"
	"cenet/results"
)

// A Task is a trial with its images, and how it is run.
type Task struct {
	spec.Trial
	Images  *source.Set
	Options Options
}

// NewTask is a trial with its images, run by options.
func NewTask(t spec.Trial, data *source.Set, o Options) *Task { return &Task{t, data, o} }

// ID is that of the trial on its images, run in this way.
func (t *Task) ID() string { return t.Identity(t.Images.Hash, t.Options.Version()) }

// relabel makes a record of the same result this trial's: another experiment may call it otherwise.
func (t *Task) relabel(r results.Record) (results.Record, error) {
	var err error
	r.Name, r.Settings = t.String(), t.Settings()
	r.Start = t.startRecord()
	r.Cost, err = t.Cost()
	return r, err
}

// trainLocked trains the trial and keeps its record, unless another process does, or has done so.
func (t *Task) trainLocked(ctx context.Context, workers *workerShares, silent string, log *Progress) (results.Record, error) {
	identity := t.ID()
	l, err := t.Options.dir().Lock(identity, silent, t.Options.Devices.Name())
	if err != nil {
		return results.Record{}, err
	}
	defer l.Unlock()
	if !t.Options.Fresh {
		r, ok, err := t.Options.dir().Finished(identity, log.Printf)
		if err == nil && ok && t.Options.networks {
			ok, err = t.hasNetwork()
		}
		if err != nil {
			return r, err
		}
		if ok {
			if other, reason, err := t.findOtherCode(&r); err != nil {
				return r, err
			} else if other != nil {
				return r, &spec.InputError{Err: fmt.Errorf("%s: meanwhile another process has finished it by other code (%s)", t, reason)}
			}
			log.elsewhere(&t.Trial)
			return t.relabel(r)
		}
	}
	r, err := t.train(ctx, workers, log)
	if err != nil {
		return r, err
	}
	return r, t.Options.dir().Keep(r)
}

// train runs one trial.
func (t *Task) train(ctx context.Context, all *workerShares, log *Progress) (results.Record, error) {
	began := time.Now()
	b := nn.NewBuilder()
	set := t.Images.Train
	root, found, err := buildProbed(&t.Setup, b, len(set.Classes), set.Channels)
	if err != nil {
		return results.Record{}, err
	}
	seed := uint64(t.Seed)
	in := t.Input(t.Train.Batch)
	on := t.Options.Devices.Take()
	defer t.Options.Devices.Give(on)
	net, err := b.Build(root, in, nn.Options{Seed: seed, Workers: all.workers, Lazy: on != nil, Precision: network.Precision(&t.Setup)})
	if err != nil {
		return results.Record{}, &spec.InputError{Err: fmt.Errorf("%s: %w", t.String(), err)}
	}
	c := nn.NewContext(all.workers)
	defer c.Close()
	own := all.join()
	defer own.leave()
	c.Pool.Use(own.step())
	config := t.config()
	if t.Train.Probe {
		config.Probe = func() *train.Probe { return found.probe(net) }
	}
	if err := t.start(net); err != nil {
		return results.Record{}, err
	}
	sgd, err := t.sgd(net)
	if err != nil {
		return results.Record{}, err
	}
	loss := nn.NewCrossEntropy(in.N, len(set.Classes), float32(t.Train.LabelSmoothing))
	images, wrong := t.corrupted()
	trainer := train.New(net, loss, sgd, images, t.Data.Pad, config)
	defer trainer.Close()
	if err := trainOn(on, trainer, net, loss, sgd); err != nil {
		return results.Record{}, &spec.InputError{Err: fmt.Errorf("%s: %w", t, err)}
	}
	work := log.add(&t.Trial, trainer.Steps()*config.Epochs)
	cost, err := t.Cost()
	if err != nil {
		return results.Record{}, err
	}
	identity := t.ID()
	saved := checkpoint{Checkpoint: train.Checkpoint{Net: net, SGD: sgd, Identity: identity, Executor: trainer.Executor()}, path: t.Options.dir().Checkpoint(identity), every: cmp.Or(t.Options.Save, betweenSaves), at: began}
	print, err := t.code()
	if err != nil {
		return results.Record{}, err
	}
	was, begun := t.Options.dir().CodeOf(identity)
	from, err := saved.restore(t.Options.Fresh || begun && print != "" && was != print, log.Printf)
	if err != nil {
		return results.Record{}, err
	}
	if print != "" {
		if err := t.Options.dir().KeepCode(identity, print); err != nil {
			return results.Record{}, err
		}
	}
	log.skip(work * float64(from.Epoch*trainer.Steps()+from.Step))
	end, err := trainer.Fit(ctx, c, from, train.Hooks{
		Step: func() { log.step(work); c.Pool.Use(own.step()) },
		Save: func(p train.Position) error {
			p.Seconds = from.Seconds + time.Since(began).Seconds()
			return saved.save(p, false)
		},
		Done: func(e train.Epoch) { log.epoch(&t.Trial, identity, e, config.Epochs) },
	})
	end.Seconds = from.Seconds + time.Since(began).Seconds()
	if ctx.Err() != nil {
		if err := saved.save(end, true); err != nil {
			return results.Record{}, err
		}
		return results.Record{}, context.Cause(ctx)
	}
	result := &results.Result{Weights: net.Hash()}
	var diverged *train.NotFiniteError
	var broken *dataset.ImageError
	if errors.As(err, &diverged) {
		result.Failure = err.Error()
	} else if errors.As(err, &broken) {
		return results.Record{}, &spec.InputError{Err: fmt.Errorf("%s: %w", t, errors.Join(err, saved.save(end, true)))}
	} else if err := errors.Join(err, saved.save(end, true)); err != nil {
		return results.Record{}, err
	}
	for _, e := range end.Epochs {
		result.Epochs = append(result.Epochs, recordOf(e))
		result.Top1, result.Top5, result.TestLoss = e.TestTop1, e.TestTop5, e.TestLoss
	}
	log.finished()
	provenance := state.Provenance(began, end.Seconds, own.mean(), trainer.Steps()*len(end.Epochs))
	provenance.Device, provenance.Code = t.Options.Devices.Name(), print
	return results.Record{
		Kind: results.KindTrial, Name: t.String(), Settings: t.Settings(),
		Identity: identity,
		Start:    t.startRecord(),
		Images: &results.Images{
			Name: t.Images.Title(), Train: set.Len(), Test: t.Images.Test.Len(), Classes: len(set.Classes),
			Size: fmt.Sprintf("%d×%d×%d", in.H, in.W, in.C), Corruption: wrong,
		},
		Cost:       cost,
		Result:     result,
		Provenance: provenance,
	}, nil
}

// trainOn has the trainer run on a device, where it is not nil.
func trainOn(d graph.Device, t *train.Trainer, net *nn.Network, loss *nn.CrossEntropy, sgd *optim.SGD) error {
	if d == nil {
		return nil
	}
	e, err := train.Open(d, net, loss, sgd)
	if err == nil {
		t.On(e)
	}
	return err
}

// corrupted returns the images with the labels that the trial is trained on, and what is wrong with these; nil where nothing is.
func (t *Task) corrupted() (*dataset.Data, *results.Corruption) {
	if t.Corrupt.Rate == 0 {
		return t.Images.Data, nil
	}
	d, report := corrupt.Data(t.Images.Data, t.Images.Hash, t.Corrupt.Kind, t.Corrupt.Rate, uint64(t.Seed))
	wrong := results.Corruption(report)
	return d, &wrong
}

// sgd is the optimizer of the trial's network.
func (t *Task) sgd(net *nn.Network) (*optim.SGD, error) {
	frozen, err := weights.Frozen(&t.Setup, net.Params, t.Train.Freeze)
	if err != nil {
		return nil, err
	}
	return optim.NewSGD(net, optim.SGDOptions{
		Momentum: float32(t.Train.Momentum), WeightDecay: float32(t.Train.WeightDecay), Nesterov: t.Train.Nesterov, DecayAll: t.Train.Decay == "all",
		Frozen: func(p *nn.Param) bool { return frozen[p.Path] },
	}), nil
}

func (t *Task) config() train.Config {
	var milestones []float64
	for _, m := range t.Train.Milestones {
		milestones = append(milestones, float64(m))
	}
	c := train.Config{
		Epochs: t.Train.Epochs, Seed: uint64(t.Seed), Score: t.Train.Score,
		Schedule: optim.Schedule{
			Kind: t.Train.Schedule, LR: t.Train.LR, Epochs: float64(t.Train.Epochs), Warmup: t.Train.WarmupEpochs, FromZero: t.Train.WarmupFromZero,
			Milestones: milestones, Factor: t.Train.Factor,
		},
	}
	if d := t.Data; d.Crop > 0 || d.Flip || d.CropMode == "resized" || d.Colour == "authors" {
		c.Augment = &dataset.Augment{Crop: d.Crop, Flip: d.Flip, Resized: d.CropMode == "resized", Colour: d.Colour == "authors"}
	}
	if t.Options.Quick {
		c.Epochs, c.Steps, c.Tests = 1, quickSteps, quickTests
	}
	return c
}
