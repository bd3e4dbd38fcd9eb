package run

import (
	"context"
	"runtime"
	"slices"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/results"
)

// Plan lists the trials of an experiment and which of them are missing.
type Plan struct {
	Trials, Missing []spec.Trial
	finished        []spec.Trial
	records         []results.Record          // of the finished trials
	done            map[string]results.Record // all that is finished, by identity
	sources         *source.Opener            // with the images of all trials
}

// NewPlan opens the images and finds out which trials are missing. It sets o.Workers where it is not.
func NewPlan(s *spec.Spec, o *Options, say func(format string, args ...any)) (*Plan, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	trials, err := CheckedTrials(s, *o, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	w := &Plan{Trials: trials, sources: o.Opener(say)}
	o.dir().Tidy()
	for _, t := range w.Trials {
		data, err := w.sources.Open(t.Data)
		if err != nil {
			return nil, err
		}
		if c := data.Train.Channels; t.Data.Colour == "authors" && c != 3 {
			return nil, mistake.Errorf("data.colour: the images have %d channel, and colours need three", c)
		}
	}
	if n, want := len(w.sources.Sets[w.Trials[0].Data.AsRead()].Train.Classes), s.Expect.Classes; want > 0 && n != want {
		say("the images are of %d classes, %d are expected: not the data of this experiment", n, want)
	}
	if w.done, err = o.Known(say); err != nil {
		return nil, err
	}
	if err := w.adopt(s, *o, say); err != nil {
		return nil, err
	}
	if err := w.sort(*o); err != nil {
		return nil, err
	}
	if err := w.settle(s, *o); err != nil {
		return nil, err
	}
	return w, checkStarts(w.Missing, say, func(t *spec.Trial) (classes, channels int) {
		set := w.Task(*t, *o).Images.Train
		return len(set.Classes), set.Channels
	})
}

// sort parts the trials, whose images are open, into those that are finished and those that are missing.
func (w *Plan) sort(o Options) (err error) {
	w.Missing, w.finished, w.records = nil, nil, nil
	for _, t := range w.Trials {
		task := w.Task(t, o)
		r, ok := w.done[task.ID()]
		if !ok {
			w.Missing = append(w.Missing, t)
			continue
		}
		if r, err = task.relabel(r); err != nil {
			return err
		}
		w.finished, w.records = append(w.finished, t), append(w.records, r)
	}
	return nil
}

// sameImages refuses to draw over the tables of other images.
func (w *Plan) sameImages(s *spec.Spec, o Options) error {
	first := w.Trials[0].Data.AsRead()
	if slices.ContainsFunc(w.Trials, func(t spec.Trial) bool { return t.Data.AsRead() != first }) {
		return nil
	}
	v := w.sources.Sets[first]
	return report.OtherImages(s, o.Out, o.Quick, results.Images{Name: v.Title(), Train: v.Train.Len(), Test: v.Test.Len(),
		Classes: len(v.Train.Classes)})
}

// keepsAll refuses to replace tables by those of fewer trials.
func (w *Plan) keepsAll(s *spec.Spec, o Options, trials int) error {
	if o.partial() || o.Replace {
		return nil
	}
	networks := 0
	if s.Costs {
		networks = len(costed(s))
	}
	if err := report.Losses(s, o.Out, o.Quick, trials, networks); err != nil {
		return mistake.Of(err)
	}
	return nil
}

// keep tells those who follow the run what it is of.
func (w *Plan) keep(s *spec.Spec, o Options) error {
	p := state.Plan{Name: s.Name, Title: report.Heading(s), Command: s.Command()}
	for _, t := range w.Trials {
		task := w.Task(t, o)
		p.Trials = append(p.Trials, state.PlannedTrial{
			Identity: task.ID(), Name: t.String(), Case: t.CaseName(), Seed: t.Seed, Epochs: task.config().Epochs,
		})
	}
	return o.dir().KeepPlan(p)
}

// Task is that of a trial whose images are open.
func (w *Plan) Task(t spec.Trial, o Options) *Task {
	return &Task{t, w.sources.Sets[t.Data.AsRead()], o}
}

// Finished returns the record of a trial that is finished.
func (w *Plan) Finished(t *Task) (r results.Record, ok bool) {
	r, ok = w.done[t.ID()]
	return r, ok
}

// TrainNetworks trains trials of the plan, unless they have a record and a network, and returns their records. The log tells for what.
func (w *Plan) TrainNetworks(ctx context.Context, what string, trials []spec.Trial, o Options, log *Progress) ([]results.Record, error) {
	log.total = len(trials)
	estimated, err := EstimateTrials(ctx, trials, w.sources, o, !o.Quick)
	if err == nil {
		err = estimated.Err
	}
	if err != nil || len(trials) == 0 {
		return nil, err
	}
	log.Printf("%s: %s", what, estimated)
	log.expect(estimated)
	w.Missing = trials
	o.networks = true
	return w.train(ctx, o, estimated.AtOnce, log)
}
