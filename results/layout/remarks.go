package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

const (
	intervalNote = "Accuracies are those of the last epoch on the test images, as mean ± half the width of the 95 % confidence " +
		"interval (Student's t) over seeds; of two seeds, the mean and both values. “–” is what is not known, and one seed has no interval."
	testsNote = "Difference: mean over the seeds that both have, in percentage points (pp) of Top-1, ± half the width of its paired 95 % " +
		"confidence interval (Student's t). Reproduced: the interval lies above 0. Contradicted: it lies below 0. Smaller than the paper's: it " +
		"holds 0 and ends below half the paper's difference. Otherwise undecided, with the number of seeds that would decide it were mean and " +
		"spread to stay as observed; if they are the true ones, that many seeds decide about every second time. Larger than the paper's: the " +
		"interval lies above the paper's difference. p: of the test of no difference, after Holm's correction over the comparisons of this " +
		"table but for controls."
	controlNote = "Control: a block that everybody finds better than none must be so here. Where its interval does not lie above 0, or lies " +
		"above twice the paper's difference, the control has failed: a comparison with that block then measures the block, and is not counted."
	withinNote = "“Within” claims that two are equally accurate, up to the bound. It holds where the whole interval lies within ± the " +
		"bound, that is, where two one-sided t tests (TOST) at 2.5 % reject a difference beyond it in both directions. It is contradicted " +
		"where the whole interval lies beyond the bound, and else undecided, whether or not the mean is within. p: of the two tests, " +
		"doubled, or of the difference beyond the bound. References: Schuirmann (1987), Lakens (2017)."
	residualsNote = "Residual: ours − paper. One rule counts every network; none is fitted to a cell. The paper prints two decimals, " +
		"so that a residual within ±0.005 may be rounding."
)

// settingsLabel names a case for people: its values, with the name of the setting where a value alone would not say.
func (l Layout) settingsLabel(values []string, leaveOut string) string {
	var parts []string
	for i, axis := range l.axes() {
		if axis == leaveOut {
			continue
		}
		parts = append(parts, l.settingLabel(axis, values[i]))
	}
	return strings.Join(parts, ", ")
}

// settingLabel names a value of a setting: the caller's label of both, or that of the value after the setting's name where a value alone
// would not say.
func (l Layout) settingLabel(axis, value string) string {
	if text, ok := l.Labels[axis+"="+value]; ok {
		return text
	}
	text := l.valueLabel(axis, value)
	if axis != results.ModelKey && axis != results.BlockKey {
		text = l.shortAxisLabel(axis) + " " + text
	}
	return text
}

// shortLabel is settingsLabel, and where there are many settings, only of those that are not as in most cases, which is usual.
func (l Layout) shortLabel(usual, values []string, leaveOut string) string {
	const many = 3
	axes := l.axes()
	if len(axes) < many {
		return l.settingsLabel(values, leaveOut)
	}
	var parts []string
	for i, axis := range axes {
		if axis == leaveOut || values[i] == words.Absent || axis != results.BlockKey && values[i] == usual[i] {
			continue
		}
		parts = append(parts, l.settingLabel(axis, values[i]))
	}
	return strings.Join(parts, ", ")
}

// usual are the values that most cases have, by axis, the first of several.
func usual(l Layout, cases []*caseOf) []string {
	values := make([]string, len(l.axes()))
	for axis := range values {
		count := make(map[string]int)
		most := words.Absent
		for _, c := range cases {
			v := c.values[axis]
			if count[v]++; v != words.Absent && (most == words.Absent || count[v] > count[most]) {
				most = v
			}
		}
		values[axis] = most
	}
	return values
}

// testsTable shows some tests as claims.
func testsTable(claims []stats.Claim) *page.Table {
	t := &page.Table{Columns: append(page.Columns([]string{"Case", "Claim"}, "Difference (pp)", "Paper (pp)", "Seeds", "p (Holm)"),
		page.Column{Head: "Verdict", Text: true})}
	for i := range claims {
		c := &claims[i]
		seeds := 0
		if c.Ours != nil {
			seeds = c.Ours.N
		}
		t.Rows = append(t.Rows, []string{
			cmp.Or(c.Subject, words.Absent), c.Statement, words.Difference(c), words.PaperDifference(c), strconv.Itoa(seeds), words.P(c),
			words.Verdict(c),
		})
	}
	return t.Prune()
}

// compared are the tests of the experiment as claims, with Holm's correction over all but the controls.
func (v *view) compared() []stats.Claim {
	list := make([]stats.Claim, len(v.tests))
	var corrected []*stats.Claim
	for i, t := range v.tests {
		list[i] = v.claimOf(t)
		if list[i].Role != stats.Control {
			corrected = append(corrected, &list[i])
		}
	}
	stats.CorrectHolm(corrected)
	return list
}

func (v *view) underTrainedText() string {
	return fmt.Sprintf("† under-trained: the baseline's Top-1 is below the %s %% that this experiment expects of it.",
		words.Raw(math.Round(1e6*v.ExpectBaseline)/1e4))
}

// saturationText warns of Top-5 where five guesses cover half of the classes or more.
func (v *view) saturationText() string {
	if !v.saturated() {
		return ""
	}
	return fmt.Sprintf("‡ Top-5 on %d classes is near saturation: five guesses at random already hit %.0f %%. Read Top-1.",
		v.Classes, 100*min(1, 5/float64(v.Classes)))
}

// saturated reports whether five guesses cover half of the classes or more.
func (v *view) saturated() bool { return v.Classes >= 1 && v.Classes <= 10 }

// saturationMark is in the head of the column of Top-5.
func (v *view) saturationMark() string {
	if v.saturated() {
		return " ‡"
	}
	return ""
}

// absences names every trial that failed or is missing.
func (v *view) absences() []string {
	var lines []string
	for _, c := range v.cases {
		where := v.settingsLabel(c.values, "")
		if where != "" {
			where += ", "
		}
		var seeds []string
		for s := range c.failed {
			seeds = append(seeds, s)
		}
		slices.SortFunc(seeds, naturally)
		for _, s := range seeds {
			lines = append(lines, fmt.Sprintf("failed: %sseed %s: %s; it enters no mean", where, s, c.failed[s].Result.Failure))
		}
		if len(c.missing) > 0 {
			lines = append(lines, fmt.Sprintf("missing: %s%s (%s)", where, words.Count(len(c.missing), "seed"), strings.Join(c.missing, ", ")))
		} else if len(c.trials)+len(c.failed) == 0 {
			lines = append(lines, fmt.Sprintf("no trial: %s", strings.TrimSuffix(where, ", ")))
		}
	}
	return lines
}

// machine says when and on what the trials ran, one value after the other where they differ.
func (v *view) machine() []string {
	var trials, networks []results.Provenance
	for _, r := range v.records {
		if r.Kind == results.KindTrial {
			trials = append(trials, r.Provenance)
		} else {
			networks = append(networks, r.Provenance)
		}
	}
	var lines []string
	if len(trials) > 0 {
		first, last := trials[0].Started, trials[0].Started
		end := first
		var total float64
		for _, p := range trials {
			if p.Started.Before(first) {
				first = p.Started
			}
			if p.Started.After(last) {
				last = p.Started
			}
			if stats.Finite(p.Seconds) && p.Seconds > 0 {
				total += p.Seconds
				if e := p.Started.Add(time.Duration(p.Seconds * float64(time.Second))); e.After(end) {
					end = e
				}
			}
		}
		if !first.IsZero() {
			const form = "2006-01-02 15:04"
			lines = append(lines, fmt.Sprintf("trials started between %s and %s UTC; from the first start to the last end %s",
				first.UTC().Format(form), last.UTC().Format(form), words.Seconds(end.Sub(first).Seconds())))
		}
		lines = append(lines, fmt.Sprintf("training and evaluation: %s, %s added up", words.Count(len(trials), "trial"), words.Seconds(total)))
		lines = append(lines, machines("trained on", trials)...)
	}
	if len(networks) > 0 && !slices.Equal(machines("", networks), machines("", trials)) {
		lines = append(lines, machines("CPU (s) and costs on", networks)...)
	}
	return lines
}

// machines describes the distinct machines among some provenances, in natural order.
func machines(what string, list []results.Provenance) []string {
	var lines []string
	for _, p := range list {
		parts := []string{}
		add := func(format string, used bool, a ...any) {
			if used {
				parts = append(parts, fmt.Sprintf(format, a...))
			}
		}
		name, onCPU := p.CPU, p.Device == ""
		if !onCPU {
			name = p.Device + " with " + cmp.Or(p.CPU, "a CPU")
		}
		add("%s", name != "", name)
		add("%s", p.Cores > 0, words.Count(p.Cores, "core"))
		add("%s", onCPU && p.Workers > 0, words.Count(p.Workers, "worker"))
		add("%s kernels", onCPU && p.Kernels != "", p.Kernels)
		add("%s", p.GoVersion != "", p.GoVersion)
		add("cenet %s", p.Version != "", p.Version)
		if len(parts) > 0 {
			lines = append(lines, strings.TrimSpace(what+" "+strings.Join(parts, ", ")))
		}
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}
