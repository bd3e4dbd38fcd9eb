package run

import (
	"path/filepath"

	"cenet/experiments/mistake"
	"cenet/results"
)

// Adopt is the flag that takes over records of another machine.
const Adopt = "--adopt"

// adopt takes missing trials from the records in the folder of results, and keeps them in the state. Without the option these records
// finish no trial, so that a fresh clone really trains. A trial that failed there is not adopted. Networks do not come with their records.
func (p *Plan) adopt(say func(format string, args ...any)) error {
	s, o := p.spec, p.Options
	path := filepath.Join(s.Folder(o.Out, o.Quick), results.RecordsFile)
	records, err := results.ReadRecords(path)
	if err != nil {
		return mistake.Errorf("%s: %w", Adopt, err)
	}
	there := map[string]results.Record{}
	for _, r := range records {
		if r.Kind == results.KindTrial && r.Result.Failure == "" {
			there[r.Identity] = r
		}
	}
	adopted := 0
	for _, t := range p.Tasks {
		r, found := there[t.ID]
		if _, done := p.done[t.ID]; done || !found {
			continue
		}
		if err := o.dir().Keep(r); err != nil {
			return err
		}
		p.done[t.ID] = r
		adopted++
	}
	say("%s: %d of %d trials adopted from %s", s.Name, adopted, len(p.Tasks), path)
	return nil
}
