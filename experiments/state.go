package experiments

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cenet/nn/durable"
	"cenet/results"
)

// What the folder of the state holds, which several processes of several machines may share:
//
//	records/IDENTITY.json             the record of a trial that is finished
//	checkpoints/IDENTITY.safetensors  where a trial has got to; that of a finished one has its network
//	locks/IDENTITY.json               who trains a trial
//	epochs/NAME@HOST.jsonl            the epochs done, for reading
//	logs/                             a file a run
//	images.json                     fingerprints of the images last opened
//	checks.json                       of which program and networks the pages of checks are
//
// Each file is replaced as a whole, and each but those of the last two lines belongs to one trial or one machine: two processes that train
// the same trial waste time, and write the same.

// abandoned is the age at which a temporary file is taken for one that a killed process has left.
const abandoned = time.Hour

func (o Options) record(identity string) string {
	return filepath.Join(o.State, "records", identity+".json")
}

// keep writes the record of finished work.
func (o Options) keep(r results.Record) error {
	path := o.record(r.Identity)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return results.WriteRecords(path, []results.Record{r})
}

// finished returns the record of a trial that is finished. A damaged one is told, and is none.
func (o Options) finished(identity string, say func(format string, args ...any)) (results.Record, bool, error) {
	list, err := results.ReadRecords(o.record(identity))
	var damage *results.DamageError
	switch {
	case errors.As(err, &damage):
		say("%v; what it recorded is done again", damage)
		return results.Record{}, false, nil
	case errors.Is(err, fs.ErrNotExist):
		return results.Record{}, false, nil
	case err != nil:
		return results.Record{}, false, err
	case len(list) != 1 || list[0].Identity != identity:
		say("%s: not the record of that trial; it is done again", o.record(identity))
		return results.Record{}, false, nil
	}
	return list[0], true, nil
}

// known returns the records of all that is finished by identity; none where all is to be trained afresh.
func (o Options) known(say func(format string, args ...any)) (map[string]results.Record, error) {
	done := map[string]results.Record{}
	if o.Fresh {
		return done, nil
	}
	folder := filepath.Dir(o.record(""))
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		identity, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok || strings.HasPrefix(identity, ".") {
			continue
		}
		r, ok, err := o.finished(identity, say)
		if err != nil {
			return nil, err
		}
		if ok {
			done[identity] = r
		}
	}
	return done, nil
}

// tidy removes what killed processes have left.
func (o Options) tidy() {
	for _, path := range []string{o.record(""), o.checkpoint(""), o.lockFile("")} {
		durable.Sweep(filepath.Dir(path), abandoned)
	}
}
