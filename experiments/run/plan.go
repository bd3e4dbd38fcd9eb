package run

import (
	"runtime"
	"slices"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/results"
)

// A Plan is the trials of an experiment as tasks, with the records of those that are finished.
type Plan struct {
	Tasks   []*Task // of all trials, in their order
	Missing []*Task // those to train: without a record, and of the part that the options name
	Options Options

	spec *spec.Spec
	done map[string]results.Record // all that is finished, by identity
}

// NewPlan opens the images and finds out which trials are missing. It sets o.Workers if it is 0.
func NewPlan(s *spec.Spec, o *Options, say func(format string, args ...any)) (*Plan, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	trials, err := CheckedTrials(s, *o, func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	p := &Plan{Options: *o, spec: s}
	sources := o.Opener(say)
	o.dir().Tidy()
	for _, t := range trials {
		images, err := sources.Open(t.Data)
		if err != nil {
			return nil, err
		}
		if c := images.Train.Channels; t.Data.Colour == "authors" && c != 3 {
			return nil, mistake.Errorf("data.colour: the images have %d channel, and colours need three", c)
		}
		p.Tasks = append(p.Tasks, NewTask(t, images, *o))
	}
	if n, want := len(p.Tasks[0].Images.Train.Classes), s.Expect.Classes; want > 0 && n != want {
		say("the images are of %d classes, %d are expected: not the data of this experiment", n, want)
	}
	if p.done, err = o.Known(say); err != nil {
		return nil, err
	}
	if o.Adopt {
		if err := p.adopt(say); err != nil {
			return nil, err
		}
	}
	for _, t := range p.Tasks {
		if r, ok := p.done[t.ID]; ok {
			if r, err = t.relabel(r); err != nil {
				return nil, err
			}
			t.Record = &r
		}
	}
	if err := p.settle(); err != nil {
		return nil, err
	}
	p.Missing = slices.DeleteFunc(slices.Clone(p.Tasks), func(t *Task) bool { return t.Record != nil })
	if err := checkStarts(p.Missing, say); err != nil {
		return nil, err
	}
	if o.Collect {
		p.Missing = nil
	}
	if o.Partial() {
		err = p.part()
	}
	return p, err
}

// Finished counts the tasks that have a record.
func (p *Plan) Finished() (n int) {
	for _, t := range p.Tasks {
		if t.Record != nil {
			n++
		}
	}
	return n
}

// Images describes the images of all trials, as their records do; nil if the trials have different images.
func (p *Plan) Images() *results.Images {
	v := p.Tasks[0].Images
	if slices.ContainsFunc(p.Tasks, func(t *Task) bool { return t.Images != v }) {
		return nil
	}
	return &results.Images{Name: v.Title(), Train: v.Train.Len(), Test: v.Test.Len(), Classes: len(v.Train.Classes)}
}

// Keep shows the plan under a title to programs that follow the run.
func (p *Plan) Keep(title string) error {
	kept := state.Plan{Name: p.spec.Name, Title: title, Command: p.spec.Command()}
	for _, t := range p.Tasks {
		kept.Trials = append(kept.Trials, state.PlannedTrial{
			Identity: t.ID, Name: t.String(), Case: t.CaseName(), Seed: t.Seed, Epochs: t.config().Epochs,
		})
	}
	return p.Options.dir().KeepPlan(kept)
}
