// Package run trains the trials of an experiment: it plans which are missing, estimates what they take, trains them at once as far as
// memory allows, resumes those that were interrupted, and tells how far all are. It also gives studies the networks that were trained. It
// writes records into the state's folder only: package suite writes tables.
package run

import (
	"io"
	"time"

	"cenet/experiments/code"
	"cenet/experiments/device"
	"cenet/experiments/source"
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
	Collect bool          // train nothing: only finished trials count
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

	// Images are those that are open, for several plans; nil: each plan opens its own.
	Images *source.Opener

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
	if o.Images != nil {
		return o.Images
	}
	return source.NewOpener(o.Data, o.State, say)
}

// quickSteps and quickTests are the batches of a quick run.
const quickSteps, quickTests = 4, 2
