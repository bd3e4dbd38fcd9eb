package report

import (
	"cmp"
	"fmt"
	"slices"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/results"
)

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
