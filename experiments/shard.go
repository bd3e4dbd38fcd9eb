package experiments

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

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
	if !ok || err != nil || err2 != nil || s.I < 1 || s.N < s.I || s.N > mostTrials {
		return Shard{}, errors.New("expected I/N, the part I of N, from 1 to N")
	}
	return s, nil
}

// of returns the shard's part of a list.
func (s Shard) of(list []Trial) []Trial {
	if s.N == 0 {
		return list
	}
	var part []Trial
	for i := s.I - 1; i < len(list); i += s.N {
		part = append(part, list[i])
	}
	return part
}

// ReadIdentities reads a file of identities of trials, one a line.
func ReadIdentities(path string) ([]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &InputError{fmt.Errorf("%s: %w", path, bare(err))}
	}
	list := strings.Fields(string(text))
	for i, identity := range list {
		if len(identity) != 64 || strings.Trim(identity, "0123456789abcdef") != "" {
			return nil, &InputError{fmt.Errorf("%s:%d: %.20q is no identity of a trial, expected 64 hexadecimal digits", path, i+1, identity)}
		}
	}
	return list, nil
}

// partial tells whether the run is to train a part of the trials alone.
func (o Options) partial() bool { return o.Shard.N > 0 || o.Identities != nil }

// part leaves what is missing of the part of the trials that the options name.
func (w *work) part(o Options) error {
	chosen := w.trials
	if o.Identities != nil {
		byIdentity := map[string]Trial{}
		for _, t := range w.trials {
			byIdentity[w.identity(&t, o)] = t
		}
		chosen = nil
		for _, identity := range o.Identities {
			t, ok := byIdentity[identity]
			if !ok {
				return &InputError{fmt.Errorf("trials: %.12s… is no trial of the experiment: its file, its images or the program have changed since", identity)}
			}
			chosen = append(chosen, t)
		}
	}
	wanted := map[string]bool{}
	for _, t := range o.Shard.of(chosen) {
		wanted[t.String()] = true
	}
	w.missing = slices.DeleteFunc(w.missing, func(t Trial) bool { return !wanted[t.String()] })
	return nil
}

// identity is that of a trial whose images are open.
func (w *work) identity(t *Trial, o Options) string {
	return t.Identity(w.sources.sets[t.Data.opened()].print, t.version(o))
}

// Collect draws the tables and plots from the trials that are finished, and trains nothing. Where some are missing it says so, in an
// error behind the records.
func Collect(s *Spec, o Options) ([]results.Record, error) {
	log, err := newProgress(s.Name, o)
	if err != nil {
		return nil, err
	}
	defer log.close()
	w, err := plan(s, &o, log.say)
	if err != nil {
		return nil, err
	}
	records := w.records
	if s.Costs {
		costs, err := networkCosts(context.Background(), s, o, w.done, log)
		if err != nil {
			return nil, err
		}
		records = append(records, costs...)
	}
	if err := os.MkdirAll(s.folder(o), 0o755); err != nil {
		return nil, &InputError{fmt.Errorf("the folder of the results: %w", err)}
	}
	if err := write(s, o, w.trials, records, log); err != nil {
		return records, err
	}
	if n := len(w.missing); n > 0 {
		return records, fmt.Errorf("%s: %d of %d trials are missing", s.Name, n, len(w.trials))
	}
	return records, nil
}

// A Remainder is what an experiment still misses and nobody trains.
type Remainder struct {
	Identities []string
	Running    int // trials that somebody trains
	Estimate   *Estimate
}

// Missing tells what an experiment misses, with what it takes in one process of so many workers, 1 where o.Workers is 0.
func Missing(ctx context.Context, s *Spec, o Options) (*Remainder, error) {
	if s.Checks != "" {
		return nil, &InputError{fmt.Errorf("%s is a check: it runs as a whole", s.Name)}
	}
	workers := max(1, o.Workers) // of a process, not of this machine
	w, err := plan(s, &o, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	r := &Remainder{}
	var free []Trial
	for _, t := range w.missing {
		identity := w.identity(&t, o)
		if _, ok := o.running(identity); ok {
			r.Running++
			continue
		}
		free = append(free, t)
		r.Identities = append(r.Identities, identity)
	}
	o.Workers = workers
	r.Estimate, err = estimate(ctx, free, w.sources, o, !o.Quick)
	return r, err
}

// Longest is the time of the longest of the trials, in seconds.
func (e *Estimate) Longest() (seconds float64) {
	for _, c := range e.Cases {
		seconds = max(seconds, c.Seconds)
	}
	return seconds
}
