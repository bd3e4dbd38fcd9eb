package experiments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cenet/corrupt"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/kernel"
	"cenet/nn/optim"
	"cenet/nn/train"
	"cenet/results"
)

// numerics is raised by hand when a change alters the bits of a result.
const numerics = "9"

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

	Shard      Shard    // part of the trials to train; the zero Shard is all
	Identities []string // of the trials that are shared out; nil: all of the experiment
	// Confirm is asked before work begins that takes so many seconds and bytes of the disk, and tells why it is not to; nil: it is.
	Confirm func(seconds float64, disk int, what string) error
}

// An InputError is what the user got wrong and only the run can see: images that cannot be read or do not fit the network.
type InputError struct{ error }

// Unwrap returns what is wrong.
func (e *InputError) Unwrap() error { return e.error }

// quickSteps and quickTests are the batches of a quick run.
const quickSteps, quickTests = 4, 2

// Run trains the trials that are missing, in parallel, and draws the tables and plots. It returns the records of all. Of a
// check, which has no records, it is RunCheck.
func Run(ctx context.Context, s *Spec, o Options) ([]results.Record, error) {
	if s.Checks != "" {
		_, err := RunCheck(ctx, s, o)
		return nil, err
	}
	log, err := newProgress(s.Name, o)
	if err != nil {
		return nil, err
	}
	defer log.close()
	records, err := run(ctx, s, o, log)
	if err != nil {
		log.note("ended: %v", err)
	}
	return records, err
}

// work is what there is to do for an experiment.
type work struct {
	trials, missing []Trial
	records         []results.Record          // of the finished trials
	done            map[string]results.Record // all that is finished, by identity
	sources         *opener                   // with the images of all trials
}

// plan opens the images and finds out which trials are missing. It sets o.Workers where it is not.
func plan(s *Spec, o *Options, say func(format string, args ...any)) (*work, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	w := &work{trials: s.Trials(), sources: o.opener(say)}
	if o.Quick {
		w.trials = quick(w.trials)
	}
	o.tidy()
	var err error
	if w.done, err = o.known(say); err != nil {
		return nil, err
	}
	for _, t := range w.trials {
		data, err := w.sources.open(t.Data)
		if err != nil {
			return nil, err
		}
		if n, want := len(data.Train.Classes), s.Expect.Classes; want > 0 && n != want && len(w.missing)+len(w.records) == 0 {
			say("the images are of %d classes, %d are expected: not the data of this experiment", n, want)
		}
		if r, ok := w.done[t.Identity(data.print, t.version(*o))]; ok {
			if r, err = t.adopt(r, data); err != nil {
				return nil, err
			}
			w.records = append(w.records, r)
			continue
		}
		w.missing = append(w.missing, t)
	}
	return w, nil
}

// run is Run with its log open.
func run(ctx context.Context, s *Spec, o Options, log *progress) ([]results.Record, error) {
	if err := os.MkdirAll(s.folder(o), 0o755); err != nil {
		return nil, &InputError{fmt.Errorf("the folder of the results: %w", err)}
	}
	w, err := plan(s, &o, log.say)
	if err != nil {
		return nil, err
	}
	finished := len(w.trials) - len(w.missing)
	if o.partial() {
		if err := w.part(o); err != nil {
			return nil, err
		}
	}
	trials, missing, records := w.trials, w.missing, w.records
	log.total = len(missing)
	log.printf("%s: %d trials, %d finished, %d to train here", s.Name, len(trials), finished, len(missing))
	estimated, err := estimate(ctx, missing, w.sources, o, !o.Quick)
	if err != nil {
		return nil, err
	}
	log.printf("%s: %s", s.Name, estimated)
	log.expect(estimated)
	if estimated.Lacks != nil {
		return nil, estimated.Lacks
	}
	if o.Confirm != nil {
		if err := o.Confirm(estimated.Seconds, estimated.Disk, estimated.String()); err != nil {
			return nil, err
		}
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
		log.printf("%s: %d trials trained here; --collect draws the tables when all are", s.Name, len(trained))
		records = trained
	} else if err := write(s, o, trials, records, log); err != nil {
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

// train trains what is missing, so many trials at once, and keeps their records. Trials that another process trains meanwhile it
// leaves to that, and takes them over where nothing is heard of it any more.
func (w *work) train(ctx context.Context, o Options, at int, log *progress) (records []results.Record, err error) {
	log.start()
	workers := &crew{workers: o.Workers}
	all, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type sight struct { // of a lock that another process holds
		seen  string
		since time.Time
	}
	sights := map[string]sight{} // by the name of the trial
	queue := w.missing
	for {
		var group errgroup.Group
		group.SetLimit(at)
		var mutex sync.Mutex
		held := map[string]*heldError{}
		for _, t := range queue {
			silent := ""
			if s := sights[t.String()]; time.Since(s.since) > silence {
				silent = s.seen
			}
			group.Go(func() error {
				if all.Err() != nil {
					return context.Cause(all)
				}
				r, err := t.once(all, w.sources.sets[t.Data.opened()], o, workers, silent, log)
				mutex.Lock()
				defer mutex.Unlock()
				var other *heldError
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
		queue = slices.DeleteFunc(slices.Clone(queue), func(t Trial) bool { return held[t.String()] == nil })
		for name, h := range held {
			if sights[name].seen == "" {
				log.say("%s: %s trains it", name, h.holder)
			}
			if sights[name].seen != h.seen {
				sights[name] = sight{h.seen, time.Now()}
			}
		}
		select {
		case <-ctx.Done():
			return records, context.Cause(ctx)
		case <-time.After(lookAgain):
		}
	}
}

// adopt makes a record of the same result this trial's: another experiment may call it otherwise.
func (t *Trial) adopt(r results.Record, data *opened) (results.Record, error) {
	var err error
	r.Name, r.Settings = t.String(), t.Settings()
	r.Cost, err = t.cost(data)
	return r, err
}

// once trains the trial and keeps its record, unless another process does, or has done so.
func (t *Trial) once(ctx context.Context, data *opened, o Options, workers *crew, silent string, log *progress) (results.Record, error) {
	identity := t.Identity(data.print, t.version(o))
	l, err := o.lock(identity, silent)
	if err != nil {
		return results.Record{}, err
	}
	defer l.unlock()
	if !o.Fresh {
		if r, ok, err := o.finished(identity, log.say); err != nil || ok {
			if err != nil {
				return r, err
			}
			log.elsewhere(t)
			return t.adopt(r, data)
		}
	}
	r, err := t.train(ctx, data, o, workers, log)
	if err != nil {
		return r, err
	}
	return r, o.keep(r)
}

// quick is one seed of every case, of which the first steps are trained.
func quick(trials []Trial) []Trial {
	var list []Trial
	seed := trials[0].Seed
	for _, t := range trials {
		if t.Seed == seed {
			list = append(list, t)
		}
	}
	return list
}

func (t *Trial) version(o Options) string {
	v := numerics + " " + kernel.Arithmetic()
	if o.Quick {
		v += " quick"
	}
	return v
}

// train runs one trial.
func (t *Trial) train(ctx context.Context, data *opened, o Options, all *crew, log *progress) (results.Record, error) {
	began := time.Now()
	b := nn.NewBuilder()
	set := data.Train
	root, err := t.build(b, len(set.Classes), set.Channels)
	if err != nil {
		return results.Record{}, err
	}
	seed := uint64(t.Seed)
	in := nn.Shape{N: t.Train.Batch, H: set.Height + 2*t.Data.Pad, W: set.Width + 2*t.Data.Pad, C: set.Channels}
	net, err := b.Build(root, in, nn.Options{Seed: seed, Workers: all.workers})
	if err != nil {
		return results.Record{}, &InputError{fmt.Errorf("%s: %w", t.String(), err)}
	}
	c := nn.NewContext(all.workers)
	defer c.Close()
	own := all.join()
	defer own.leave()
	c.Pool.Use(own.step())
	config := t.config(o)
	sgd := optim.NewSGD(net, float32(t.Train.Momentum), float32(t.Train.WeightDecay), t.Train.Nesterov, t.Train.Decay == "all")
	loss := nn.NewCrossEntropy(in.N, len(set.Classes), float32(t.Train.LabelSmoothing))
	images, wrong := t.corrupted(data)
	trainer := train.New(net, loss, sgd, images, t.Data.Pad, config)
	defer trainer.Close()
	work := log.add(t, trainer.Steps()*config.Epochs)
	cost, err := t.cost(data)
	if err != nil {
		return results.Record{}, err
	}
	identity := t.Identity(data.print, t.version(o))
	saved := checkpoint{Checkpoint: train.Checkpoint{Net: net, SGD: sgd, Identity: identity}, path: o.checkpoint(identity), every: cmp.Or(o.Save, betweenSaves), at: began}
	from, err := saved.restore(o, log)
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
		Done: func(e train.Epoch) { log.epoch(t, identity, e, config.Epochs) },
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
		return results.Record{}, &InputError{fmt.Errorf("%s: %w", t, errors.Join(err, saved.save(end, true)))}
	} else if err := errors.Join(err, saved.save(end, true)); err != nil {
		return results.Record{}, err
	}
	for _, e := range end.Epochs {
		result.Epochs = append(result.Epochs, results.Epoch(e))
		result.Top1, result.Top5, result.TestLoss = e.TestTop1, e.TestTop5, e.TestLoss
	}
	log.finished()
	return results.Record{
		Kind: results.KindTrial, Name: t.String(), Settings: t.Settings(),
		Identity: identity,
		Images: &results.Images{
			Name: data.title(), Train: set.Len(), Test: data.Test.Len(), Classes: len(set.Classes),
			Size: fmt.Sprintf("%d×%d×%d", in.H, in.W, in.C), Corruption: wrong,
		},
		Cost:       cost,
		Result:     result,
		Provenance: provenance(began, end.Seconds, own.mean(), trainer.Steps()*len(end.Epochs)),
	}, nil
}

// corrupted returns the images with the labels that the trial is trained on, and what is wrong with these; nil where nothing is.
func (t *Trial) corrupted(data *opened) (*dataset.Data, *results.Corruption) {
	if t.Corrupt.Rate == 0 {
		return data.Data, nil
	}
	d, report := corrupt.Data(data.Data, data.print, t.Corrupt.Kind, t.Corrupt.Rate, uint64(t.Seed))
	wrong := results.Corruption(report)
	return d, &wrong
}

func (t *Trial) config(o Options) train.Config {
	var milestones []float64
	for _, m := range t.Train.Milestones {
		milestones = append(milestones, float64(m))
	}
	c := train.Config{
		Epochs: t.Train.Epochs, Seed: uint64(t.Seed), Score: t.Train.Score,
		Schedule: optim.Schedule{
			Kind: t.Train.Schedule, LR: t.Train.LR, Epochs: float64(t.Train.Epochs), Warmup: t.Train.WarmupEpochs,
			Milestones: milestones, Factor: t.Train.Factor,
		},
	}
	if d := t.Data; d.Crop > 0 || d.Flip || d.CropMode == "resized" {
		c.Augment = &dataset.Augment{Crop: d.Crop, Flip: d.Flip, Resized: d.CropMode == "resized"}
	}
	if o.Quick {
		c.Epochs, c.Steps, c.Tests = 1, quickSteps, quickTests
	}
	return c
}
