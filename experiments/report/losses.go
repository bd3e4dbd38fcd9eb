package report

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"cenet/experiments/spec"
	"cenet/results"
)

// Replace is the flag that writes results even where that loses some.
const Replace = "--replace"

// A LossError is the refusal to write what has less in it than what is already there.
type LossError struct {
	Dir  string // whose files stay as they are
	Text string // what is there, and what would be lost
}

// Error says what would be lost, and how to write all the same.
func (e *LossError) Error() string {
	return fmt.Sprintf("%s stays as it is: %s; %s writes all the same", e.Dir, e.Text, Replace)
}

// tally counts the records of an experiment by what they are worth.
type tally struct{ trials, costs int }

func count(records []results.Record) (t tally) {
	for _, r := range records {
		switch {
		case r.Kind == results.KindNetwork:
			t.costs++
		case r.Result != nil && r.Result.Failure == "":
			t.trials++
		}
	}
	return t
}

// Losses is a LossError where the folder of the experiment has more finished trials than a run is about to write, or costs of more networks.
// The error is nil where there are no records, or damaged ones. A quick run has a folder of its own, and loses nothing.
func Losses(s *spec.Spec, out string, quickly bool, trials, costs int) error {
	dir := s.Folder(out, quickly)
	there, err := results.ReadRecords(filepath.Join(dir, RecordsFile))
	if quickly || err != nil {
		return nil
	}
	was := count(there)
	switch {
	case was.trials > trials:
		return &LossError{dir, fmt.Sprintf("it has the records of %d finished trials, this would leave %d", was.trials, trials)}
	case was.costs > costs:
		return &LossError{dir, fmt.Sprintf("it has the costs of %d networks, this would leave %d", was.costs, costs)}
	}
	return nil
}

// withTimes gives the costs of networks that were not timed on a GPU here the times that the folder has of one.
func withTimes(dir string, records []results.Record) []results.Record {
	there, err := results.ReadRecords(filepath.Join(dir, RecordsFile))
	if err != nil {
		return records
	}
	timed := map[string]*results.Network{}
	for _, r := range there {
		if r.Kind == results.KindNetwork && r.Network.GPU != "" {
			timed[r.Name] = r.Network
		}
	}
	records = slices.Clone(records)
	for i, r := range records {
		if was := timed[r.Name]; r.Kind == results.KindNetwork && r.Network.GPU == "" && was != nil && was.MACs == r.Network.MACs {
			n := *r.Network
			n.GPU, n.GPUSeconds = was.GPU, was.GPUSeconds
			records[i].Network = &n
		}
	}
	return records
}

// Recorded is what the folder of an experiment has.
type Recorded struct {
	Dir    string
	Trials map[string]results.Record // of the experiment as its file is now, by name
	Others int                       // trials of other settings than the file's
	Page   *results.Page             // of a check; nil: not found
}

// Read returns what the folder of an experiment has. A folder that does not exist has nothing.
func Read(s *spec.Spec, out string, quickly bool) (*Recorded, error) {
	r := &Recorded{Dir: s.Folder(out, quickly), Trials: map[string]results.Record{}}
	if s.Checks != "" {
		page, err := results.ReadPage(r.Dir)
		if err == nil {
			r.Page = &page
		}
		return r, absent(err)
	}
	records, err := results.ReadRecords(filepath.Join(r.Dir, RecordsFile))
	if err != nil {
		return r, absent(err)
	}
	own, _ := Own(s, quickly, records)
	for _, t := range own {
		if t.Kind == results.KindTrial {
			r.Trials[t.Name] = t
		}
	}
	for _, t := range records {
		if t.Kind == results.KindTrial {
			r.Others++
		}
	}
	r.Others -= len(r.Trials)
	return r, nil
}

// absent is nil for a file that does not exist, and the error otherwise.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
