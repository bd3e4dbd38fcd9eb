package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"cenet/corrupt"
	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/experiments/state"
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
	ID      string // the trial's identity on these images, run by these options
	Images  *source.Set
	Options Options
	Record  *results.Record // of the finished trial; nil: it is not finished
}

// NewTask is a trial with its images, run by options, without a record.
func NewTask(t spec.Trial, images *source.Set, o Options) *Task {
	return &Task{Trial: t, ID: t.Identity(images.Hash, o.Version()), Images: images, Options: o}
}

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
	l, err := t.Options.dir().Lock(t.ID, silent, t.Options.Devices.Name())
	if err != nil {
		return results.Record{}, err
	}
	defer l.Unlock()
	if !t.Options.Fresh {
		r, ok, err := t.Options.dir().Finished(t.ID, log.Printf)
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
				return r, mistake.Errorf("%s: meanwhile another process has finished it by other code (%s)", t, reason)
			}
			log.elsewhere(t)
			return t.relabel(r)
		}
	}
	r, err := t.train(ctx, workers, log)
	if err != nil {
		return r, err
	}
	return r, t.Options.dir().Keep(r)
}

// TrainAlone trains the trial in this process, with one worker. It leaves a checkpoint, and no record in the state.
func (t *Task) TrainAlone(ctx context.Context, log *Progress) (results.Record, error) {
	return t.train(ctx, &workerShares{workers: 1}, log)
}

// train runs one trial.
func (t *Task) train(ctx context.Context, all *workerShares, log *Progress) (results.Record, error) {
	began := time.Now()
	config := t.config()
	on := t.Options.Devices.Take()
	defer t.Options.Devices.Give(on)
	images, wrong := t.corrupted()
	trainer, err := t.trainer(t.Train.Batch, all.workers, images, config, on)
	if err != nil {
		return results.Record{}, err
	}
	defer trainer.Close()
	net := trainer.net
	c := nn.NewContext(all.workers)
	defer c.Close()
	own := all.join()
	defer own.leave()
	c.Pool.Use(own.step())
	work := log.add(t, trainer.Steps()*config.Epochs)
	cost, err := t.Cost()
	if err != nil {
		return results.Record{}, err
	}
	saved := checkpoint{
		Checkpoint: train.Checkpoint{Net: net, SGD: trainer.sgd, Identity: t.ID, Executor: trainer.Executor()},
		path:       t.Options.dir().Checkpoint(t.ID), every: cmp.Or(t.Options.Save, betweenSaves), at: began,
	}
	from, print, err := t.resume(&saved, log)
	if err != nil {
		return results.Record{}, err
	}
	log.skip(work * float64(from.Epoch*trainer.Steps()+from.Step))
	end, err := trainer.Fit(ctx, c, from, train.Hooks{
		Step: func() { log.step(work); c.Pool.Use(own.step()) },
		Save: func(p train.Position) error {
			p.Seconds = from.Seconds + time.Since(began).Seconds()
			return saved.save(p, false)
		},
		Done: func(e train.Epoch) { log.epoch(t, e, config.Epochs) },
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
		return results.Record{}, mistake.Errorf("%s: %w", t, errors.Join(err, saved.save(end, true)))
	} else if err := errors.Join(err, saved.save(end, true)); err != nil {
		return results.Record{}, err
	}
	for _, e := range end.Epochs {
		result.Epochs = append(result.Epochs, recordOf(e))
		result.Top1, result.Top5, result.TestLoss = e.TestTop1, e.TestTop5, results.Loss(e.TestLoss)
	}
	log.finished()
	provenance := state.Provenance(began, end.Seconds, own.mean(), trainer.Steps()*len(end.Epochs))
	provenance.Device, provenance.Code = t.Options.Devices.Name(), print
	return results.Record{
		Kind: results.KindTrial, Name: t.String(), Settings: t.Settings(),
		Identity: t.ID,
		Start:    t.startRecord(),
		Images: &results.Images{
			Name: t.Images.Title(), Train: images.Train.Len(), Test: images.Test.Len(), Classes: len(images.Train.Classes),
			Size: fmt.Sprintf("%d×%d×%d", net.In.H, net.In.W, net.In.C), Corruption: wrong,
		},
		Cost:       cost,
		Result:     result,
		Provenance: provenance,
	}, nil
}

// resume puts network and optimizer where an earlier run of the same code left them. It returns the position, and the fingerprint of the
// code.
func (t *Task) resume(saved *checkpoint, log *Progress) (from train.Position, print string, err error) {
	if print, err = t.code(); err != nil {
		return from, "", err
	}
	was, begun := t.Options.dir().CodeOf(saved.Identity)
	from, err = saved.restore(t.Options.Fresh || begun && print != "" && was != print, log.Printf)
	if err == nil && print != "" {
		err = t.Options.dir().KeepCode(saved.Identity, print)
	}
	return from, print, err
}

// Network builds the trial's network as its seed has it, for batches of the given number of images, with blocks from a factory: see
// network.Factory. The error is a mistake.Error.
func (t *Task) Network(batch int, blocks nn.Factory, o nn.Options) (*nn.Network, error) {
	b := nn.NewBuilder()
	set := t.Images.Train
	root, err := network.BuildWith(&t.Setup, b, len(set.Classes), set.Channels, blocks)
	if err != nil {
		return nil, err
	}
	o.Seed, o.Precision = uint64(t.Seed), network.Precision(&t.Setup)
	net, err := b.Build(root, t.Input(batch), o)
	if err != nil {
		return nil, mistake.Errorf("%s: %w", t, err)
	}
	return net, nil
}

// A trainer has the trial's network and its optimizer.
type trainer struct {
	*train.Trainer
	net *nn.Network
	sgd *optim.SGD
}

// trainer builds the network and what trains it on images, in batches of the given size, on a device if on is not nil. The network starts
// from the trial's file of weights, if it has one. The error is a mistake.Error.
func (t *Task) trainer(batch, workers int, images *dataset.Data, config train.Config, on graph.Device) (*trainer, error) {
	found := scales{}
	net, err := t.Network(batch, found.find(network.Factory(&t.Setup)), nn.Options{Workers: workers, Lazy: on != nil})
	if err != nil {
		return nil, err
	}
	if _, err := start(&t.Trial, net); err != nil {
		return nil, err
	}
	sgd, err := t.sgd(net)
	if err != nil {
		return nil, err
	}
	if t.Train.Probe {
		config.Probe = func() *train.Probe { return found.probe(net) }
	}
	loss := nn.NewCrossEntropy(batch, net.Out.C, float32(t.Train.LabelSmoothing))
	r := &trainer{train.New(net, loss, sgd, images, t.Data.Pad, config), net, sgd}
	if on != nil {
		e, err := train.Open(on, net, loss, sgd)
		if err != nil {
			r.Close()
			return nil, mistake.Errorf("%s: %w", t, err)
		}
		r.On(e)
	}
	return r, nil
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
	frozen, err := frozen(&t.Trial, net)
	if err != nil {
		return nil, err
	}
	return optim.NewSGD(net, optim.SGDOptions{
		Momentum: float32(t.Train.Momentum), WeightDecay: float32(t.Train.WeightDecay), Nesterov: t.Train.Nesterov,
		DecayAll: t.Train.Decay == "all",
		Frozen:   func(p *nn.Param) bool { return frozen[p.Path] },
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
