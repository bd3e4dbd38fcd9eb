package layout

import (
	"errors"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"cenet/results"
	"cenet/results/stats"
)

// Rules of every plan, fixed before any pilot.
const (
	PlanPower  = 0.8  // probability of finding a true difference
	quickTrial = 1800 // seconds: a shorter trial gets more seeds
	quickSeeds = 5    // at least, of short trials
	SlowSeeds  = 3    // at least, of long trials
	maxSeeds   = 1 << 24
)

// plannedDifferences are those that every plan shows, in percentage points of Top-1.
var plannedDifferences = []float64{0.5, 1, 1.5, 2}

var (
	// ErrNoComparison: an experiment compares nothing.
	ErrNoComparison = errors.New("no two of its cases are compared: none differ in the block alone, or in what [compare] names")
	// ErrNoPilot: the records do not say how far differences spread.
	ErrNoPilot = errors.New("no comparison has two finished seeds in common")
	// ErrNoSpread: the records have no spread to plan with.
	ErrNoSpread = errors.New("the differences do not spread: they are the same for every seed, or all networks are at chance")
)

// A SeedPlan says, from the finished trials of an experiment, how many seeds decide which difference, and how long they take.
type SeedPlan struct {
	Title       string   `json:"title"`
	Comparisons []Spread `json:"comparisons"`
	// SD is the root of the mean variance of the paired differences, weighted by degrees of freedom, in pp; SDLow and SDHigh bound its 95 %
	// confidence interval.
	SD      float64 `json:"sd"`
	SDLow   float64 `json:"sd_low"`
	SDHigh  float64 `json:"sd_high"`
	Freedom int     `json:"degrees_of_freedom"`

	Cases     int       `json:"cases"`
	Finished  int       `json:"finished"`       // trials
	Seconds   float64   `json:"trial_seconds"`  // of a trial of the case that takes longest
	Workers   int       `json:"workers"`        // that the times are for
	Least     int       `json:"least_seeds"`    // for so long a trial
	Rows      []PlanRow `json:"differences"`    // ascending, then bounds of equivalences
	FileSeeds PlanRow   `json:"seeds_of_file"`  // what the seeds of the file find
	Machines  []string  `json:"pilot_machines"` // that the finished trials ran on
}

// A Spread is what a pilot says of one comparison.
type Spread struct {
	Case  string   `json:"case,omitempty"`
	Claim string   `json:"claim"`
	Seeds int      `json:"seeds"`        // that both have
	SD    *float64 `json:"sd,omitempty"` // of the paired differences, pp; nil of fewer than two
}

// A PlanRow is what it takes to decide a difference.
type PlanRow struct {
	Difference *float64 `json:"difference,omitempty"` // pp; nil where it is without bound
	Paper      bool     `json:"paper,omitempty"`      // the smallest of the paper's own
	Within     bool     `json:"within,omitempty"`     // the bound of an equivalence: what it takes to show it where there is no difference
	Needed     int      `json:"needed,omitempty"`     // seeds for the power of PlanPower
	Seeds      int      `json:"seeds"`                // Needed, or the least number for so long a trial
	Trials     int      `json:"trials"`
	Time       float64  `json:"seconds"`      // of all trials
	Left       float64  `json:"seconds_left"` // of those that are not finished
}

// PlanSeeds makes the plan. The records are those of the finished trials, whatever their seeds; the layout's planned trials are those of
// the file. The times are for the given number of workers. The error is ErrNoComparison or ErrNoPilot where the records do not say enough.
func PlanSeeds(l Layout, records []results.Record, workers int) (SeedPlan, error) {
	v, err := newView(l, records)
	if err != nil {
		return SeedPlan{}, err
	}
	p := SeedPlan{Title: l.Title, Workers: max(1, workers)}
	tests := v.judged()
	if len(tests) == 0 {
		return p, ErrNoComparison
	}
	if err := p.pool(tests); err != nil {
		return p, err
	}
	times := v.planTimes(p.Workers)
	p.Cases, p.Finished, p.Seconds = len(times.cases), times.finished, times.longest
	p.Machines = machines("", times.provenance)
	p.Least = SlowSeeds
	if p.Seconds < quickTrial {
		p.Least = quickSeeds
	}
	differences := slices.Clone(plannedDifferences)
	paper, hasPaper := smallestOfPaper(tests)
	if hasPaper && !slices.Contains(differences, paper) {
		differences = append(differences, paper)
		slices.Sort(differences)
	}
	add := func(row PlanRow) {
		n := max(row.Needed, p.Least)
		times.fill(&row, n, func(c caseTime) int { return n - c.finished })
		p.Rows = append(p.Rows, row)
	}
	for _, d := range differences {
		add(PlanRow{Difference: &d, Paper: hasPaper && d == paper, Needed: stats.SeedsFor(d, p.SD, PlanPower, maxSeeds)})
	}
	for _, d := range bounds(tests) {
		add(PlanRow{Difference: &d, Within: true, Needed: stats.SeedsForEquivalence(d, p.SD, PlanPower, maxSeeds)})
	}
	n := v.plannedSeeds()
	times.fill(&p.FileSeeds, n, func(c caseTime) int { return c.missing })
	if d := stats.SmallestFound(n, p.SD, PlanPower); stats.Finite(d) {
		p.FileSeeds.Difference = &d
	}
	return p, nil
}

// pool sets what the tests say of the spread of differences.
func (p *SeedPlan) pool(tests []*test) error {
	var squares float64
	pilot := false // two seeds of some comparison
	for _, t := range tests {
		s := Spread{Case: t.where, Claim: t.statement()}
		if t.failed == nil {
			d := t.verdict.Difference
			s.Seeds = d.N
			if d.N >= 2 {
				pilot = true
				s.SD = &d.SD
			}
			if d.Spreads() && !t.atChance { // a network at chance spreads as guesses do
				squares += float64(float64(d.N-1) * d.SD * d.SD)
				p.Freedom += d.N - 1
			}
		}
		p.Comparisons = append(p.Comparisons, s)
	}
	switch {
	case !pilot:
		return ErrNoPilot
	case p.Freedom == 0:
		return ErrNoSpread
	}
	nu := float64(p.Freedom)
	p.SD = math.Sqrt(squares / nu)
	chi := distuv.ChiSquared{K: nu}
	p.SDLow = math.Sqrt(squares / chi.Quantile(1-(1-stats.Confidence)/2))
	p.SDHigh = math.Sqrt(squares / chi.Quantile((1-stats.Confidence)/2))
	return nil
}

// smallestOfPaper is the smallest difference that the paper has of the comparisons, in pp, to the digits that it prints; false where it has
// none.
func smallestOfPaper(tests []*test) (float64, bool) {
	least := math.Inf(1)
	for _, t := range tests {
		if t.paper != nil {
			if d := math.Round(100*math.Abs(*t.paper)) / 100; d > 0 {
				least = min(least, d)
			}
		}
	}
	return least, stats.Finite(least)
}

// bounds are those within which tests claim that two are equally accurate.
func bounds(tests []*test) (list []float64) {
	for _, t := range tests {
		if t.Within > 0 && !slices.Contains(list, t.Within) {
			list = append(list, t.Within)
		}
	}
	return list
}

// plannedSeeds is the number of seeds of the file.
func (v *view) plannedSeeds() int {
	seeds := map[string]bool{}
	for _, t := range v.Planned {
		seeds[settingText(t, results.SeedKey)] = true
	}
	return len(seeds)
}

// planTimes is how long trials take.
type planTimes struct {
	cases      []caseTime
	finished   int     // trials
	longest    float64 // seconds of a trial of the case that takes longest
	workers    float64
	provenance []results.Provenance
}

// A caseTime is that of a case.
type caseTime struct {
	work     float64 // seconds of a trial, times the workers that it had
	finished int     // trials, whatever their seeds
	missing  int     // of the file's seeds
}

// planTimes takes the mean times of the finished trials of each case. A case without any gets the mean of the others.
func (v *view) planTimes(workers int) *planTimes {
	p := &planTimes{workers: float64(workers)}
	var known []float64
	var unknown []int
	for _, c := range v.cases {
		if c.planned() == 0 {
			continue // the paper's alone
		}
		one := caseTime{finished: len(c.trials) + len(c.failed), missing: len(c.missing)}
		var wall, work []float64
		for _, s := range c.seeds() {
			r := c.trials[s].Provenance
			p.provenance = append(p.provenance, r)
			if !stats.Finite(r.Seconds) || r.Seconds <= 0 {
				continue
			}
			had := max(1, r.Workers)
			if r.Device != "" { // which a trial has to itself
				had = workers
			}
			wall, work = append(wall, r.Seconds), append(work, r.Seconds*float64(had))
		}
		if mean, err := stats.Mean(work); err == nil {
			one.work = mean.Mean
			known = append(known, one.work)
		} else {
			unknown = append(unknown, len(p.cases))
		}
		if mean, err := stats.Mean(wall); err == nil {
			p.longest = max(p.longest, mean.Mean)
		}
		p.finished += one.finished
		p.cases = append(p.cases, one)
	}
	if mean, err := stats.Mean(known); err == nil {
		for _, i := range unknown {
			p.cases[i].work = mean.Mean
		}
	}
	return p
}

// fill sets the trials and the time of a number of seeds; left is the number of trials of a case that are still to be trained. The trials
// share the workers, but no number of workers makes the longest trial shorter.
func (p *planTimes) fill(row *PlanRow, seeds int, left func(caseTime) int) {
	row.Seeds, row.Trials = seeds, seeds*len(p.cases)
	for _, c := range p.cases {
		row.Time += float64(seeds) * c.work / p.workers
		row.Left += float64(max(0, left(c))) * c.work / p.workers
	}
	for _, t := range []*float64{&row.Time, &row.Left} {
		if *t > 0 {
			*t = max(*t, p.longest)
		}
	}
}
