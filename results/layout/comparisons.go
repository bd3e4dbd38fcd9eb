package layout

import (
	"cmp"
	"fmt"
	"math"
	"slices"

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
	awaited int      // planned seeds, if some are still to come: it is not judged before; 0: all are in
	control *test    // of the rival: if it fails, the difference says nothing; nil: none is needed

	atChance bool    // no network of either case is better than chance
	step     float64 // accuracy of one test image, pp: no smaller difference can be measured; 0: not known
}

// comparisons are those of the layout, and where it names none, each block with no block; then those of its contrast.
func (l Layout) comparisons(cases []*caseOf) []stats.Comparison {
	list := slices.Clone(l.Compare)
	values := func(key string) (values []string) {
		if at := l.axisIndex(key); at >= 0 {
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
			at := l.axisIndex(k.Key)
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
	slices.SortStableFunc(others, func(a, b *test) int { return cmp.Compare(l.axisIndex(a.Key), l.axisIndex(b.Key)) })
	return append(blocks, others...)
}

func newTest(l Layout, k stats.Comparison, c, rival *caseOf, usual []string) *test {
	t := &test{Comparison: k, of: c, rival: rival, awaited: awaited(c, rival)}
	if k.Key == results.BlockKey {
		t.where, t.block, t.against = l.settingsLabel(c.values, results.BlockKey, usual), l.valueLabel(results.BlockKey, k.Value),
			l.valueLabel(results.BlockKey, k.Against)
	} else {
		t.where, t.block, t.against = l.settingsLabel(c.values, k.Key, nil), l.settingLabel(k.Key, k.Value), l.settingLabel(k.Key, k.Against)
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

// judge sets the verdict from the paired difference, and withdraws it if the networks or the test images are too poor for one.
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

// failedAsControl reports whether a control has failed: its interval does not lie above 0, or lies above twice the paper's difference. An
// awaited control has not failed.
func (t *test) failedAsControl() bool {
	if t.failed != nil || t.awaited > 0 {
		return false
	}
	return t.verdict.Decision != stats.Reproduced || t.paper != nil && t.verdict.Difference.Lo() > 2**t.paper
}

// differenceOf is the difference of one seed, in percentage points; false where one of the two has not been trained.
func (t *test) differenceOf(seed string) (float64, bool) {
	a, b := t.of.trials[seed], t.rival.trials[seed]
	if a == nil || b == nil {
		return 0, false
	}
	return top1Percent(a) - top1Percent(b), true
}
