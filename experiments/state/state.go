// Package state is the state folder: records, checkpoints, locks and logs. It also describes the machine and the program for records.
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

// Contents of the state folder, which processes on several machines may share:
//
//	records/IDENTITY.json             the record of a finished trial
//	checkpoints/IDENTITY.safetensors  the training state of a trial; of a finished one, its network
//	locks/IDENTITY.json               the process that trains a trial
//	epochs/NAME@HOST.jsonl            the epochs done, to follow a run
//	plans/NAME-HASH.json              the trials of an experiment, to follow a run
//	studies/HASH.gob                  the measurements of a study on a network
//	logs/                             a file for each run
//	checkpoints/IDENTITY.code         the fingerprint of the sources that computed a checkpoint
//	sources/FINGERPRINT.json          the hashes of the sources in a fingerprint
//	images.json                       fingerprints of the images last opened
//	images.hashes                     hashes of the files of streamed images
//	checks.json                       the program and the networks that the pages of checks come from
//
// Each file is replaced as a whole. Each file, except for the last three, belongs to one trial or one machine. Two processes that train
// the same trial waste time, but write the same bytes.

// A Dir is the path of a state folder.
type Dir string

// abandoned is the age at which a temporary file counts as left by a killed process.
const abandoned = time.Hour

// Record is the path of a trial's record.
func (d Dir) Record(identity string) string {
	return filepath.Join(string(d), "records", identity+".json")
}

// Keep writes the record of a finished trial.
func (d Dir) Keep(r results.Record) error {
	path := d.Record(r.Identity)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return results.WriteRecords(path, []results.Record{r})
}

// Finished returns the record of a finished trial. It reports a damaged record through say and returns false.
func (d Dir) Finished(identity string, say func(format string, args ...any)) (results.Record, bool, error) {
	list, err := results.ReadRecords(d.Record(identity))
	var damage *results.DamageError
	switch {
	case errors.As(err, &damage):
		say("%v; the trial is done again", damage)
		return results.Record{}, false, nil
	case errors.Is(err, fs.ErrNotExist):
		return results.Record{}, false, nil
	case err != nil:
		return results.Record{}, false, err
	case len(list) != 1 || list[0].Identity != identity:
		say("%s: not the record of that trial, which is done again", d.Record(identity))
		return results.Record{}, false, nil
	}
	return list[0], true, nil
}

// AllFinished returns the records of all finished trials by identity.
func (d Dir) AllFinished(say func(format string, args ...any)) (map[string]results.Record, error) {
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

// Tidy removes temporary files that killed processes have left.
func (d Dir) Tidy() {
	for _, path := range []string{d.Record(""), d.Checkpoint(""), d.Study(""), d.LockFile("")} {
		durable.Sweep(filepath.Dir(path), abandoned)
	}
}

// Checkpoint is the path of a trial's checkpoint.
func (d Dir) Checkpoint(identity string) string {
	return filepath.Join(string(d), "checkpoints", identity+".safetensors")
}

// EpochsFile is the file for the epochs of an experiment that run on a host; host may be a pattern.
func (d Dir) EpochsFile(name, host string) string {
	return filepath.Join(string(d), "epochs", name+"@"+hostWord(host)+".jsonl")
}

// LogFile is the log file of a run of this process that began at a time.
func (d Dir) LogFile(name string, began time.Time) string {
	us := ThisProcess()
	file := fmt.Sprintf("%s-%s-%s-%d.log", name, began.UTC().Format("20060102-150405"), hostWord(us.Host), us.Process)
	return filepath.Join(string(d), "logs", file)
}

// hostWord is a host's name as a part of a file name, at most 80 bytes long: a host name may have 255.
func hostWord(host string) string { return host[:min(len(host), 80)] }

// Study is the path of a study's measurements.
func (d Dir) Study(hash string) string { return filepath.Join(string(d), "studies", hash+".gob") }

// KeepFound writes a study's measurements.
func (d Dir) KeepFound(hash string, text []byte) error {
	path := d.Study(hash)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(path, text)
}

// Found reads what KeepFound wrote; nil if there is nothing.
func (d Dir) Found(hash string) []byte {
	text, _ := os.ReadFile(d.Study(hash)) // if it cannot be read, it is measured again
	return text
}

// Numerics is raised by hand when a change alters the bits of results.
const Numerics = "9"

// NumericsVersion is the part of a trial's identity for everything that determines its result except for settings, seed and images:
// Numerics, the arithmetic (kernel.Arithmetic, or that of a device), and whether the run is quick.
func NumericsVersion(arithmetic string, quick bool) string {
	v := Numerics + " " + arithmetic
	if quick {
		v += " quick"
	}
	return v
}
