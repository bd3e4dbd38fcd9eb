package experiments

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cenet/nn/dataset"
	"cenet/nn/durable"
)

// An opener opens every data set once.
type opener struct {
	fetched string // folder of data sets that were fetched
	state   string // folder in which fingerprints are kept; "": nowhere
	say     func(format string, args ...any)
	sets    map[Data]*opened
}

type opened struct {
	*dataset.Data
	print string
}

// title names the images for people.
func (v *opened) title() string {
	if v.Copy == "" {
		return v.Name
	}
	return v.Name + " (" + v.Copy + ")"
}

// opener tells by say, where not nil, what takes long and what is passed over.
func (o Options) opener(say func(format string, args ...any)) *opener {
	if say == nil {
		say = func(string, ...any) {}
	}
	return &opener{o.Data, o.State, say, map[Data]*opened{}}
}

// betweenTold is the time between two lines on images that are being read.
const betweenTold = 5 * time.Second

// open returns the images that the settings name. The error is an InputError.
func (o *opener) open(d Data) (*opened, error) {
	d = d.opened()
	if v, ok := o.sets[d]; ok {
		return v, nil
	}
	source := dataset.Sources[d.Source]
	if d.Dir != "" && !source.NeedsDir {
		return nil, &InputError{fmt.Errorf("data.dir: data.source = %q reads no folder, but %s is given", d.Source, d.Dir)}
	}
	dir := d.Dir
	if dir == "" && source.Archive != nil {
		if dir = o.fetched; dir == "" || missing(filepath.Join(dir, source.Archive.Name)) {
			return nil, &InputError{fmt.Errorf("data.dir: data.source = %q is not in %s: `./reproduce.sh fetch %s` puts it there; or name its folder by --data DIR",
				d.Source, dir, d.Source)}
		}
	}
	if dir == "" && source.NeedsDir {
		return nil, &InputError{fmt.Errorf("data.dir: missing: --data DIR names the folder that data.source = %q reads", d.Source)}
	}
	told := time.Now()
	data, err := source.Open(dir, dataset.Options{
		Train: d.Train, Test: d.Test, Size: d.Size, Resize: d.Resize, RandomResizedCrop: d.CropMode == "resized",
		MemoryLimit: int64(d.MemoryLimit) << 20, MaxBroken: d.MaxBroken, Normalise: d.Normalise,
		Progress: func(done, total int) {
			if time.Since(told) > betweenTold {
				told = time.Now()
				o.say("%s: %d of %d images read", d.Source, done, total)
			}
		},
	})
	if err != nil {
		return nil, &InputError{fmt.Errorf("data: %w", err)}
	}
	if d.HeldOut > 0 {
		if data, err = data.HoldOut(d.HeldOut); err != nil {
			return nil, &InputError{fmt.Errorf("data.held_out: %w", err)}
		}
	}
	for _, line := range data.Skipped {
		o.say("passed over: %s", line)
	}
	v := &opened{data, data.Fingerprint()}
	o.sets[d] = v
	return v, o.remember(d, v.print)
}

// opened is d without what is done to the images once they are open.
func (d Data) opened() Data {
	d.Pad, d.Crop, d.Flip = 0, 0, false
	return d
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// printsFile keeps the fingerprints of the images last opened, by their settings.
const printsFile = "images.json"

// remember keeps a fingerprint, also for when the folder is not named.
func (o *opener) remember(d Data, print string) error {
	if o.state == "" {
		return nil
	}
	prints := o.prints()
	before := prints[d.text()]
	anywhere := d
	anywhere.Dir = ""
	if before == print && prints[anywhere.text()] == print {
		return nil
	}
	prints[d.text()], prints[anywhere.text()] = print, print
	text, err := json.MarshalIndent(prints, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.state, 0o755); err != nil {
		return err
	}
	return durable.WriteBytes(filepath.Join(o.state, printsFile), text)
}

// fingerprint returns that of the images as they were when they were last opened, and opens them where they never were.
func (o *opener) fingerprint(d Data) (string, error) {
	if print, ok := o.prints()[d.opened().text()]; ok {
		return print, nil
	}
	v, err := o.open(d)
	if err != nil {
		return "", err
	}
	return v.print, nil
}

// prints reads the file of fingerprints. One that cannot be read is as none: the images are opened again.
func (o *opener) prints() map[string]string {
	prints := map[string]string{}
	text, err := os.ReadFile(filepath.Join(o.state, printsFile))
	if err != nil || json.Unmarshal(text, &prints) != nil {
		return map[string]string{}
	}
	return prints
}

func (d Data) text() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic("experiments: settings that are no JSON")
	}
	return string(text)
}
