package terminal

import (
	"cmp"
	"fmt"
	"strings"

	"cenet/results/layout"
	"cenet/results/page"
	"cenet/results/words"
)

// Plan writes a plan for a terminal of the given width.
func Plan(p layout.SeedPlan, width int) (string, error) {
	var b strings.Builder
	write := func(format string, a ...any) { b.WriteString(fold(fmt.Sprintf(format, a...), width)) }
	draw := func(t *page.Table) error {
		for i := range t.Columns {
			t.Columns[i].Keep = true
		}
		drawn, dropped, err := table(t, width)
		b.WriteString(drawn)
		if dropped > 0 {
			write("%s more with --json", words.Count(dropped, "column"))
		}
		return err
	}
	if p.Title != "" {
		write("%s", p.Title)
	}
	spreads := &page.Table{Columns: page.Columns([]string{"Case", "Claim"}, "Pilot seeds", "SD (pp)")}
	for _, s := range p.Comparisons {
		spreads.Rows = append(spreads.Rows, []string{cmp.Or(s.Case, words.Absent), s.Claim, fmt.Sprint(s.Seeds), words.Optional(s.SD, 2)})
	}
	if err := draw(spreads.Prune("SD (pp)")); err != nil {
		return "", err
	}
	write("SD: standard deviation of the differences, paired by seed, in percentage points (pp) of Top-1. Pooled over the comparisons, %.2f "+
		"pp, with %d degrees of freedom and a 95 %% interval of %.2f to %.2f pp (too narrow where comparisons share trials). Few seeds say "+
		"little about one comparison, so the seeds below follow from the pooled SD; a comparison that spreads more needs more.",
		p.SD, p.Freedom, p.SDLow, p.SDHigh)
	plans := &page.Table{Columns: append(page.Columns(nil, "Difference", "Needed", "Seeds", "Trials", "Time", "Left"),
		page.Column{Text: true})}
	within := false
	for _, r := range p.Rows {
		which := ""
		switch {
		case r.Paper:
			which = "paper's smallest"
		case r.Within:
			which, within = "none beyond", true
		}
		plans.Rows = append(plans.Rows, planCells(r, which))
	}
	plans.Rows = append(plans.Rows, planCells(p.FileSeeds, "file's seeds"))
	if err := draw(plans); err != nil {
		return "", err
	}
	length := "less than"
	if p.Least == layout.SlowSeeds {
		length = "at least"
	}
	write("Needed: seeds with which the two-sided paired t test at 95 %% finds a true difference with a power of %.0f %%, without correction "+
		"for the number of tests. Seeds: the needed ones, but at least %d, because a trial takes %s half an hour (%s in the slowest case). Last "+
		"line: the smallest difference that the seeds of the file, or of --seeds, find with that power.",
		100*layout.PlanPower, p.Least, length, words.Seconds(p.Seconds))
	if within {
		write("None beyond: seeds with which the 95 %% interval lies within ± this bound with that power, where there is no true difference.")
	}
	write("Time: for all %s, estimated from %s, on %s. Left: without the finished trials of any seed; in the last line, of the file's seeds. "+
		"They ran on %s.",
		words.Count(p.Cases, "case"), words.Count(p.Finished, "finished trial"), words.Count(p.Workers, "worker"), strings.Join(p.Machines, "; "))
	return b.String(), nil
}

func planCells(r layout.PlanRow, which string) []string {
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
