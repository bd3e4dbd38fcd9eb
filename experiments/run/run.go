// Package run trains the trials of an experiment: it plans which are missing, estimates what they take, trains them at once as far as
// memory allows, resumes those that were interrupted, and tells how far all are. It also gives studies the networks that were trained.
package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cenet/experiments/code"
	"cenet/experiments/device"
	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/source"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/results"
)

// Options of a run.
type Options struct {
	Workers int           // trials at the same time, which share this many workers; 0: one a processor
	Out     string        // folder of tables, plots and records
	State   string        // folder of records under way; not for committing
	Data    string        // folder of data sets that were fetched; "": none
	Memory  int           // bytes that trials may take at once; 0: what is free
	Quick   bool          // one seed, one epoch, a few batches
	Fresh   bool          // forget finished trials
	Adopt   bool          // finish missing trials with the records in Out
	Replace bool          // write results even in the place of more
	Save    time.Duration // between two checkpoints of a trial; 0: 20 seconds
	Log     io.Writer
	Devices *device.Pool // that trials run on, one at a time on each; nil: the CPU

	Shard      Shard    // part of the trials to train; the zero Shard is all
	Identities []string // of the trials that are shared out; nil: all of the experiment
	// Confirm is asked before work begins that takes the given seconds and bytes of the disk. Its error says why not to begin; nil: begin.
	Confirm func(seconds float64, disk int, what string) error
	// Code is what the program was built from, as far as it computes trials; nil: not known, and results of other code are not noticed.
	Code func() (code.Set, error)
	// Estimate counts results of other code as missing, and changes nothing of them.
	Estimate bool
	// OtherCode chooses whether to retrain or accept results of other code, which its argument describes; nil: they are refused.
	OtherCode func(what string) (Choice, error)
	// Looks is notified of the trials whose networks a check examines, before any is trained for it. Its error ends the check. May be nil.
	Looks func(identities []string) error

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
	return o.dir().AllFinished(say)
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
		return nil, mistake.Errorf("%s is a check: it has no trials of its own", s.Name)
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
	if err := startChanged(s, o, w.Trials); err != nil && !o.Replace {
		return nil, err
	}
	if err := w.keepsAll(s, o, len(w.Trials)); err != nil {
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
	} else if err := report.Write(s, o.Out, o.Quick, o.Replace, trials, records, log.Printf); err != nil {
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

// train trains what is missing, the given number of trials at once, and keeps their records. Trials that another process trains meanwhile
// it leaves to that, and takes them over where nothing is heard of it any more.
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
				task := w.Task(t, o)
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
