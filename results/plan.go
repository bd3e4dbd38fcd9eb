package results

import (
	"cenet/results/stats"
	"cenet/results/words"
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat/distuv"
)

// What a plan is made by, fixed before any pilot.
const (
	PlanPower   = 0.8  // with which a difference is to be found
	quickTrial  = 1800 // seconds: a trial that takes less is worth more seeds
	quickSeeds  = 5    // at least, of trials that take less
	slowSeeds   = 3    // at least, of others
	mostPlanned = 1 << 24
)

// planned are the differences that a plan looks at, in percentage points of Top-1.
var planned = []float64{0.5, 1, 1.5, 2}

var (
	// ErrNoComparison tells that an experiment compares nothing.
	ErrNoComparison = errors.New("no two of its cases are compared: none differ in the block alone, or in what [compare] names")
	// ErrNoPilot tells that the records do not say how far differences spread.
	ErrNoPilot = errors.New("no comparison has two finished seeds in common")
	// ErrNoSpread tells that the records have no spread to plan with.
	ErrNoSpread = errors.New("the differences do not spread: they are the same for every seed, or all networks are at chance")
)

// A SeedPlan says, from the finished trials of an experiment, how many seeds decide which difference, and how long they take.
type SeedPlan struct {
	Title       string   `json:"title"`
	Comparisons []Spread `json:"comparisons"`
	// SD is the root of the mean variance of the paired differences, weighted by degrees of freedom, in pp; SDLow and SDHigh bound its 95 % confidence interval.
	SD      float64 `json:"sd"`
	SDLow   float64 `json:"sd_low"`
	SDHigh  float64 `json:"sd_high"`
	Freedom int     `json:"degrees_of_freedom"`

	Cases     int       `json:"cases"`
	Finished  int       `json:"finished"`       // trials
	Seconds   float64   `json:"trial_seconds"`  // of a trial of the case that takes longest
	Workers   int       `json:"workers"`        // that the times are for
	Least     int       `json:"least_seeds"`    // for so long a trial
	Rows      []PlanRow `json:"differences"`    // ascending
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
	Needed     int      `json:"needed,omitempty"`     // seeds for the power of PlanPower
	Seeds      int      `json:"seeds"`                // Needed, or the least number for so long a trial
	Trials     int      `json:"trials"`
	Time       float64  `json:"seconds"`      // of all trials
	Left       float64  `json:"seconds_left"` // of those that are not finished
}

// PlanSeeds makes the plan. The records are those of the finished trials, whatever their seeds; the layout's planned trials are those of the file. The times are
// those on so many workers. The error is ErrNoComparison or ErrNoPilot where the records do not say enough.
func PlanSeeds(l Layout, records []Record, workers int) (SeedPlan, error) {
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
	p.Least = slowSeeds
	if p.Seconds < quickTrial {
		p.Least = quickSeeds
	}
	differences := slices.Clone(planned)
	paper, hasPaper := smallestOfPaper(tests)
	if hasPaper && !slices.Contains(differences, paper) {
		differences = append(differences, paper)
		slices.Sort(differences)
	}
	for _, d := range differences {
		row := PlanRow{Difference: &d, Paper: hasPaper && d == paper, Needed: stats.SeedsFor(d, p.SD, PlanPower, mostPlanned)}
		n := max(row.Needed, p.Least)
		times.fill(&row, n, func(c caseTime) int { return n - c.finished })
		p.Rows = append(p.Rows, row)
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
		s := Spread{Case: t.where, Claim: t.block + " > " + t.against}
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

// smallestOfPaper is the smallest difference that the paper has of the comparisons, in pp, to the digits that it prints; false where it has none.
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

// plannedSeeds is the number of seeds of the file.
func (v *view) plannedSeeds() int {
	seeds := map[string]bool{}
	for _, t := range v.Planned {
		seeds[settingText(t, SeedKey)] = true
	}
	return len(seeds)
}

// planTimes is how long trials take.
type planTimes struct {
	cases      []caseTime
	finished   int     // trials
	longest    float64 // seconds of a trial of the case that takes longest
	workers    float64
	provenance []Provenance
}

// A caseTime is that of a case.
type caseTime struct {
	work     float64 // seconds of a trial, times the workers that it had
	finished int     // trials, whatever their seeds
	missing  int     // of the file's seeds
}

// planTimes takes the means of the trials that ended well; a case that has none is taken to be as the others are in the mean.
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

// fill sets what a number of seeds takes, of which left are still to be trained of a case. The trials share the workers: of those that had one each, as many run at once as there are workers. No number of
// workers is taken to make the longest trial shorter.
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

// Text is the plan for a terminal of so many characters, 0 for any number.
func (p SeedPlan) Text(width int) (string, error) {
	var b strings.Builder
	write := func(format string, a ...any) { b.WriteString(folded(fmt.Sprintf(format, a...), width)) }
	table := func(columns []column, rows [][]string) error {
		var heads []string
		for _, c := range columns {
			heads = append(heads, c.head)
		}
		text, dropped, err := tableWithin(columns, rows, width, heads...)
		b.WriteString(text)
		if dropped > 0 {
			write("%s more with --json", words.Count(dropped, "column"))
		}
		return err
	}
	if p.Title != "" {
		write("%s", p.Title)
	}
	var rows [][]string
	for _, s := range p.Comparisons {
		rows = append(rows, []string{cmp.Or(s.Case, words.Absent), s.Claim, fmt.Sprint(s.Seeds), words.Optional(s.SD, 2)})
	}
	if err := table(prune([]column{{"Case", true}, {"Claim", true}, {"Pilot seeds", false}, {"SD (pp)", false}}, rows, "SD (pp)")); err != nil {
		return "", err
	}
	write("SD: standard deviation of the differences paired by seed, in percentage points (pp) of Top-1. Pooled over the comparisons, %.2f pp: the root of the mean variance, "+
		"weighted by degrees of freedom, of which there are %d. Few seeds say little of one comparison, so the numbers of seeds follow from the pooled one; a comparison that really spreads "+
		"more takes more. Its 95 %% interval, %.2f to %.2f pp, takes the comparisons to be independent; those that share trials are not.",
		p.SD, p.Freedom, p.SDLow, p.SDHigh)
	rows = nil
	for _, r := range p.Rows {
		which := ""
		if r.Paper {
			which = "paper's least"
		}
		rows = append(rows, r.cells(which))
	}
	rows = append(rows, p.FileSeeds.cells("file's seeds"))
	if err := table([]column{
		{"Difference", false}, {"Needed", false}, {"Seeds", false}, {"Trials", false}, {"Time", false}, {"Left", false}, {"", true},
	}, rows); err != nil {
		return "", err
	}
	length := "less than"
	if p.Least == slowSeeds {
		length = "at least"
	}
	write("Needed: seeds with which the two-sided paired t test at 95 %% finds a true difference with a power of %.0f %%, without correction for the number of tests. Seeds: as needed, and at "+
		"least %d, since a trial takes %s half an hour (%s in the slowest case). The last line is the smallest difference that the seeds of the file, or of --seeds, find with that power.",
		100*PlanPower, p.Least, length, words.Seconds(p.Seconds))
	write("Time: of all %s, by the time that %s took, on %s; left: without the finished ones, which count whatever their seeds are but in the last line. They ran on %s.",
		words.Count(p.Cases, "case"), words.Count(p.Finished, "finished trial"), words.Count(p.Workers, "worker"), strings.Join(p.Machines, "; "))
	return b.String(), nil
}

// cells are the row's in the table.
func (r PlanRow) cells(which string) []string {
	difference, needed, left := words.Absent, words.Absent, "nothing"
	if r.Difference != nil {
		difference = fmt.Sprintf("%.2f pp", *r.Difference)
	}
	if r.Needed > 0 {
		needed = words.Digits(r.Needed)
	}
	if r.Left > 0 {
		left = words.Seconds(r.Left)
	}
	return []string{difference, needed, words.Digits(r.Seeds), words.Digits(r.Trials), words.Seconds(r.Time), left, which}
}
