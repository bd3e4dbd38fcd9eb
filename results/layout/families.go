package layout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cenet/results/stats"
)

// A family is the tests of one claim: one test, or those of one comparison along the axis that the layout's claims are over.
type family struct {
	tests []*test
	over  bool
}

// families are those of all comparisons that are claims.
func (v *view) families() []family {
	var families []family
	at := map[string]int{}
	over := v.axisIndex(v.Over)
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

// judged are the tests that decide the claims, one for each.
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

// meanTests are two tests of a family, seed by seed: of the mean over its cases above the layout's bound, and of how much larger that is
// than in the case at the bound; nil without such a case.
func (v *view) meanTests(f family) (mean, change *test) {
	over := v.axisIndex(v.Over)
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
	var gains, changes []float64 // of each seed: the mean difference; that, less the difference at the bound
	for _, s := range first.of.seeds() {
		sum, whole := 0.0, len(counted) > 0
		for _, t := range counted {
			d, ok := t.differenceOf(s)
			sum, whole = sum+d/float64(len(counted)), whole && ok
		}
		if !whole {
			continue
		}
		gains = append(gains, sum)
		if bound != nil {
			if d, ok := bound.differenceOf(s); ok {
				changes = append(changes, sum-d)
			}
		}
	}
	mean = of(fmt.Sprintf("mean over %s above %v", v.axisLabel(v.Over), v.OverAbove), counted)
	mean.judge(stats.Mean(gains))
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
	change = of(fmt.Sprintf("the change from %s %v to the mean above it", v.axisLabel(v.Over), v.OverAbove),
		append(slices.Clone(counted), bound))
	change.control = mean.control
	change.judge(stats.Mean(changes))
	return mean, change
}
