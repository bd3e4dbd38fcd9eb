package study

import (
	"strconv"

	"cenet/experiments/trained"
	"cenet/results/page"
)

// seeds holds what a study measures on each network, from which its means and tests follow.
type seeds struct{ page.Table }

func newSeeds() *seeds {
	return &seeds{page.Table{Name: "seeds", Columns: page.Columns([]string{"network", "seed", "measure"}, "value")}}
}

// add adds a measurement of one network.
func (s *seeds) add(v *trained.Subject, measure string, value float64) {
	s.Rows = append(s.Rows, []string{v.CaseName(), strconv.Itoa(v.Seed), measure, strconv.FormatFloat(value, 'g', -1, 64)})
}

// in hands the measurements to the last section of a page.
func (s *seeds) in(sections []page.Section) []page.Section {
	if len(sections) > 0 && len(s.Rows) > 0 {
		sections[len(sections)-1].Seeds = &s.Table
	}
	return sections
}
