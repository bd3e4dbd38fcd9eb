// Package source opens the data sets that settings name, each once, and keeps their fingerprints.
package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"cenet/experiments/spec"
	"cenet/nn/dataset"
	"cenet/nn/durable"
)

// An Opener opens every data set once.
type Opener struct {
	fetched string // folder of data sets that were fetched
	state   string // folder in which fingerprints are kept; "": nowhere
	say     func(format string, args ...any)
	Sets    map[spec.Data]*Set
}

// A Set is the images of a data set, with what tells them apart from all others.
type Set struct {
	*dataset.Data
	Hash string
}

// Title names the images for people.
func (v *Set) Title() string {
	if v.Copy == "" {
		return v.Name
	}
	return v.Name + " (" + v.Copy + ")"
}

// NewOpener returns an opener that looks for data sets without a folder in that of the fetched ones, keeps fingerprints in the folder
// of the state, "" for nowhere, and tells by say, where not nil, what takes long and what is passed over.
func NewOpener(fetched, state string, say func(format string, args ...any)) *Opener {
	if say == nil {
		say = func(string, ...any) {}
	}
	return &Opener{fetched, state, say, map[spec.Data]*Set{}}
}

// betweenReports is the time between two lines on images that are being read.
const betweenReports = 5 * time.Second

// Open returns the images that the settings name. The error is an InputError.
func (o *Opener) Open(d spec.Data) (*Set, error) {
	d = d.AsRead()
	if v, ok := o.Sets[d]; ok {
		return v, nil
	}
	source := dataset.Sources[d.Source]
	if d.Dir != "" && !source.NeedsDir {
		return nil, &spec.InputError{Err: fmt.Errorf("data.dir: data.source = %q reads no folder, but %s is given", d.Source, d.Dir)}
	}
	dir := d.Dir
	if dir == "" && source.Archive != nil {
		if dir = o.fetched; dir == "" || missing(filepath.Join(dir, source.Archive.Name)) {
			return nil, &spec.InputError{Err: fmt.Errorf("data.dir: data.source = %q is not in %s: `./reproduce.sh fetch %s` puts it there; or name its folder by --data DIR",
				d.Source, dir, d.Source)}
		}
	}
	if dir == "" && source.NeedsDir {
		return nil, &spec.InputError{Err: fmt.Errorf("data.dir: missing: --data DIR names the folder that data.source = %q reads", d.Source)}
	}
	reported, hashes := time.Now(), ""
	if o.state != "" {
		hashes = filepath.Join(o.state, hashesFile)
	}
	data, err := source.Open(dir, dataset.Options{
		Train: d.Train, Test: d.Test, Size: d.Size, Resize: d.Resize, RandomResizedCrop: d.CropMode == "resized",
		MemoryLimit: int64(d.MemoryLimit) << 20, MaxBroken: d.MaxBroken, Normalise: d.Normalise, Hashes: hashes,
		Progress: func(done, total int) {
			if time.Since(reported) > betweenReports {
				reported = time.Now()
				o.say("%s: %d of %d images read", d.Source, done, total)
			}
		},
	})
	if err != nil {
		return nil, &spec.InputError{Err: fmt.Errorf("data: %w", err)}
	}
	if d.HeldOut > 0 {
		if data, err = data.HoldOut(d.HeldOut); err != nil {
			return nil, &spec.InputError{Err: fmt.Errorf("data.held_out: %w", err)}
		}
	}
	if err := learnable(data); err != nil {
		return nil, &spec.InputError{Err: fmt.Errorf("data: %w", err)}
	}
	if names := classesWithout(data.Test); len(names) > 0 {
		o.say("data: no test image of %d of %d classes (the first: %q): the test accuracy says nothing of them", len(names), len(data.Test.Classes), names[0])
	}
	for _, line := range data.Skipped {
		o.say("passed over: %s", line)
	}
	for _, line := range data.Notes {
		o.say("%s", line)
	}
	v := &Set{data, data.Fingerprint()}
	o.Sets[d] = v
	return v, o.remember(d, v.Hash)
}

// learnable is an error where a network could learn nothing from the training images: they are of one class, or a class has none.
func learnable(d *dataset.Data) error {
	if n := len(d.Train.Classes); n < 2 {
		return fmt.Errorf("all images are of one class, %q: a network learns to tell two classes or more apart; in a folder these are train/CLASS and test/CLASS", d.Train.Classes[0])
	}
	if names := classesWithout(d.Train); len(names) > 0 {
		return fmt.Errorf("no training image of %d of %d classes (the first: %q)", len(names), len(d.Train.Classes), names[0])
	}
	return nil
}

// classesWithout names the classes of which a set has no image.
func classesWithout(s *dataset.Set) (names []string) {
	counts := make([]int, len(s.Classes))
	for _, label := range s.Labels {
		counts[label]++
	}
	for k, n := range counts {
		if n == 0 {
			names = append(names, s.Classes[k])
		}
	}
	return names
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

const (
	// printsFile keeps the fingerprints of the images last opened, by their settings.
	printsFile = "images.json"
	// hashesFile keeps the hashes of the files of images that are streamed.
	hashesFile = "images.hashes"
)

// remember keeps a fingerprint, also for when the folder is not named.
func (o *Opener) remember(d spec.Data, print string) error {
	if o.state == "" {
		return nil
	}
	prints := o.Prints()
	before := prints[d.Key()]
	anywhere := d
	anywhere.Dir = ""
	if before == print && prints[anywhere.Key()] == print {
		return nil
	}
	prints[d.Key()], prints[anywhere.Key()] = print, print
	text, err := json.MarshalIndent(prints, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.state, 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(filepath.Join(o.state, printsFile), text)
}

// Fingerprint returns that of the images as they were when they were last opened, and opens them where they never were.
func (o *Opener) Fingerprint(d spec.Data) (string, error) {
	if print, ok := o.Prints()[d.AsRead().Key()]; ok {
		return print, nil
	}
	v, err := o.Open(d)
	if err != nil {
		return "", err
	}
	return v.Hash, nil
}

// Prints reads the file of fingerprints. One that cannot be read is as none: the images are opened again.
func (o *Opener) Prints() map[string]string {
	prints := map[string]string{}
	text, err := os.ReadFile(filepath.Join(o.state, printsFile))
	if err != nil || json.Unmarshal(text, &prints) != nil {
		return map[string]string{}
	}
	return prints
}

// Register adds the names of data sets to those that files may use.
func Register(n *spec.Names) {
	n.Sources = slices.Sorted(maps.Keys(dataset.Sources))
	n.ReadsDir = func(source string) bool { return dataset.Sources[source].NeedsDir }
	n.NeedsDir = func(source string) bool {
		s := dataset.Sources[source]
		return s.NeedsDir && s.Archive == nil // an archive is looked for where fetch puts it
	}
}
