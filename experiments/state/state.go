// Package state is the folder of what is under way: records, checkpoints, locks and logs, and what is recorded of the machine and the
// program.
package state

import (
	"errors"
	"fmt"
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
//	plans/NAME-HASH.json              which trials an experiment is of, for reading
//	studies/HASH.gob                  what a study has found of a network
//	logs/                             a file a run
//	checkpoints/IDENTITY.code         the fingerprint of the sources that computed a checkpoint
//	sources/FINGERPRINT.json          the hash of each of the sources that a fingerprint is of
//	images.json                     fingerprints of the images last opened
//	images.hashes                   hashes of the files of images that are streamed
//	checks.json                       of which program and networks the pages of checks are
//
// Each file is replaced as a whole, and each but those of the last three lines belongs to one trial or one machine: two processes that train
// the same trial waste time, and write the same.

// A Dir is the path of that folder.
type Dir string

// abandoned is the age at which a temporary file is taken for one that a killed process has left.
const abandoned = time.Hour

// Record is the path of a trial's record.
func (d Dir) Record(identity string) string {
	return filepath.Join(string(d), "records", identity+".json")
}

// Keep writes the record of finished work.
func (d Dir) Keep(r results.Record) error {
	path := d.Record(r.Identity)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return results.WriteRecords(path, []results.Record{r})
}

// Finished returns the record of a trial that is finished. A damaged one is reported, and is none.
func (d Dir) Finished(identity string, say func(format string, args ...any)) (results.Record, bool, error) {
	list, err := results.ReadRecords(d.Record(identity))
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
		say("%s: not the record of that trial; it is done again", d.Record(identity))
		return results.Record{}, false, nil
	}
	return list[0], true, nil
}

// Known returns the records of all that is finished, by identity.
func (d Dir) Known(say func(format string, args ...any)) (map[string]results.Record, error) {
	done := map[string]results.Record{}
	folder := filepath.Dir(d.Record(""))
	files, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, f := range files {
		identity, ok := strings.CutSuffix(f.Name(), ".json")
		if !ok || strings.HasPrefix(identity, ".") {
			continue
		}
		r, ok, err := d.Finished(identity, say)
		if err != nil {
			return nil, err
		}
		if ok {
			done[identity] = r
		}
	}
	return done, nil
}

// Tidy removes what killed processes have left.
func (d Dir) Tidy() {
	for _, path := range []string{d.Record(""), d.Checkpoint(""), d.Study(""), d.LockFile("")} {
		durable.Sweep(filepath.Dir(path), abandoned)
	}
}

// Checkpoint is the path of a trial's checkpoint.
func (d Dir) Checkpoint(identity string) string {
	return filepath.Join(string(d), "checkpoints", identity+".safetensors")
}

// EpochsFile is where a run on a host tells the epochs of an experiment; host may be a pattern.
func (d Dir) EpochsFile(name, host string) string {
	return filepath.Join(string(d), "epochs", name+"@"+hostWord(host)+".jsonl")
}

// LogFile is the file of a run that began then in this process, for reading.
func (d Dir) LogFile(name string, began time.Time) string {
	us := ThisProcess()
	return filepath.Join(string(d), "logs", fmt.Sprintf("%s-%s-%s-%d.log", name, began.UTC().Format("20060102-150405"), hostWord(us.Host), us.Process))
}

// hostWord is a host's name within the name of a file: some systems let it have 255 bytes.
func hostWord(host string) string { return host[:min(len(host), 80)] }

// Study is the path of what a study has found of a network.
func (d Dir) Study(hash string) string { return filepath.Join(string(d), "studies", hash+".gob") }

// KeepFound writes what a study has found of a network.
func (d Dir) KeepFound(hash string, text []byte) error {
	path := d.Study(hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(path, text)
}

// Found returns what KeepFound has written, and nothing where it has not.
func (d Dir) Found(hash string) []byte {
	text, _ := os.ReadFile(d.Study(hash)) // where it cannot be read, it is found again
	return text
}

// Numerics is raised by hand when a change alters the bits of a result.
const Numerics = "9"

// NumericsVersion is what, apart from its settings, seed and images, determines a trial's result, computed by the arithmetic that
// kernel.Arithmetic or a device names: it is part of the trial's identity.
func NumericsVersion(arithmetic string, quick bool) string {
	v := Numerics + " " + arithmetic
	if quick {
		v += " quick"
	}
	return v
}
