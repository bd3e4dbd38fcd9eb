// Package source opens the data sets that settings name, each once, and stores their fingerprints.
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

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/nn/dataset"
	"cenet/nn/durable"
)

// An Opener opens data sets, each once.
type Opener struct {
	fetched string // folder of fetched data sets
	state   string // folder for fingerprints; "": do not store them
	say     func(format string, args ...any)
	Sets    map[spec.Data]*Set
}

// A Set is the images of a data set, with a hash of them.
type Set struct {
	*dataset.Data
	Hash string
}

// Title is the name of the images in tables and messages.
func (v *Set) Title() string {
	if v.Copy == "" {
		return v.Name
	}
	return v.Name + " (" + v.Copy + ")"
}

// NewOpener returns an opener. It looks for data sets in the folder fetched if the settings name no folder. It stores fingerprints in
// the folder state unless that is "". It reports progress and skipped files through say, which may be nil.
func NewOpener(fetched, state string, say func(format string, args ...any)) *Opener {
	if say == nil {
		say = func(string, ...any) {}
	}
	return &Opener{fetched, state, say, map[spec.Data]*Set{}}
}

// betweenReports is the time between two progress lines.
const betweenReports = 5 * time.Second

// Open returns the images that the settings name. The error is a mistake.Error.
func (o *Opener) Open(d spec.Data) (*Set, error) {
	d = d.AsRead()
	if v, ok := o.Sets[d]; ok {
		return v, nil
	}
	source := dataset.Sources[d.Source]
	if d.Dir != "" && !source.NeedsDir {
		return nil, mistake.Errorf("data.dir: data.source = %q reads no folder, but %s is given", d.Source, d.Dir)
	}
	dir := d.Dir
	if dir == "" && source.Archive != nil {
		if dir = o.fetched; dir == "" || missing(filepath.Join(dir, source.Archive.Name)) {
			return nil, mistake.Errorf("data.dir: data.source = %q is not in %s: `./reproduce.sh fetch %s` downloads it; or "+
				"name its folder with --data DIR",
				d.Source, dir, d.Source)
		}
	}
	if dir == "" && source.NeedsDir {
		return nil, mistake.Errorf("data.dir: missing: --data DIR names the folder that data.source = %q reads", d.Source)
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
		return nil, mistake.Errorf("data: %w", err)
	}
	if d.HeldOut > 0 {
		if data, err = data.HoldOut(d.HeldOut); err != nil {
			return nil, mistake.Errorf("data.held_out: %w", err)
		}
	}
	if err := learnable(data); err != nil {
		return nil, mistake.Errorf("data: %w", err)
	}
	if names := classesWithout(data.Test); len(names) > 0 {
		o.say("data: no test image of %d of %d classes (the first: %q): the test accuracy does not cover them",
			len(names), len(data.Test.Classes), names[0])
	}
	for _, line := range data.Skipped {
		o.say("skipped: %s", line)
	}
	for _, line := range data.Notes {
		o.say("%s", line)
	}
	v := &Set{data, data.Fingerprint()}
	o.Sets[d] = v
	return v, o.remember(d, v.Hash)
}

// learnable returns an error if a network cannot learn from the training images: there is only one class, or a class has no image.
func learnable(d *dataset.Data) error {
	if n := len(d.Train.Classes); n < 2 {
		return fmt.Errorf("all images are of one class, %q: expected two classes or more; in a folder these are train/CLASS and test/CLASS",
			d.Train.Classes[0])
	}
	if names := classesWithout(d.Train); len(names) > 0 {
		return fmt.Errorf("no training image of %d of %d classes (the first: %q)", len(names), len(d.Train.Classes), names[0])
	}
	return nil
}

// classesWithout returns the classes without an image.
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
	// printsFile holds the fingerprints of the images last opened, by their settings.
	printsFile = "images.json"
	// hashesFile holds the hashes of the files of streamed images.
	hashesFile = "images.hashes"
)

// remember stores a fingerprint under the settings, and under the settings without the folder.
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

// Fingerprint returns the stored fingerprint of the images. It opens them if they were never opened.
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

// Prints reads the stored fingerprints. If the file cannot be read, it returns none, and the images are opened again.
func (o *Opener) Prints() map[string]string {
	prints := map[string]string{}
	text, err := os.ReadFile(filepath.Join(o.state, printsFile))
	if err != nil || json.Unmarshal(text, &prints) != nil {
		return map[string]string{}
	}
	return prints
}

// Register adds the data sets to the names that files may use.
func Register(n *spec.Names) {
	n.Choose("data.source", slices.Sorted(maps.Keys(dataset.Sources))...)
	n.Choose("data.normalise", dataset.ByTrain, dataset.ByImageNet)
	n.Need("data.dir", "a data.source that reads a folder", func(s *spec.Setup) bool { return dataset.Sources[s.Data.Source].NeedsDir })
	n.NeedsDir = func(source string) bool {
		s := dataset.Sources[source]
		return s.NeedsDir && s.Archive == nil // fetch puts an archive where it is found
	}
}
