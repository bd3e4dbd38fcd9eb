package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/nn/durable"
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

// Recorded is the contents of an experiment's folder.
type Recorded struct {
	Dir    string
	Trials map[string]results.Record // trials of the experiment's current file, by name
	Others int                       // trials with other settings
	Page   *page.Page                // the page of a check; nil: none

	all   []results.Record
	quick bool // a quick run has its own folder, whose contents nobody keeps
}

// Begin makes the experiment's folder, writes there which file it belongs to, and returns the folder's contents. Damaged records count as
// none: they are about to be replaced.
func Begin(s *spec.Spec, out string, quick bool) (*Recorded, error) {
	r, _ := Read(s, out, quick)
	err := os.MkdirAll(r.Dir, 0o777)
	if err == nil && s.Path != "" {
		err = durable.WriteBytes(filepath.Join(s.Home(out), spec.OriginFile), []byte(s.Path+"\n"))
	}
	if err != nil {
		return nil, mistake.Errorf("the folder of the results: %w", err)
	}
	return r, nil
}

// Read reads an experiment's folder. A missing folder is empty.
func Read(s *spec.Spec, out string, quick bool) (*Recorded, error) {
	r := &Recorded{Dir: s.Folder(out, quick), Trials: map[string]results.Record{}, quick: quick}
	if s.Checks != "" {
		page, err := folder.ReadPage(r.Dir)
		if err == nil {
			r.Page = &page
		}
		return r, absent(err)
	}
	records, err := results.ReadRecords(filepath.Join(r.Dir, results.RecordsFile))
	if err != nil {
		return r, absent(err)
	}
	r.all = records
	matching, _ := Matching(s, quick, records)
	for _, t := range matching {
		if t.Kind == results.KindTrial {
			r.Trials[t.Name] = t
		}
	}
	r.Others = -len(r.Trials)
	for _, t := range records {
		if t.Kind == results.KindTrial {
			r.Others++
		}
	}
	return r, nil
}

// absent returns nil if a file does not exist, else the error.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// OtherImages returns an error if the folder has tables of other images than those of a run; nil: the run's trials have several.
func (r *Recorded) OtherImages(images *results.Images) error {
	if r.quick || images == nil {
		return nil
	}
	for _, t := range r.all {
		there := t.Images
		if there == nil {
			continue
		}
		if there.Name != images.Name || there.Train != images.Train || there.Test != images.Test || there.Classes != images.Classes {
			return mistake.Errorf("%s has the tables of %s (%d and %d images), not of %s (%d and %d): --out DIR keeps them apart",
				r.Dir, there.Name, there.Train, there.Test, images.Name, images.Train, images.Test)
		}
	}
	return nil
}

// OtherStart returns an error if the recorded result of a trial is of another file of weights than there is now.
func (r *Recorded) OtherStart(t *spec.Trial) error {
	was := r.Trials[t.String()].Start
	if r.quick || was == nil || t.Start.Hash == "" || was.SHA256 == t.Start.Hash {
		return nil
	}
	return mistake.Errorf("model.weights: %s has changed since the results in %s: its SHA-256 was %.12s… and is %.12s…; "+
		"--out DIR keeps both, %s replaces them", t.Start.Path, r.Dir, was.SHA256, t.Start.Hash, Replace)
}

// Losses returns a LossError if the folder has more finished trials, or costs of more networks, than a run is about to write.
func (r *Recorded) Losses(trials, costs int) error {
	was := count(r.all)
	switch {
	case r.quick:
	case was.trials > trials:
		return &LossError{r.Dir, fmt.Sprintf("it has the records of %d finished trials, this would leave %d", was.trials, trials)}
	case was.costs > costs:
		return &LossError{r.Dir, fmt.Sprintf("it has the costs of %d networks, this would leave %d", was.costs, costs)}
	}
	return nil
}

// withTimes copies GPU times from the folder's records to networks that were not timed on a GPU now.
func (r *Recorded) withTimes(records []results.Record) []results.Record {
	timed := map[string]*results.Network{}
	for _, t := range r.all {
		if t.Kind == results.KindNetwork && t.Network.GPU != "" {
			timed[t.Name] = t.Network
		}
	}
	records = slices.Clone(records)
	for i, t := range records {
		if was := timed[t.Name]; t.Kind == results.KindNetwork && t.Network.GPU == "" && was != nil && was.MACs == t.Network.MACs {
			n := *t.Network
			n.GPU, n.GPUSeconds = was.GPU, was.GPUSeconds
			records[i].Network = &n
		}
	}
	return records
}
