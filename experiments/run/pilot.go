package run

import (
	"slices"

	"cenet/experiments/mistake"
	"cenet/experiments/spec"
	"cenet/results"
)

// Pilot returns the records of every finished trial of the experiment's cases, whatever its seed is, in the order of the cases. It takes
// the images to be as Status does.
func Pilot(s *spec.Spec, o Options) ([]results.Record, error) {
	if s.Checks != "" {
		return nil, mistake.Errorf("%s is a check: it compares no seeds", s.Name)
	}
	silent := func(string, ...any) {}
	trials, err := CheckedTrials(s, o, silent)
	if err != nil {
		return nil, err
	}
	done, err := o.Known(silent)
	if err != nil {
		return nil, err
	}
	var list []spec.Trial
	seeds := seedsOf(done)
	for _, t := range spec.Quick(trials) { // one seed of every case
		for _, t.Seed = range seeds {
			list = append(list, t)
		}
	}
	all, err := identities(list, o, o.Opener(nil).Fingerprint)
	if err != nil {
		return nil, err
	}
	var records []results.Record
	for i, t := range list {
		if r, ok := done[all[i]]; ok {
			r.Name, r.Settings = t.String(), t.Settings()
			records = append(records, r)
		}
	}
	return records, nil
}

// seedsOf lists the seeds that some record has.
func seedsOf(records map[string]results.Record) []int {
	var seeds []int
	for _, r := range records {
		if seed, ok := r.Settings[results.SeedKey].(int64); ok { // as JSON gives it
			seeds = append(seeds, int(seed))
		}
	}
	slices.Sort(seeds)
	return slices.Compact(seeds)
}
