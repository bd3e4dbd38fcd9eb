// Package run trains the trials of an experiment: it plans which are missing, estimates what they take, trains them at once as far as
// memory allows, resumes those that were interrupted, and tells how far all are. It also gives studies the networks that were trained.
package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cenet/corrupt"
	"cenet/experiments/device"
	"cenet/experiments/network"
	"cenet/experiments/report"
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

// Options of a run.
type Options struct {
	Workers int           // trials at the same time, which share so many workers; 0: one a processor
	Out     string        // folder of tables, plots and records
	State   string        // folder of records under way; not for committing
	Data    string        // folder of data sets that were fetched; "": none
	Memory  int           // bytes that trials may take at once; 0: what is free
	Quick   bool          // one seed, one epoch, a few batches
	Fresh   bool          // forget finished trials
	Save    time.Duration // between two checkpoints of a trial; 0: 20 seconds
	Log     io.Writer
	Devices *device.Pool // that trials run on, one at a time on each; nil: the CPU

	Shard      Shard    // part of the trials to train; the zero Shard is all
	Identities []string // of the trials that are shared out; nil: all of the experiment
	// Confirm is asked before work begins that takes so many seconds and bytes of the disk, and tells why it is not to; nil: it is.
	Confirm func(seconds float64, disk int, what string) error
	// Looked is told of each finished network that a check looks at; nil: nobody is.
	Looked func(results.Record)

	networks bool // a trial is not finished without the network of its end
}

// dir is the folder of the state.
func (o Options) dir() state.Dir { return state.Dir(o.State) }

// Version is what, apart from its settings, seed and images, determines a trial's result.
func (o Options) Version() string { return state.NumericsVersion(o.Devices.Arithmetic(), o.Quick) }

// Known returns the records of all that is finished, by identity; none where all is to be trained afresh.
func (o Options) Known(say func(format string, args ...any)) (map[string]results.Record, error) {
	if o.Fresh {
		return map[string]results.Record{}, nil
	}
	return o.dir().Known(say)
}

// looked tells of a finished network that a check looks at.
func (o Options) looked(r results.Record) {
	if o.Looked != nil {
		o.Looked(r)
	}
}

// Opener opens data sets for the run. It tells by say, where not nil, what takes long and what is passed over.
func (o Options) Opener(say func(format string, args ...any)) *source.Opener {
	return source.NewOpener(o.Data, o.State, say)
}

// quickSteps and quickTests are the batches of a quick run.
const quickSteps, quickTests = 4, 2

// Run trains the trials that are missing, in parallel, and renders the tables and plots. It returns the records of all.
func Run(ctx context.Context, s *spec.Spec, o Options) ([]results.Record, error) {
	if s.Checks != "" {
		return nil, &spec.InputError{Err: fmt.Errorf("%s is a check: it has no trials of its own", s.Name)}
	}
	log, err := NewProgress(s.Name, o)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	records, err := run(ctx, s, o, log)
	if err != nil {
		log.note("ended: %v", err)
	}
	return records, err
}

// Plan is what there is to do for an experiment.
type Plan struct {
	Trials, Missing []spec.Trial
	records         []results.Record          // of the finished trials
	done            map[string]results.Record // all that is finished, by identity
	sources         *source.Opener            // with the images of all trials
}

// NewPlan opens the images and finds out which trials are missing. It sets o.Workers where it is not.
func NewPlan(s *spec.Spec, o *Options, say func(format string, args ...any)) (*Plan, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	w := &Plan{Trials: s.Trials(), sources: o.Opener(say)}
	if o.Quick {
		w.Trials = spec.Quick(w.Trials)
	}
	o.dir().Tidy()
	var err error
	if w.done, err = o.Known(say); err != nil {
		return nil, err
	}
	for _, t := range w.Trials {
		data, err := w.sources.Open(t.Data)
		if err != nil {
			return nil, err
		}
		if c := data.Train.Channels; t.Data.Colour == "authors" && c != 3 {
			return nil, &spec.InputError{Err: fmt.Errorf("data.colour: the images have %d channel, and colours need three", c)}
		}
		if n, want := len(data.Train.Classes), s.Expect.Classes; want > 0 && n != want && len(w.Missing)+len(w.records) == 0 {
			say("the images are of %d classes, %d are expected: not the data of this experiment", n, want)
		}
		task := Task{t, data, *o}
		if r, ok := w.done[task.ID()]; ok {
			if r, err = task.relabel(r); err != nil {
				return nil, err
			}
			w.records = append(w.records, r)
			continue
		}
		w.Missing = append(w.Missing, t)
	}
	return w, nil
}

// sameImages refuses to draw over the tables of other images.
func (w *Plan) sameImages(s *spec.Spec, o Options) error {
	first := w.Trials[0].Data.AsRead()
	if slices.ContainsFunc(w.Trials, func(t spec.Trial) bool { return t.Data.AsRead() != first }) {
		return nil
	}
	v := w.sources.Sets[first]
	return report.OtherImages(s, o.Out, o.Quick, results.Images{Name: v.Title(), Train: v.Train.Len(), Test: v.Test.Len(), Classes: len(v.Train.Classes)})
}

// keep tells those who follow the run what it is of.
func (w *Plan) keep(s *spec.Spec, o Options) error {
	p := state.Plan{Name: s.Name, Title: report.Heading(s), Command: s.Command()}
	for _, t := range w.Trials {
		task := w.task(t, o)
		p.Trials = append(p.Trials, state.PlannedTrial{
			Identity: task.ID(), Name: t.String(), Case: t.CaseName(), Seed: t.Seed, Epochs: task.config().Epochs,
		})
	}
	return o.dir().KeepPlan(p)
}

// task is that of a trial whose images are open.
func (w *Plan) task(t spec.Trial, o Options) *Task {
	return &Task{t, w.sources.Sets[t.Data.AsRead()], o}
}

// run is Run with its log open.
func run(ctx context.Context, s *spec.Spec, o Options, log *Progress) ([]results.Record, error) {
	if err := report.Begin(s, o.Out, o.Quick); err != nil {
		return nil, err
	}
	w, err := NewPlan(s, &o, log.Printf)
	if err != nil {
		return nil, err
	}
	if err := w.sameImages(s, o); err != nil {
		return nil, err
	}
	finished := len(w.Trials) - len(w.Missing)
	if err := w.keep(s, o); err != nil {
		return nil, err
	}
	if o.partial() {
		if err := w.part(o); err != nil {
			return nil, err
		}
	}
	trials, missing, records := w.Trials, w.Missing, w.records
	log.total = len(missing)
	log.Printf("%s: %d trials, %d finished, %d to train here", s.Name, len(trials), finished, len(missing))
	estimated, err := EstimateTrials(ctx, missing, w.sources, o, !o.Quick)
	if err != nil {
		return nil, err
	}
	if err := o.agree(s.Name, estimated, log); err != nil {
		return nil, err
	}
	if s.Costs && !o.partial() {
		costs, err := networkCosts(ctx, s, o, w.done, log)
		if err != nil {
			return nil, err
		}
		records = append(records, costs...)
	}
	trained, err := w.train(ctx, o, estimated.AtOnce, log)
	records = append(records, trained...)
	if err != nil {
		return records, err
	}
	if o.partial() {
		log.Printf("%s: %d trials trained here; --collect renders the tables when all are", s.Name, len(trained))
		records = trained
	} else if err := report.Write(s, o.Out, o.Quick, trials, records, log.Printf); err != nil {
		return records, err
	}
	var failed []string
	for _, r := range records {
		if r.Result != nil && r.Result.Failure != "" {
			failed = append(failed, r.Name+": "+r.Result.Failure)
		}
	}
	if failed != nil {
		return records, fmt.Errorf("%d of %d trials failed: %s", len(failed), len(trials), strings.Join(failed, "; "))
	}
	return records, nil
}

// agree tells what work will take, and refuses it where it does not fit or is not confirmed.
func (o Options) agree(name string, e *Estimate, log *Progress) error {
	log.Printf("%s: %s", name, e)
	log.expect(e)
	if e.Err != nil || o.Confirm == nil {
		return e.Err
	}
	return o.Confirm(e.Seconds, e.Disk, e.String())
}

// train trains what is missing, so many trials at once, and keeps their records. Trials that another process trains meanwhile it
// leaves to that, and takes them over where nothing is heard of it any more.
func (w *Plan) train(ctx context.Context, o Options, at int, log *Progress) (records []results.Record, err error) {
	log.start()
	workers := &workerShares{workers: o.Workers}
	all, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type sight struct { // of a lock that another process holds
		seen  string
		since time.Time
	}
	sights := map[string]sight{} // by the name of the trial
	queue := w.Missing
	for {
		var group errgroup.Group
		group.SetLimit(at)
		var mutex sync.Mutex
		held := map[string]*state.HeldError{}
		for _, t := range queue {
			silent := ""
			if s := sights[t.String()]; time.Since(s.since) > state.Silence {
				silent = s.seen
			}
			group.Go(func() error {
				if all.Err() != nil {
					return context.Cause(all)
				}
				task := w.task(t, o)
				r, err := task.trainLocked(all, workers, silent, log)
				mutex.Lock()
				defer mutex.Unlock()
				var other *state.HeldError
				if errors.As(err, &other) {
					held[t.String()] = other
					return nil
				}
				if err != nil {
					cancel(err) // of the others: what ends one trial in this way would end them, too
					return err
				}
				records = append(records, r)
				return nil
			})
		}
		if err := group.Wait(); err != nil || len(held) == 0 {
			return records, err
		}
		queue = slices.DeleteFunc(slices.Clone(queue), func(t spec.Trial) bool { return held[t.String()] == nil })
		for name, h := range held {
			if sights[name].seen == "" {
				log.Printf("%s: %s trains it", name, h.Holder)
			}
			if sights[name].seen != h.Seen {
				sights[name] = sight{h.Seen, time.Now()}
			}
		}
		select {
		case <-ctx.Done():
			return records, context.Cause(ctx)
		case <-time.After(state.RetryEvery):
		}
	}
}

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
	net, err := b.Build(root, in, nn.Options{Seed: seed, Workers: all.workers, Lazy: on != nil})
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
	sgd := optim.NewSGD(net, float32(t.Train.Momentum), float32(t.Train.WeightDecay), t.Train.Nesterov, t.Train.Decay == "all")
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
	from, err := saved.restore(t.Options.Fresh, log.Printf)
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
	provenance.Device = t.Options.Devices.Name()
	return results.Record{
		Kind: results.KindTrial, Name: t.String(), Settings: t.Settings(),
		Identity: identity,
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

// Names are the names that files of trials may use.
func Names() spec.Names {
	var n spec.Names
	network.Register(&n)
	source.Register(&n)
	return n
}
