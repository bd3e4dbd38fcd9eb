package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/spec"
	"cenet/results"
)

// A Shard is one of several parts into which the trials of an experiment are shared out, for an engine that runs each part somewhere:
// the trials I, I+N, I+2N, … of all, from 1. The zero Shard is the whole.
type Shard struct{ I, N int }

// ParseShard reads I/N.
func ParseShard(text string) (Shard, error) {
	i, n, ok := strings.Cut(text, "/")
	var s Shard
	var err, err2 error
	s.I, err = strconv.Atoi(i)
	s.N, err2 = strconv.Atoi(n)
	if !ok || err != nil || err2 != nil || s.I < 1 || s.N < s.I || s.N > spec.MostTrials {
		return Shard{}, errors.New("expected I/N, the part I of N, from 1 to N")
	}
	return s, nil
}

// of returns the shard's part of a list.
func (s Shard) of(list []spec.Trial) []spec.Trial {
	if s.N == 0 {
		return list
	}
	var part []spec.Trial
	for i := s.I - 1; i < len(list); i += s.N {
		part = append(part, list[i])
	}
	return part
}

// ReadIdentities reads a file of identities of trials, one a line.
func ReadIdentities(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, mistake.Errorf("%s: %w", path, mistake.Bare(err))
	}
	list := strings.Fields(string(text))
	for i, identity := range list {
		if len(identity) != 64 || strings.Trim(identity, "0123456789abcdef") != "" {
			return nil, mistake.Errorf("%s:%d: %.20q is no identity of a trial, expected 64 hexadecimal digits", path, i+1, identity)
		}
	}
	return list, nil
}

// partial tells whether the run is to train a part of the trials alone.
func (o Options) partial() bool { return o.Shard.N > 0 || o.Identities != nil }

// part leaves what is missing of the part of the trials that the options name.
func (w *Plan) part(o Options) error {
	chosen := w.Trials
	if o.Identities != nil {
		byIdentity := map[string]spec.Trial{}
		for _, t := range w.Trials {
			byIdentity[w.Task(t, o).ID()] = t
		}
		chosen = nil
		for _, identity := range o.Identities {
			t, ok := byIdentity[identity]
			if !ok {
				return mistake.Errorf("trials: %.12s… is no trial of the experiment: its file, its images or the program have "+
					"changed since", identity)
			}
			chosen = append(chosen, t)
		}
	}
	wanted := map[string]bool{}
	for _, t := range o.Shard.of(chosen) {
		wanted[t.String()] = true
	}
	w.Missing = slices.DeleteFunc(w.Missing, func(t spec.Trial) bool { return !wanted[t.String()] })
	return nil
}

// Collect renders the tables and plots from the trials that are finished, and trains nothing. Where some are missing it says so, in an
// error after the records.
func Collect(s *spec.Spec, o Options) ([]results.Record, error) {
	log, err := NewProgress(s.Name, o)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	w, err := NewPlan(s, &o, log.Printf)
	if err != nil {
		return nil, err
	}
	records := w.records
	finished := 0
	for _, r := range records {
		if r.Result.Failure == "" {
			finished++
		}
	}
	if err := w.keepsAll(s, o, finished); err != nil {
		return nil, err
	}
	if s.Costs {
		costs, err := networkCosts(context.Background(), s, o, w.done, log)
		if err != nil {
			return nil, err
		}
		records = append(records, costs...)
	}
	if err := os.MkdirAll(s.Folder(o.Out, o.Quick), 0o777); err != nil {
		return nil, mistake.Errorf("the folder of the results: %w", err)
	}
	if err := report.Write(s, o.Out, o.Quick, o.Replace, w.Trials, records, log.Printf); err != nil {
		return records, err
	}
	if n := len(w.Missing); n > 0 {
		return records, fmt.Errorf("%s: %d of %d trials are missing", s.Name, n, len(w.Trials))
	}
	return records, nil
}

// A Remainder is what an experiment still misses and no process trains.
type Remainder struct {
	Identities []string
	Running    int // trials that a process trains
	Estimate   *Estimate
}

// Missing returns what an experiment misses, with what it takes in one process of the given number of workers, 1 where o.Workers is 0.
func Missing(ctx context.Context, s *spec.Spec, o Options) (*Remainder, error) {
	if s.Checks != "" {
		return nil, mistake.Errorf("%s is a check: it runs as a whole", s.Name)
	}
	workers := max(1, o.Workers) // of a process, not of this machine
	w, err := NewPlan(s, &o, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	r := &Remainder{}
	var free []spec.Trial
	for _, t := range w.Missing {
		identity := w.Task(t, o).ID()
		if _, ok := o.dir().Running(identity); ok {
			r.Running++
			continue
		}
		free = append(free, t)
		r.Identities = append(r.Identities, identity)
	}
	o.Workers = workers
	r.Estimate, err = EstimateTrials(ctx, free, w.sources, o, !o.Quick)
	return r, err
}

// Longest is the time of the longest of the trials, in seconds.
func (e *Estimate) Longest() (seconds float64) {
	for _, c := range e.Cases {
		seconds = max(seconds, c.Seconds)
	}
	return seconds
}
