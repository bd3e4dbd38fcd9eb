package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"cenet/experiments/spec"
	"cenet/experiments/state"
)

// A State is how far the trials of an experiment are.
type State struct {
	Trials                           []TrialState
	Finished, Failed, Begun, Missing int // in all; those begun are not missing
	Running                          int // of those begun or missing, by some process
	// Seconds is the time to the end, by the time that finished trials took, with a trial on each processor; 0: not known.
	Seconds float64
}

// A TrialState is how far one trial is.
type TrialState struct {
	spec.Trial
	State   string
	Weights string // of a finished trial, the hash of its weights; else ""
}

// String is one line.
func (s *State) String() string {
	parts := []string{fmt.Sprintf("%d of %d trials finished here", s.Finished, len(s.Trials))}
	for _, p := range []struct {
		n    int
		name string
	}{{s.Failed, "failed"}, {s.Begun, "begun"}, {s.Running, "running"}, {s.Missing, "to train"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.name))
		}
	}
	if s.Seconds > 0 {
		parts = append(parts, "about "+Span(s.Seconds)+" left")
	}
	return strings.Join(parts, ", ")
}

// Status tells which of an experiment's trials are finished, failed, begun or missing. It takes the images to be as they
// were when they were last opened, and opens them only where they never were.
func Status(s *spec.Spec, o Options) (*State, error) {
	if s.Checks != "" {
		return &State{}, nil
	}
	return status(s, o, o.Opener(nil).Fingerprint)
}

// CachedStatus is Status without a look at images: where they were never opened, or a file of weights is missing, there is no state, and it
// is nil.
func CachedStatus(s *spec.Spec, o Options) (*State, error) {
	if s.Checks != "" {
		return nil, nil
	}
	if _, err := Trials(s, o); err != nil {
		return nil, nil // a file of weights that the command line names
	}
	prints := o.Opener(nil).Prints()
	errUnknown := errors.New("run: never opened")
	state, err := status(s, o, func(d spec.Data) (string, error) {
		if print, ok := prints[d.AsRead().Key()]; ok {
			return print, nil
		}
		return "", errUnknown
	})
	if errors.Is(err, errUnknown) {
		return nil, nil
	}
	return state, err
}

func status(s *spec.Spec, o Options, fingerprint func(spec.Data) (string, error)) (*State, error) {
	trials, err := Trials(s, o)
	if err != nil {
		return nil, err
	}
	all, err := identities(trials, o, fingerprint)
	if err != nil {
		return nil, err
	}
	done, err := o.Known(func(string, ...any) {})
	if err != nil {
		return nil, err
	}
	epochs := epochsDone(o.dir().EpochsFile(s.Name, "*"))
	found := &State{}
	var left []spec.Trial
	shares := map[string]float64{} // of a trial that is begun: how much of it is done
	took := map[string][]float64{} // seconds of the finished trials of a case
	var seconds []float64          // of all that are finished
	for i, t := range trials {
		identity := all[i]
		text, weights := "to train", ""
		r, ok := done[identity]
		switch {
		case ok && r.Result.Failure != "":
			found.Failed++
			text = "failed: " + r.Result.Failure
		case ok:
			found.Finished++
			weights = r.Result.Weights
			text = fmt.Sprintf("top-1 %.2f %%, %s", 100*r.Result.Top1, Span(r.Provenance.Seconds))
			if other, reason, err := (&Task{Trial: t, Options: o}).findOtherCode(&r); err != nil {
				return nil, err
			} else if other != nil {
				text += ", by other code (" + reason + ")"
			}
			took[t.CaseKey()] = append(took[t.CaseKey()], r.Provenance.Seconds)
			seconds = append(seconds, r.Provenance.Seconds)
		default:
			left = append(left, t)
			holder, held := o.dir().Running(identity)
			if held {
				found.Running++
			}
			if _, err := os.Stat(o.dir().Checkpoint(identity)); err == nil || epochs[identity] > 0 {
				found.Begun++
				shares[t.String()] = float64(epochs[identity]) / float64(t.Train.Epochs)
				text = fmt.Sprintf("begun, %d of %d epochs", epochs[identity], t.Train.Epochs)
			} else if !errors.Is(err, fs.ErrNotExist) {
				return nil, err
			} else {
				found.Missing++
			}
			if held {
				text += ", " + holder.String()
			}
		}
		found.Trials = append(found.Trials, TrialState{t, text, weights})
	}
	if len(seconds) == 0 {
		return found, nil
	}
	sum, longest := 0.0, 0.0
	for _, t := range left {
		of := took[t.CaseKey()]
		if of == nil {
			of = seconds
		}
		one := total(of) / float64(len(of)) * (1 - shares[t.String()])
		sum += one
		longest = max(longest, one)
	}
	found.Seconds = max(longest, sum/float64(runtime.NumCPU()))
	return found, nil
}

// epochsDone reads how many epochs of a trial are done, by its identity, from the files to which runs write them. A line
// that cannot be read is passed over: the files are for reading, and nothing depends on them.
func epochsDone(pattern string) map[string]int {
	done, last := map[string]int{}, map[string]time.Time{}
	files, _ := filepath.Glob(pattern)
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			var e state.EpochLine
			if json.Unmarshal([]byte(line), &e) == nil && !e.Time.Before(last[e.Identity]) {
				done[e.Identity], last[e.Identity] = e.Result.Epoch, e.Time
			}
		}
	}
	return done
}
