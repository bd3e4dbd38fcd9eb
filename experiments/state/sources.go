package state

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cenet/nn/durable"
)

// KeepSources writes the hashes of sources by path, so that a later version can name the changed ones.
func (d Dir) KeepSources(fingerprint string, hashes map[string]string) error {
	path := filepath.Join(string(d), "sources", fingerprint+".json")
	if _, err := os.Stat(path); err == nil || fingerprint == "" {
		return nil
	}
	text, err := json.MarshalIndent(hashes, "", " ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o777)
	}
	if err != nil {
		return err
	}
	return durable.WriteBytes(path, append(text, '\n'))
}

// Sources reads what KeepSources wrote; nil if there is nothing.
func (d Dir) Sources(fingerprint string) map[string]string {
	var hashes map[string]string
	text, err := os.ReadFile(filepath.Join(string(d), "sources", filepath.Base(fingerprint)+".json"))
	if err != nil || json.Unmarshal(text, &hashes) != nil {
		return nil
	}
	return hashes
}

// codeFile is the path of the fingerprint of a checkpoint's sources.
func (d Dir) codeFile(identity string) string {
	return strings.TrimSuffix(d.Checkpoint(identity), filepath.Ext(d.Checkpoint(identity))) + ".code"
}

// KeepCode writes the fingerprint of the sources that compute a checkpoint.
func (d Dir) KeepCode(identity, fingerprint string) error {
	path := d.codeFile(identity)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(path, []byte(fingerprint+"\n"))
}

// CodeOf returns the fingerprint of the sources that computed a trial's checkpoint, "" if unknown. exists reports whether there is a
// checkpoint.
func (d Dir) CodeOf(identity string) (fingerprint string, exists bool) {
	if _, err := os.Stat(d.Checkpoint(identity)); err != nil {
		return "", false
	}
	text, _ := os.ReadFile(d.codeFile(identity))
	return strings.TrimSpace(string(text)), true
}

// Forget removes the record and the checkpoint of a trial.
func (d Dir) Forget(identity string) error {
	var errs []error
	for _, path := range []string{d.Record(identity), d.Checkpoint(identity), d.codeFile(identity)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
