package report

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/nn/durable"
	"cenet/results"
)

// Begin makes the experiment's folder, and writes there which file it belongs to.
func Begin(s *spec.Spec, out string, quick bool) error {
	home, dir := s.Home(out), s.Folder(out, quick)
	err := os.MkdirAll(dir, 0o777)
	if err == nil && s.Path != "" {
		err = durable.WriteBytes(filepath.Join(home, spec.OriginFile), []byte(s.Path+"\n"))
	}
	if err != nil {
		return mistake.Errorf("the folder of the results: %w", err)
	}
	return nil
}

// Matching returns the records of the trials in the experiment's current file, and all costs. It updates their names and settings,
// which earlier versions may have named differently. If no trial matches, the error names a difference.
func Matching(s *spec.Spec, quick bool, records []results.Record) (matching []results.Record, err error) {
	trials := trialsOf(s, quick)
	axes := append(s.Axes(), results.SeedKey)
	wanted := make(map[string]int, len(trials)) // index of a trial by its values on the axes
	settings := make([]map[string]any, len(trials))
	for i := range trials {
		settings[i] = trials[i].Settings()
		wanted[spec.KeyOf(axes, settings[i])] = i
	}
	trained, differs := 0, ""
	for _, r := range records {
		if r.Kind != results.KindTrial {
			if n := r.Network; n == nil || slices.ContainsFunc(trials, func(t spec.Trial) bool {
				return t.Train.Precision == cmp.Or(n.Precision, spec.UsualPrecision)
			}) {
				matching = append(matching, r)
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
			matching = append(matching, r)
		case differs != "":
		case ok:
			differs = fmt.Sprintf("%s is %v in the records and %v in the file", key, there[key], settings[i][key])
		default:
			differs = fmt.Sprintf("%s is not one of its trials", r.Name)
		}
	}
	if trained > 0 && !slices.ContainsFunc(matching, func(r results.Record) bool { return r.Kind == results.KindTrial }) {
		return nil, mistake.Errorf("the records have other settings than the file: %s; `%s` trains the file's trials", differs, s.Command())
	}
	return matching, nil
}

// OtherImages returns an error if the folder has tables of other images than those of the first trial.
func OtherImages(s *spec.Spec, out string, quick bool, images results.Images) error {
	dir := s.Folder(out, quick)
	records, err := results.ReadRecords(filepath.Join(dir, RecordsFile))
	if quick || err != nil {
		return nil // none, or damaged and about to be replaced
	}
	for _, r := range records {
		there := r.Images
		if there == nil {
			continue
		}
		if there.Name != images.Name || there.Train != images.Train || there.Test != images.Test || there.Classes != images.Classes {
			return mistake.Errorf("%s has the tables of %s (%d and %d images), not of %s (%d and %d): --out DIR keeps them apart",
				dir, there.Name, there.Train, there.Test, images.Name, images.Train, images.Test)
		}
	}
	return nil
}
