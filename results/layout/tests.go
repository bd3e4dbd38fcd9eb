package layout

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cenet/results"
	"cenet/results/stats"
	"cenet/results/words"
)

// test is the paired test of a comparison within two cases that differ in nothing else.
type test struct {
	stats.Comparison
	where   string // the settings that the two cases share, for people
	block   string // label of the value
	against string // label of the other value
	of      *caseOf
	rival   *caseOf
	verdict stats.Verdict
	paper   *float64 // the paper's difference, pp of Top-1
	failed  error    // no seed in common
	awaited int      // seeds that it is planned with, where some are still to come: it is not judged before; 0: none is
	control *test    // of the rival, without which the difference says nothing; nil: it needs none

	atChance bool    // no network of either case is better than guessing
	step     float64 // what one test image is of the accuracy, pp: no smaller difference can be measured; 0: not known
}

// comparisons are those of the layout, and where it names none, each block with no block; then those of its contrast.
func (l Layout) comparisons(cases []*caseOf) []stats.Comparison {
	list := slices.Clone(l.Compare)
	values := func(key string) (values []string) {
		if at := axisIndex(l, key); at >= 0 {
			for _, c := range cases {
				if !slices.Contains(values, c.values[at]) {
					values = append(values, c.values[at])
				}
			}
		}
		return values
	}
	if list == nil {
		for _, b := range values(results.BlockKey) {
			if b != blockBaseline {
				list = append(list, stats.Comparison{Key: results.BlockKey, Value: b, Against: blockBaseline})
			}
		}
	}
	if contrasted := values(l.Contrast); len(contrasted) > 0 {
		for _, other := range contrasted[1:] {
			list = append(list, stats.Comparison{Key: l.Contrast, Value: contrasted[0], Against: other, Role: stats.NotInPaper, Listed: true})
		}
	}
	return list
}

// pairedTests makes the comparisons wherever two cases differ in nothing else: those of blocks, then the others.
func pairedTests(l Layout, cases []*caseOf, usual []string) []*test {
	var blocks, others []*test
	list := l.comparisons(cases)
	for _, c := range cases {
		for _, k := range list {
			at := axisIndex(l, k.Key)
			if at < 0 || c.values[at] != k.Value {
				continue
			}
			i := slices.IndexFunc(cases, func(r *caseOf) bool {
				return r.values[at] == k.Against && differsOnlyIn(at, c.values, r.values, k.Key == results.BlockKey)
			})
			if i < 0 {
				continue
			}
			t := newTest(l, k, c, cases[i], usual)
			if k.Key == results.BlockKey {
				blocks = append(blocks, t)
			} else {
				others = append(others, t)
			}
		}
	}
	for _, t := range blocks {
		if i := slices.IndexFunc(blocks, func(c *test) bool { return c.Role == stats.Control && c.of == t.rival }); i >= 0 {
			t.control = blocks[i]
		}
	}
	return append(blocks, others...)
}

// differsOnlyIn reports whether two cases differ in one axis, a block also in what only the block has.
func differsOnlyIn(axis int, values, rival []string, block bool) bool {
	for i, v := range rival {
		if i != axis && v != values[i] && !(block && v == words.Absent) {
			return false
		}
	}
	return true
}

func newTest(l Layout, k stats.Comparison, c, rival *caseOf, usual []string) *test {
	t := &test{Comparison: k, of: c, rival: rival, awaited: awaited(c, rival)}
	if k.Key == results.BlockKey {
		t.where, t.block, t.against = l.shortLabel(usual, c.values, results.BlockKey), l.valueLabel(results.BlockKey, k.Value),
			l.valueLabel(results.BlockKey, k.Against)
	} else {
		t.where, t.block, t.against = l.settingsLabel(c.values, k.Key), l.settingLabel(k.Key, k.Value), l.settingLabel(k.Key, k.Against)
	}
	if l.Kind == Blocks && k.Key == results.BlockKey {
		a, b := l.paperCell(c.values[0], k.Value), l.paperCell(c.values[0], k.Against)
		if a.Top1 != nil && b.Top1 != nil {
			d := *a.Top1 - *b.Top1
			t.paper = &d
		}
	}
	t.atChance = c.guesses() && rival.guesses()
	t.step = max(c.step(), rival.step())
	t.judge(stats.Paired(c.bySeed(top1Percent), rival.bySeed(top1Percent)))
	return t
}

// statement is what the test is of.
func (t *test) statement() string {
	if t.Within > 0 {
		return fmt.Sprintf("%s within %s of %s", t.block, words.Bound(t.Within), t.against)
	}
	return t.block + " > " + t.against
}

// judge sets the verdict from the paired difference, and takes back what the sample cannot bear.
func (t *test) judge(difference stats.Interval, err error) {
	if t.failed = err; err != nil {
		return
	}
	if t.verdict = stats.Judge(difference, t.paper); t.Within > 0 {
		t.verdict = stats.JudgeWithin(difference, t.Within)
	}
	switch {
	case t.atChance:
		t.verdict = t.verdict.WithDoubt("all networks are at chance")
	case t.Within > 0 && t.Within < t.step:
		t.verdict = t.verdict.WithDoubt(fmt.Sprintf("one test image, %.2g pp, is more than the bound", t.step))
	case t.Within > 0:
	case t.verdict.Doubt == "" && t.verdict.Decision != stats.Undecided && t.verdict.Decision != stats.Smaller &&
		math.Abs(difference.Mean) < t.step:
		t.verdict = t.verdict.WithDoubt(fmt.Sprintf("less than one test image, %.2g pp", t.step))
	}
}

// failedAsControl reports whether the test, of what everybody finds, does not find it: its interval does not lie above 0, or lies above
// twice the paper's difference. One that is still to come has not failed.
func (t *test) failedAsControl() bool {
	if t.failed != nil || t.awaited > 0 {
		return false
	}
	return t.verdict.Decision != stats.Reproduced || t.paper != nil && t.verdict.Difference.Lo() > 2**t.paper
}

// awaited is the number of seeds that two cases are planned with, where some of them are still to come, and else 0.
func awaited(a, b *caseOf) int {
	if len(a.missing)+len(b.missing) == 0 {
		return 0
	}
	return max(a.planned(), b.planned())
}

// guesses reports whether no network of the case is better than guesses may be: whether its Top-1 is within what 95 of 100 guessers reach.
func (c *caseOf) guesses() bool {
	for _, r := range c.trials {
		if r.Images == nil || r.Images.Classes < 1 || r.Images.Test < 1 {
			return false
		}
		const quantile = 1.645 // of the normal distribution, 95 %
		chance := 1 / float64(r.Images.Classes)
		if r.Result.Top1 > chance+float64(quantile*math.Sqrt(chance*(1-chance)/float64(r.Images.Test))) {
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

// A family is the tests that one claim is on: one, or where the layout names an axis, those of one comparison that differ along it.
type family struct {
	tests []*test
	over  bool
}

// families are those of all comparisons that are claims.
func (v *view) families() []family {
	var families []family
	at := map[string]int{}
	over := axisIndex(v.Layout, v.Over)
	for i, t := range v.tests {
		if t.Listed {
			continue
		}
		key := fmt.Sprint(i)
		if over >= 0 && t.Key != v.Over {
			key = strings.Join(append(without(t.of.values, over), t.Key, t.Against, fmt.Sprint(t.Within)), "\x00")
		}
		k, ok := at[key]
		if !ok {
			k = len(families)
			at[key], families = k, append(families, family{over: over >= 0 && t.Key != v.Over})
		}
		families[k].tests = append(families[k].tests, t)
	}
	return families
}

// judged are the tests that the claims are made of: one a claim.
func (v *view) judged() []*test {
	var list []*test
	for _, f := range v.families() {
		t := f.tests[0]
		if f.over {
			t, _ = v.meanTests(f)
		}
		list = append(list, t)
	}
	return list
}

// meanTests are of the mean over those cases of a family that the layout counts, seed by seed, and of how much larger it is than in the
// case of the bound, nil without one.
func (v *view) meanTests(f family) (mean, change *test) {
	over := axisIndex(v.Layout, v.Over)
	first := f.tests[0]
	var counted []*test
	var bound *test
	for _, t := range f.tests {
		switch x, err := strconv.ParseFloat(t.of.values[over], 64); {
		case err == nil && x > v.OverAbove:
			counted = append(counted, t)
		case err == nil && x == v.OverAbove:
			bound = t
		}
	}
	of := func(where string, tests []*test) *test {
		t := &test{Comparison: first.Comparison, where: where, block: first.block, against: first.against, of: first.of, rival: first.rival,
			atChance: len(tests) > 0}
		for _, k := range tests {
			t.awaited = max(t.awaited, k.awaited)
			t.atChance = t.atChance && k.atChance
			t.step = max(t.step, k.step)
		}
		return t
	}
	gains := map[string]float64{}   // mean difference, by seed
	changes := map[string]float64{} // that, less the difference at the bound
	for s := range first.of.trials {
		var sum float64
		whole := len(counted) > 0
		for _, t := range counted {
			d, ok := t.differenceOf(s)
			sum, whole = sum+d/float64(len(counted)), whole && ok
		}
		if !whole {
			continue
		}
		gains[s] = sum
		if bound != nil {
			if d, ok := bound.differenceOf(s); ok {
				changes[s] = sum - d
			}
		}
	}
	mean = of(fmt.Sprintf("mean over %s above %v", v.axisLabel(v.Over), v.OverAbove), counted)
	mean.judge(overSeeds(gains))
	if first.control != nil {
		for _, k := range v.families() {
			if slices.Contains(k.tests, first.control) {
				mean.control, _ = v.meanTests(k)
			}
		}
	}
	if bound == nil {
		return mean, nil
	}
	change = of(fmt.Sprintf("from %s %v to the mean above it", v.axisLabel(v.Over), v.OverAbove), append(slices.Clone(counted), bound))
	change.control = mean.control
	change.judge(overSeeds(changes))
	return mean, change
}

// differenceOf is the difference of one seed, in percentage points; false where one of the two has not been trained.
func (t *test) differenceOf(seed string) (float64, bool) {
	a, b := t.of.trials[seed], t.rival.trials[seed]
	if a == nil || b == nil {
		return 0, false
	}
	return top1Percent(a) - top1Percent(b), true
}

// overSeeds is the mean of differences by seed, with its interval.
func overSeeds(differences map[string]float64) (stats.Interval, error) {
	none := make(map[string]float64, len(differences))
	for s := range differences {
		none[s] = 0
	}
	return stats.Paired(differences, none)
}
