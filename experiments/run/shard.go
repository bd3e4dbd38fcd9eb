package run

import (
	"context"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
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

// Partial reports whether the run trains only a part of the trials.
func (o Options) Partial() bool { return o.Shard.N > 0 || o.Identities != nil }

// part leaves what is missing of the part of the trials that the options name.
func (p *Plan) part() error {
	chosen := p.Tasks
	if p.Options.Identities != nil {
		byIdentity := map[string]*Task{}
		for _, t := range p.Tasks {
			byIdentity[t.ID] = t
		}
		chosen = nil
		for _, identity := range p.Options.Identities {
			t, ok := byIdentity[identity]
			if !ok {
				return mistake.Errorf("trials: %.12s… is no trial of the experiment: its file, its images or the program have "+
					"changed since", identity)
			}
			chosen = append(chosen, t)
		}
	}
	wanted := map[*Task]bool{}
	shard := p.Options.Shard
	for i, t := range chosen {
		wanted[t] = shard.N == 0 || i%shard.N == shard.I-1
	}
	p.Missing = slices.DeleteFunc(p.Missing, func(t *Task) bool { return !wanted[t] })
	return nil
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
	p, err := NewPlan(s, &o, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	r := &Remainder{}
	var free []*Task
	for _, t := range p.Missing {
		if _, ok := o.dir().Running(t.ID); ok {
			r.Running++
			continue
		}
		free = append(free, t)
		r.Identities = append(r.Identities, t.ID)
	}
	o.Workers = workers
	r.Estimate, err = EstimateTrials(ctx, free, o, !o.Quick)
	return r, err
}

// Longest is the time of the longest of the trials, in seconds.
func (e *Estimate) Longest() (seconds float64) {
	for _, c := range e.Cases {
		seconds = max(seconds, c.Seconds)
	}
	return seconds
}
