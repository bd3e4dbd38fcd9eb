package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

const (
	intervalNote = "Accuracies are those of the last epoch on the test images, as mean ± half the width of the 95 % confidence " +
		"interval (Student's t) over seeds; of two seeds, the mean and both values. “–” is what is not known, and one seed has no interval."
	testsNote = "Difference: mean over the seeds that both have, in percentage points (pp) of Top-1, ± half the width of its paired " +
		"95 % confidence interval (Student's t). Reproduced: the interval lies above 0. Not reproduced: it lies below 0, or inside " +
		"±0.2 pp. Otherwise undecided, with the number of seeds that would decide it were mean and spread to stay " +
		"as observed; if they are the true ones, that many seeds decide about every second time; “below the paper's” says that the paper's difference lies above the interval. No correction for the number of tests; the page of all claims has one."
	residualsNote = "Residual: ours − paper. One rule counts every network; none is fitted to a cell. The paper prints two decimals, " +
		"so that a residual within ±0.005 cannot be told from rounding."
)

// test is a paired test of the claim "block > other" within the cases that differ in the block alone.
type test struct {
	where   string // the settings that the two cases share, for people
	block   string // label of the block
	against string // label of the other block
	verdict Verdict
	paper   *float64 // the paper's difference, pp of Top-1
	failed  error    // no seed in common
	doubt   string   // why the sample cannot bear a verdict; "": it can
	of      *caseOf  // of the block
	rival   *caseOf
	awaited int // seeds that it is planned with, where some are still to come: it is not judged before; 0: none is

	atChance bool    // no network of either case is better than guessing
	step     float64 // what one test image is of the accuracy, pp: no smaller difference can be told; 0: not known
}

// judge compares two cases by their Top-1, paired by seed.
func (t *test) judge() {
	difference, err := Paired(t.of.bySeed(top1Percent), t.rival.bySeed(top1Percent))
	if t.failed = err; err == nil {
		t.verdict = Judge(difference)
	}
	t.atChance = t.of.guesses() && t.rival.guesses()
	t.step = max(t.of.step(), t.rival.step())
	t.doubted()
}

// doubted takes back what the sample cannot bear.
func (t *test) doubted() {
	d := t.verdict.Difference
	switch {
	case t.failed != nil || t.verdict.Decision == Undecided && !t.atChance:
		return
	case t.atChance:
		t.doubt = "all networks are at chance"
	case t.verdict.Decision == Reproduced && d.Mean < t.step, d.Hi() < 0 && d.Mean > -t.step:
		t.doubt = fmt.Sprintf("less than one test image, %.2g pp", t.step)
	default:
		return
	}
	t.verdict.Decision, t.verdict.Needed, t.verdict.P = Undecided, 0, 1
}

// guesses reports whether no network of the case is better than guesses may be: whether its Top-1 is within what 95 of 100 guessers reach.
func (c *caseOf) guesses() bool {
	for _, r := range c.trials {
		if r.Images == nil || r.Images.Classes < 1 || r.Images.Test < 1 {
			return false
		}
		const quantile = 1.645 // of the normal distribution, 95 %
		chance := 1 / float64(r.Images.Classes)
		if r.Result.Top1 > chance+quantile*math.Sqrt(chance*(1-chance)/float64(r.Images.Test)) {
			return false
		}
	}
	return len(c.trials) > 0
}

// step is what one test image is of the accuracy of a trial, in percentage points; 0 where it is not known.
func (c *caseOf) step() float64 {
	for _, r := range c.trials {
		if r.Images != nil && r.Images.Test > 0 {
			return 100 / float64(r.Images.Test)
		}
	}
	return 0
}

// awaited is the number of seeds that two cases are planned with, where some of them are still to come, and else 0.
func awaited(a, b *caseOf) int {
	if len(a.missing)+len(b.missing) == 0 {
		return 0
	}
	return max(a.planned(), b.planned())
}

// contest says with which others a block is compared.
type contest struct {
	block  string
	others []string
}

var contests = []contest{
	{blockCE, []string{blockBaseline, blockSE, "bd", "ir"}},
	{"bd", []string{blockBaseline}},
	{"ir", []string{blockBaseline}},
}

// beside tells whether the settings of a case are those of a rival, but for the block and for what only the block has.
func beside(values, rival []string, block int) bool {
	for i, v := range rival {
		if i != block && v != values[i] && v != absent {
			return false
		}
	}
	return true
}

// pairedTests compares blocks with their rivals wherever a case of each differs in the block alone.
func pairedTests(l Layout, cases []*caseOf, usual []string) []test {
	block := axisIndex(l, BlockKey)
	if block < 0 {
		return nil
	}
	var tests []test
	for _, ce := range cases {
		at := slices.IndexFunc(contests, func(k contest) bool { return k.block == ce.values[block] })
		if at < 0 {
			continue
		}
		for _, other := range contests[at].others {
			i := slices.IndexFunc(cases, func(c *caseOf) bool {
				return c.values[block] == other && beside(ce.values, c.values, block)
			})
			if i < 0 {
				continue
			}
			t := test{where: l.shortLabel(usual, ce.values, BlockKey), block: l.valueLabel(BlockKey, ce.values[block]), against: l.valueLabel(BlockKey, other), of: ce, rival: cases[i], awaited: awaited(ce, cases[i])}
			t.judge()
			if l.Kind == LayoutBlocks {
				a, b := l.paperCell(ce.values[0], ce.values[block]), l.paperCell(ce.values[0], other)
				if a.Top1 != nil && b.Top1 != nil {
					d := *a.Top1 - *b.Top1
					t.paper = &d
				}
			}
			tests = append(tests, t)
		}
	}
	return tests
}

// contrasts compare the first value of the axis that the layout names with each other.
func contrasts(l Layout, cases []*caseOf) []test {
	axis := axisIndex(l, l.Contrast)
	if axis < 0 {
		return nil
	}
	var tests []test
	for _, c := range cases {
		if c.values[axis] != cases[0].values[axis] {
			continue
		}
		for _, other := range cases {
			if other.values[axis] == c.values[axis] || !slices.Equal(without(c.values, axis), without(other.values, axis)) {
				continue
			}
			t := test{
				where: l.settingsLabel(c.values, l.Contrast), of: c, rival: other, awaited: awaited(c, other),
				block: l.settingLabel(l.Contrast, c.values[axis]), against: l.settingLabel(l.Contrast, other.values[axis]),
			}
			t.judge()
			tests = append(tests, t)
		}
	}
	return tests
}

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

// settingLabel names a value of a setting: the caller's label of both, or that of the value behind the setting's name where a value alone
// would not say.
func (l Layout) settingLabel(axis, value string) string {
	if text, ok := l.Labels[axis+"="+value]; ok {
		return text
	}
	text := l.valueLabel(axis, value)
	if axis != ModelKey && axis != BlockKey {
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
		if axis == leaveOut || values[i] == absent || axis != BlockKey && values[i] == usual[i] {
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
		most := absent
		for _, c := range cases {
			v := c.values[axis]
			if count[v]++; v != absent && (most == absent || count[v] > count[most]) {
				most = v
			}
		}
		values[axis] = most
	}
	return values
}

func (t test) claim() string { return t.block + " > " + t.against }

func (t test) differenceText() string {
	if t.failed != nil {
		return absent
	}
	return intervalText(t.verdict.Difference, 2, "+")
}

func (t test) verdictText() string {
	if t.failed != nil {
		return "undecided (no seed in common)"
	}
	if t.awaited > 0 {
		return fmt.Sprintf("undecided (%d of %d seeds are in)", t.verdict.Difference.N, t.awaited)
	}
	if t.doubt != "" {
		return "undecided (" + t.doubt + ")"
	}
	text := t.verdict.String()
	if t.belowPaper() {
		text = strings.Replace(text, "(", fmt.Sprintf("(below the paper's %s; ", t.paperText()), 1)
	}
	return text
}

// belowPaper tells whether an undecided difference is at least less than the paper's: that lies above the interval.
func (t test) belowPaper() bool {
	d := t.verdict.Difference
	return t.awaited == 0 && t.paper != nil && t.verdict.Decision == Undecided && d.Bounded() && d.Hi() < *t.paper
}

func (t test) sentence() string {
	where := t.where
	if where != "" {
		where += ": "
	}
	return fmt.Sprintf("%s%s by %s pp: %s", where, t.claim(), t.differenceText(), t.verdictText())
}

func (v *view) testsTable() ([]column, [][]string) {
	columns := []column{
		{"Case", true}, {"Claim", true}, {"Difference (pp)", false}, {"Paper (pp)", false}, {"Seeds", false}, {"Verdict", true},
	}
	var rows [][]string
	for _, t := range v.tests {
		paper := absent
		if t.paper != nil {
			paper = strings.TrimSuffix(t.paperText(), " pp")
		}
		where := t.where
		if where == "" {
			where = absent
		}
		rows = append(rows, []string{
			where, t.claim(), t.differenceText(), paper, fmt.Sprint(t.verdict.Difference.N), t.verdictText(),
		})
	}
	return prune(columns, rows)
}

func (v *view) underTrainedText() string {
	return fmt.Sprintf("† under-trained: the baseline's Top-1 is below the %s %% that this experiment expects of it.",
		rawText(math.Round(1e6*v.ExpectBaseline)/1e4))
}

// saturationText warns of Top-5 where five guesses cover half of the classes or more.
func (v *view) saturationText() string {
	if v.Classes < 1 || v.Classes > 10 {
		return ""
	}
	return fmt.Sprintf("Top-5 on %d classes is near saturation: five guesses at random already hit %.0f %%. Read Top-1.",
		v.Classes, 100*min(1, 5/float64(v.Classes)))
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
			lines = append(lines, fmt.Sprintf("missing: %s%s (%s)", where, count(len(c.missing), "seed"), strings.Join(c.missing, ", ")))
		} else if len(c.trials)+len(c.failed) == 0 {
			lines = append(lines, fmt.Sprintf("no trial: %s", strings.TrimSuffix(where, ", ")))
		}
	}
	return lines
}

// machine says when and on what the trials ran, one value after the other where they differ.
func (v *view) machine() []string {
	var trials, networks []Provenance
	for _, r := range v.records {
		if r.Kind == KindTrial {
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
			if finite(p.Seconds) && p.Seconds > 0 {
				total += p.Seconds
				if e := p.Started.Add(time.Duration(p.Seconds * float64(time.Second))); e.After(end) {
					end = e
				}
			}
		}
		if !first.IsZero() {
			const form = "2006-01-02 15:04"
			lines = append(lines, fmt.Sprintf("trials started between %s and %s UTC; from the first start to the last end %s",
				first.UTC().Format(form), last.UTC().Format(form), secondsText(end.Sub(first).Seconds())))
		}
		lines = append(lines, fmt.Sprintf("training and evaluation: %s, %s added up", count(len(trials), "trial"), secondsText(total)))
		lines = append(lines, machines("trained on", trials)...)
	}
	if len(networks) > 0 && !slices.Equal(machines("", networks), machines("", trials)) {
		lines = append(lines, machines("CPU (s) and costs on", networks)...)
	}
	return lines
}

// machines describes the distinct machines among some provenances, in natural order.
func machines(what string, list []Provenance) []string {
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
			name = p.Device + " beside " + cmp.Or(p.CPU, "a CPU")
		}
		add("%s", name != "", name)
		add("%s", p.Cores > 0, count(p.Cores, "core"))
		add("%s", onCPU && p.Workers > 0, count(p.Workers, "worker"))
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
