package layout

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"cenet/results"
	"cenet/results/chart"
	"cenet/results/stats"
	"cenet/results/words"
)

// caseOf is the trials with the same settings but the seed: a row of a table.
type caseOf struct {
	values  []string                   // of the layout's axes
	trials  map[string]*results.Record // by seed; those that ended well
	failed  map[string]*results.Record // by seed
	missing []string                   // planned seeds without a record
	network *results.Network           // static cost of the paper's own network; Blocks only
}

// settingText writes a setting's value so that 1, int64(1) and 1.0 read the same: the value may come from a program, from
// TOML or from JSON.
func settingText(settings map[string]any, key string) string {
	v, ok := settings[key]
	if !ok || v == nil {
		return words.Absent
	}
	switch v := v.(type) {
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32)
	}
	return fmt.Sprint(v)
}

// naturally compares two values of a setting: numbers by size, before text; text by the alphabet.
func naturally(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX == nil && errY == nil && x != y:
		return cmp.Compare(x, y)
	case errX == nil && errY != nil:
		return -1
	case errX != nil && errY == nil:
		return 1
	}
	return cmp.Compare(a, b)
}

// group sorts records into cases. The order of the cases is the plan's, then the paper's, then natural, and never that of
// the records, which is the order in which parallel trials happened to finish.
func group(l Layout, records []results.Record) ([]*caseOf, error) {
	axes := l.axes()
	byKey := make(map[string]*caseOf)
	var cases []*caseOf
	at := func(values []string) *caseOf {
		key := strings.Join(values, "\x00")
		c, ok := byKey[key]
		if !ok {
			c = &caseOf{values: values, trials: map[string]*results.Record{}, failed: map[string]*results.Record{}}
			byKey[key] = c
			cases = append(cases, c)
		}
		return c
	}
	valuesOf := func(settings map[string]any) []string {
		values := make([]string, len(axes))
		for i, a := range axes {
			values[i] = settingText(settings, a)
		}
		return values
	}

	planned := make(map[*caseOf][]string)
	for _, p := range l.Planned {
		c := at(valuesOf(p))
		planned[c] = append(planned[c], settingText(p, results.SeedKey))
	}
	if l.Kind == Blocks {
		for _, p := range l.Paper {
			at([]string{p.Model, p.Block})
		}
	}
	ordered := len(cases)

	var seeds []string // of any case
	networks := make(map[string]*results.Network)
	records = results.Latest(records)
	for i := range records {
		r := &records[i]
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("record %s: %w", r.Name, err)
		}
		if r.Kind == results.KindNetwork {
			key := r.Network.Model + "\x00" + r.Network.Block
			if old := networks[key]; old != nil && (old.Params != r.Network.Params || old.MACs != r.Network.MACs) {
				return nil, fmt.Errorf("two records disagree on the cost of %s with %s", r.Network.Model, r.Network.Block)
			}
			networks[key] = r.Network
			continue
		}
		c, seed := at(valuesOf(r.Settings)), settingText(r.Settings, results.SeedKey)
		if c.trials[seed] != nil || c.failed[seed] != nil {
			return nil, fmt.Errorf("two trials have the seed %s and the same %s (%s): they differ in a setting that is no axis of the layout",
				seed, strings.Join(axes, ", "), r.Name)
		}
		if r.Result.Failure != "" {
			c.failed[seed] = r
		} else {
			c.trials[seed] = r
		}
		seeds = append(seeds, seed)
	}
	slices.SortFunc(cases[ordered:], l.byAxes(axes))
	if l.Kind == Blocks {
		cases = slices.Concat(grouped(cases, 1)...) // a sweep may have run block by block
	}
	slices.SortFunc(seeds, naturally)
	seeds = slices.Compact(seeds)
	for _, c := range cases {
		want := planned[c]
		if len(l.Planned) == 0 {
			want = seeds
		}
		c.missing = slices.DeleteFunc(slices.Clone(want), func(s string) bool { return c.trials[s] != nil || c.failed[s] != nil })
		if l.Kind == Blocks {
			c.network = networks[strings.Join(c.values, "\x00")]
		}
	}
	return cases, nil
}

// byAxes orders cases by their values on each of the axes, and blocks by their ranks.
func (l Layout) byAxes(axes []string) func(a, b *caseOf) int {
	return func(a, b *caseOf) int {
		for i, axis := range axes {
			order := naturally(a.values[i], b.values[i])
			if axis == results.BlockKey {
				order = cmp.Or(cmp.Compare(l.Styles.Rank(a.values[i]), l.Styles.Rank(b.values[i])), order)
			}
			if order != 0 {
				return order
			}
		}
		return 0
	}
}

// grouped splits cases into groups that differ in the i-th value alone, in the order of their first cases.
func grouped(cases []*caseOf, i int) [][]*caseOf {
	var groups [][]*caseOf
	at := map[string]int{}
	for _, c := range cases {
		key := strings.Join(without(c.values, i), "\x00")
		k, ok := at[key]
		if !ok {
			k = len(groups)
			at[key], groups = k, append(groups, nil)
		}
		groups[k] = append(groups[k], c)
	}
	return groups
}

// seeds of the trials that ended well, in natural order, so that a sum over them has one order.
func (c *caseOf) seeds() []string { return slices.SortedFunc(maps.Keys(c.trials), naturally) }

// perSeed is a figure of every trial that ended well and has it, in the order of seeds.
func (c *caseOf) perSeed(of figure) []chart.Value {
	var list []chart.Value
	for _, s := range c.seeds() {
		if v := of(c.trials[s]); !math.IsNaN(v) {
			list = append(list, chart.Value{Seed: s, Y: v})
		}
	}
	return list
}

// over is perSeed without the seeds.
func (c *caseOf) over(of figure) []float64 {
	var values []float64
	for _, v := range c.perSeed(of) {
		values = append(values, v.Y)
	}
	return values
}

// bySeed is perSeed as a map.
func (c *caseOf) bySeed(of figure) map[string]float64 {
	values := make(map[string]float64)
	for _, v := range c.perSeed(of) {
		values[v.Seed] = v.Y
	}
	return values
}

// planned is the number of trials that the case should have.
func (c *caseOf) planned() int { return len(c.trials) + len(c.failed) + len(c.missing) }

// seedsText is the number of trials in the means, “2 of 3” if some failed or are missing.
func (c *caseOf) seedsText() string {
	n, all := len(c.trials), c.planned()
	if n == all {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %d", n, all)
}

// without returns the values but the i-th.
func without(values []string, i int) []string {
	return slices.Delete(slices.Clone(values), i, i+1)
}

// underTrained marks the cases whose baseline (the case that differs in the block alone) is below what the
// experiment expects. A case without a baseline is not marked.
func underTrained(l Layout, cases []*caseOf) map[*caseOf]bool {
	marked := make(map[*caseOf]bool)
	block := l.axisIndex(results.BlockKey)
	if l.ExpectBaseline == 0 || block < 0 {
		return marked
	}
	for _, base := range cases {
		if base.values[block] != blockBaseline {
			continue
		}
		top1, err := stats.Mean(base.over(top1Percent))
		if err != nil || top1.Mean >= 100*l.ExpectBaseline {
			continue
		}
		for _, c := range cases {
			if differsOnlyIn(block, c.values, base.values, true) {
				marked[c] = true
			}
		}
	}
	return marked
}

// usualValues are the values that most cases have, by axis, the first of several.
func usualValues(l Layout, cases []*caseOf) []string {
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

// differsOnlyIn reports whether two cases differ in one axis, a block also in what only the block has.
func differsOnlyIn(axis int, values, rival []string, block bool) bool {
	for i, v := range rival {
		if i != axis && v != values[i] && !(block && v == words.Absent) {
			return false
		}
	}
	return true
}

// awaited is the number of planned seeds of two cases if some are still to come, else 0.
func awaited(a, b *caseOf) int {
	if len(a.missing)+len(b.missing) == 0 {
		return 0
	}
	return max(a.planned(), b.planned())
}

// guesses reports whether no network of the case is better than chance: whether each Top-1 is one that 95 of 100 guessers do not exceed.
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

// step is the accuracy of one test image, in percentage points; 0 if it is not known.
func (c *caseOf) step() float64 {
	for _, r := range c.trials {
		if r.Images != nil && r.Images.Test > 0 {
			return 100 / float64(r.Images.Test)
		}
	}
	return 0
}
