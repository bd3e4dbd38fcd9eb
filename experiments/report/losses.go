package report

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"cenet/experiments/spec"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/page"
)

// Replace is the flag that allows fewer results to replace more.
const Replace = "--replace"

// A LossError refuses to replace results by fewer.
type LossError struct {
	Dir  string // whose files stay as they are
	Text string // what exists, and what would be lost
}

// Error says what would be lost, and which flag allows it.
func (e *LossError) Error() string {
	return fmt.Sprintf("%s is not changed: %s; %s replaces it", e.Dir, e.Text, Replace)
}

// tally counts finished trials and costs of networks.
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

// Losses returns a LossError if the experiment's folder has more finished trials, or costs of more networks, than a run is about to
// write. It returns nil if the folder has no records, or damaged ones. A quick run has its own folder and loses nothing.
func Losses(s *spec.Spec, out string, quick bool, trials, costs int) error {
	dir := s.Folder(out, quick)
	there, err := results.ReadRecords(filepath.Join(dir, RecordsFile))
	if quick || err != nil {
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

// withTimes copies GPU times from the folder's records to networks that were not timed on a GPU now.
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

// Recorded is the contents of an experiment's folder.
type Recorded struct {
	Dir    string
	Trials map[string]results.Record // trials of the experiment's current file, by name
	Others int                       // trials with other settings
	Page   *page.Page                // the page of a check; nil: none
}

// Read reads an experiment's folder. A missing folder is empty.
func Read(s *spec.Spec, out string, quick bool) (*Recorded, error) {
	r := &Recorded{Dir: s.Folder(out, quick), Trials: map[string]results.Record{}}
	if s.Checks != "" {
		page, err := folder.ReadPage(r.Dir)
		if err == nil {
			r.Page = &page
		}
		return r, absent(err)
	}
	records, err := results.ReadRecords(filepath.Join(r.Dir, RecordsFile))
	if err != nil {
		return r, absent(err)
	}
	matching, _ := Matching(s, quick, records)
	for _, t := range matching {
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

// absent returns nil if a file does not exist, else the error.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
