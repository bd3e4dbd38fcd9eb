package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"cenet/experiments/spec"
	"cenet/nn/durable"
	"cenet/results"
)

// Begin makes the experiment's folder, and notes there whose it is.
func Begin(s *spec.Spec, out string, quickly bool) error {
	home, dir := s.Home(out), s.Folder(out, quickly)
	err := os.MkdirAll(dir, 0o777)
	if err == nil && s.Path != "" {
		err = durable.WriteBytes(filepath.Join(home, spec.OriginFile), []byte(s.Path+"\n"))
	}
	if err != nil {
		return &spec.InputError{Err: fmt.Errorf("the folder of the results: %w", err)}
	}
	return nil
}

// Own returns those of the records that are of the experiment's trials as its file now has them, under the names and the settings that those
// have now: earlier versions may have called both otherwise. The error names the difference if no record is left.
func Own(s *spec.Spec, quickly bool, records []results.Record) (own []results.Record, err error) {
	trials := trialsOf(s, quickly)
	axes := append(s.Axes(), results.SeedKey)
	wanted := make(map[string]int, len(trials)) // where a trial is in the list, by its values on the axes
	settings := make([]map[string]any, len(trials))
	for i := range trials {
		settings[i] = trials[i].Settings()
		wanted[spec.KeyOf(axes, settings[i])] = i
	}
	trained, differs := 0, ""
	for _, r := range records {
		if r.Kind != results.KindTrial {
			if n := r.Network; n == nil || slices.ContainsFunc(trials, func(t spec.Trial) bool { return t.Train.Precision == cmp.Or(n.Precision, spec.UsualPrecision) }) {
				own = append(own, r)
			}
			continue
		}
		trained++
		there := spec.Renewed(r.Settings)
		i, ok := wanted[spec.KeyOf(axes, there)]
		key := ""
		if ok {
			key = spec.Differs(settings[i], there)
		}
		switch {
		case ok && key == "":
			r.Name, r.Settings = trials[i].String(), settings[i]
			own = append(own, r)
		case differs != "":
		case ok:
			differs = fmt.Sprintf("%s is %v there, and %v in the file", key, there[key], settings[i][key])
		default:
			differs = fmt.Sprintf("%s is none of its trials", r.Name)
		}
	}
	if trained > 0 && !slices.ContainsFunc(own, func(r results.Record) bool { return r.Kind == results.KindTrial }) {
		return nil, &spec.InputError{Err: fmt.Errorf("the records there are of other settings than the file's: %s; `%s` trains those of the file", differs, s.Command())}
	}
	return own, nil
}

// OtherImages refuses to put tables in the place of those of other images. images are those of the first trial.
func OtherImages(s *spec.Spec, out string, quickly bool, images results.Images) error {
	dir := s.Folder(out, quickly)
	records, err := results.ReadRecords(filepath.Join(dir, RecordsFile))
	if quickly || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return nil // damaged, and about to be written anew
	}
	for _, r := range records {
		if there := r.Images; there != nil && (there.Name != images.Name || there.Train != images.Train || there.Test != images.Test || there.Classes != images.Classes) {
			return &spec.InputError{Err: fmt.Errorf("%s has the tables of %s (%d and %d images), not of %s (%d and %d): --out DIR keeps them apart",
				dir, there.Name, there.Train, there.Test, images.Name, images.Train, images.Test)}
		}
	}
	return nil
}
