package run

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"cenet/experiments/state"
	"cenet/results"
)

// Train estimates what the missing trials take, asks whether to begin, trains them, and returns the records of all trials and of the costs
// of their networks. A run of a part of the trials returns the records that it trained.
func (p *Plan) Train(ctx context.Context, log *Progress) (records []results.Record, err error) {
	name, o := p.spec.Name, p.Options
	log.Printf("%s: %d trials, %d finished, %d to train here", name, len(p.Tasks), p.Finished(), len(p.Missing))
	for _, t := range p.Tasks {
		if t.Record != nil && !o.Partial() {
			records = append(records, *t.Record)
		}
	}
	estimated, err := EstimateTrials(ctx, p.Missing, o, !o.Quick)
	if err != nil {
		return nil, err
	}
	if err := o.agree(name, estimated, log); err != nil {
		return nil, err
	}
	if networks := p.Networks(); networks != nil && !o.Partial() {
		costs, err := networkCosts(ctx, networks, p.done, log)
		if err != nil {
			return nil, err
		}
		records = append(records, costs...)
	}
	trained, err := trainAll(ctx, p.Missing, o.Workers, estimated.AtOnce, log)
	return append(records, trained...), err
}

// TrainNetworks trains tasks of the plan, unless they have a record and a network, and gives them their records. The log tells for what.
func (p *Plan) TrainNetworks(ctx context.Context, what string, tasks []*Task, log *Progress) error {
	if len(tasks) == 0 {
		return nil
	}
	estimated, err := EstimateTrials(ctx, tasks, p.Options, !p.Options.Quick)
	if err == nil {
		err = estimated.Err
	}
	if err != nil {
		return err
	}
	log.Printf("%s: %s", what, estimated)
	log.expect(estimated)
	for _, t := range tasks {
		t.Options.networks = true
	}
	_, err = trainAll(ctx, tasks, p.Options.Workers, estimated.AtOnce, log)
	return err
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

// trainAll trains tasks, the given number at once, keeps their records and gives each task its own. Trials that another process trains
// meanwhile it leaves to that, and takes them over where nothing is heard of it any more.
func trainAll(ctx context.Context, tasks []*Task, workers, atOnce int, log *Progress) (records []results.Record, err error) {
	log.start(len(tasks))
	shares := &workerShares{workers: workers}
	all, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type sight struct { // of a lock that another process holds
		seen  string
		since time.Time
	}
	sights := map[*Task]sight{}
	for {
		var group errgroup.Group
		group.SetLimit(atOnce)
		var mutex sync.Mutex
		held := map[*Task]*state.HeldError{}
		for _, t := range tasks {
			silent := ""
			if s := sights[t]; time.Since(s.since) > state.Silence {
				silent = s.seen
			}
			group.Go(func() error {
				if all.Err() != nil {
					return context.Cause(all)
				}
				r, err := t.trainLocked(all, shares, silent, log)
				mutex.Lock()
				defer mutex.Unlock()
				var other *state.HeldError
				if errors.As(err, &other) {
					held[t] = other
					return nil
				}
				if err != nil {
					cancel(err) // of the others: what ends one trial in this way would end them, too
					return err
				}
				t.Record = &r
				records = append(records, r)
				return nil
			})
		}
		if err := group.Wait(); err != nil || len(held) == 0 {
			return records, err
		}
		tasks = slices.DeleteFunc(slices.Clone(tasks), func(t *Task) bool { return held[t] == nil })
		for t, h := range held {
			if sights[t].seen == "" {
				log.Printf("%s: %s trains it", t, h.Holder)
			}
			if sights[t].seen != h.Seen {
				sights[t] = sight{h.Seen, time.Now()}
			}
		}
		select {
		case <-ctx.Done():
			return records, context.Cause(ctx)
		case <-time.After(state.RetryEvery):
		}
	}
}
