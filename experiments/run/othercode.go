package run

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cenet/experiments/code"
	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/state"
	"cenet/results"
)

// The flags that retrain or accept results of other code.
const (
	Retrain = "--retrain"
	Accept  = "--accept"
)

// A Choice is whether to retrain or accept results of other code.
type Choice int

const (
	// TrainAgain forgets them, and trains their trials again.
	TrainAgain Choice = iota + 1
	// Keep records them as results of this code.
	Keep
)

// sources are those that compute the trial; nil: not known.
func (t *Task) sources() (code.Set, error) {
	if t.Options.Code == nil {
		return nil, nil
	}
	all, err := t.Options.Code()
	if err != nil {
		return nil, err
	}
	onDevice := t.Options.Devices.Name() != ""
	return all.Filter(func(name string) bool {
		return network.Runs(name, t.Model.Block, t.Model.Backbone) && (onDevice || !strings.HasPrefix(name, "nn/opencl/"))
	}), nil
}

// code is the fingerprint of the sources that compute the trial, "" where they are not known. It keeps their hashes in the state.
func (t *Task) code() (string, error) {
	set, err := t.sources()
	if err != nil || set == nil {
		return "", err
	}
	print := set.Fingerprint()
	return print, t.Options.dir().KeepSources(print, set)
}

// StudyCode is the fingerprint of the sources that compute what a study finds of the trial's network, "" where they are not known.
func (t *Task) StudyCode() (string, error) {
	if t.Options.Code == nil {
		return "", nil
	}
	all, err := t.Options.Code()
	return all.Filter(func(name string) bool {
		return network.Studies(name) || network.Runs(name, t.Model.Block, t.Model.Backbone)
	}).Fingerprint(), err
}

// otherCode is a trial of which there is a record or a checkpoint of other code.
type otherCode struct {
	task   *Task
	record *results.Record // nil: a checkpoint
	print  string          // of the code of now
}

// findOtherCode finds what of the trial was computed by other code; nil: nothing.
func (t *Task) findOtherCode(r *results.Record) (*otherCode, string, error) {
	now, err := t.sources()
	if err != nil || now == nil {
		return nil, "", err
	}
	print, was := now.Fingerprint(), ""
	if r != nil {
		was = r.Provenance.Code
	} else {
		var there bool
		if was, there = t.Options.dir().CodeOf(t.ID); !there {
			return nil, "", nil
		}
		if _, held := t.Options.dir().Running(t.ID); held {
			return nil, "", nil // it is that process's
		}
	}
	if was == print {
		return nil, "", nil
	}
	return &otherCode{t, r, print}, t.whatChanged(was, now), nil
}

// whatChanged says in words how the code of then differs from that of now.
func (t *Task) whatChanged(was string, now code.Set) string {
	if was == "" {
		return "recorded before fingerprints of the code were kept"
	}
	then := t.Options.dir().Sources(was)
	if then == nil {
		return "of a version whose sources are not known here"
	}
	files := code.Changed(then, now)
	const most = 4
	text := strings.Join(files[:min(most, len(files))], ", ")
	if n := len(files) - most; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text + " changed since"
}

// settle decides whether to retrain or accept the finished and the begun trials that other code computed. A quick run trains them again.
func (p *Plan) settle() error {
	o := p.Options
	var list []*otherCode
	var reasons []string
	finished := 0
	for _, t := range p.Tasks {
		if t.Record == nil && o.Fresh {
			continue // its checkpoint is not used
		}
		other, reason, err := t.findOtherCode(t.Record)
		if err != nil {
			return err
		}
		if other == nil {
			continue
		}
		list = append(list, other)
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		if t.Record != nil {
			finished++
		}
	}
	if list == nil {
		return nil
	}
	choice, err := TrainAgain, error(nil)
	if !o.Quick && !o.Estimate {
		what := fmt.Sprintf("%s: %d finished and %d begun of its %d trials were computed by other code (%s)", p.spec.Name, finished,
			len(list)-finished, len(p.Tasks), strings.Join(reasons, "; "))
		if o.OtherCode == nil {
			return mistake.Of(errors.New(what))
		}
		if choice, err = o.OtherCode(what); err != nil {
			return err
		}
	}
	for _, other := range list {
		if !o.Estimate {
			if err := other.settle(choice); err != nil {
				return err
			}
		}
		if t := other.task; t.Record != nil && choice == Keep {
			t.Record.Provenance.Code = other.print
		} else {
			t.Record = nil
		}
	}
	return nil
}

// settle does with a trial what was chosen. Its lock is held meanwhile; where another process holds it, that process has the trial.
func (c *otherCode) settle(choice Choice) error {
	dir, identity := c.task.Options.dir(), c.task.ID
	l, err := dir.Lock(identity, "", c.task.Options.Devices.Name())
	var held *state.HeldError
	if errors.As(err, &held) {
		return nil
	}
	if err != nil {
		return err
	}
	defer l.Unlock()
	if choice == TrainAgain {
		return dir.Forget(identity)
	}
	if _, err := c.task.code(); err != nil { // keeps the hashes
		return err
	}
	if c.record == nil {
		return dir.KeepCode(identity, c.print)
	}
	r, ok, err := dir.Finished(identity, func(string, ...any) {})
	if err != nil || !ok {
		return err
	}
	r.Provenance.Code = c.print
	return dir.Keep(r)
}
