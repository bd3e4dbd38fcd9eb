package experiments

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Status tells, a line a trial, which of an experiment's trials are finished, failed, begun or missing, and the time that
// those missing are likely to take.
func Status(s *Spec, o Options) (string, error) {
	if s.Checks != "" {
		return s.Name + ": a check, which keeps nothing and always runs\n", nil
	}
	trials := s.Trials()
	if o.Quick {
		trials = quick(trials)
	}
	done, err := known(o.records(), false)
	if err != nil {
		return "", err
	}
	sources := o.opener(nil)
	var b strings.Builder
	var finished, missing int
	var seconds float64 // of the finished ones
	for _, t := range trials {
		print, err := sources.fingerprint(t.Data)
		if err != nil {
			return "", err
		}
		identity := t.Identity(print, t.version(o))
		state := "missing"
		if r, ok := done[identity]; ok {
			finished++
			seconds += r.Provenance.Seconds
			state = fmt.Sprintf("top-1 %.2f %%, %.0f s", 100*r.Result.Top1, r.Provenance.Seconds)
			if r.Result.Failure != "" {
				state = "failed: " + r.Result.Failure
			}
		} else {
			missing++
			if _, err := os.Stat(o.checkpoint(identity)); err == nil {
				state = "begun"
			} else if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
		fmt.Fprintf(&b, "%-32s %s\n", t.String(), state)
	}
	fmt.Fprintf(&b, "%s: %d trials, %d finished, %d missing", s.Name, len(trials), finished, missing)
	if finished > 0 && missing > 0 {
		fmt.Fprintf(&b, ", about %.0f minutes of one core", float64(missing)*seconds/float64(finished)/60)
	}
	b.WriteByte('\n')
	return b.String(), nil
}
