package spec

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// MostTrials bounds an experiment: a sweep beyond it is a slip of the pen.
const MostTrials = 10000

// CaseKey is the axis of a table that shows the names of cases in place of their settings.
const CaseKey = "case"

// PrecisionKey is the setting of the precision of products. Results in different precisions are compared only where [compare] names it.
const PrecisionKey, UsualPrecision = "train.precision", "float32"

// Axes returns the keys that vary between trials: those of the cases, in the order of all settings, then those of the sweep,
// in the order of the file.
func (s *Spec) Axes() []string {
	return append(s.caseKeys(), s.sweepKeys()...)
}

// sweepKeys returns the keys of the sweep.
func (s *Spec) sweepKeys() []string {
	list := []string{}
	for _, a := range s.Sweep {
		list = append(list, a.Key)
	}
	return list
}

// caseKeys returns the keys that some case sets, in the order of all settings.
func (s *Spec) caseKeys() []string {
	list := []string{}
	for _, key := range keys(s.Names.ofTrials()) {
		if slices.ContainsFunc(s.Cases, func(c Case) bool { _, ok := c.Settings[key]; return ok }) {
			list = append(list, key)
		}
	}
	return list
}

// named reports whether some case has a name.
func (s *Spec) named() bool {
	return slices.ContainsFunc(s.Cases, func(c Case) bool { return c.Name != "" })
}

// Columns are the axes as a table shows them: cases that have names are one axis, CaseKey, unless the table has a shape of its own.
func (s *Spec) Columns() []string {
	if s.Table == "blocks" || !s.named() {
		return s.Axes()
	}
	return append([]string{CaseKey}, s.sweepKeys()...)
}

// Count is the number of trials, or mostTrials+1 if there are more than that.
func (s *Spec) Count() int {
	n := len(s.Seeds) * max(1, len(s.Cases))
	for _, a := range s.Sweep {
		n *= len(a.Values)
		if n > MostTrials {
			return MostTrials + 1
		}
	}
	return min(n, MostTrials+1)
}

// Extent says in a few words how much an experiment is.
func (s *Spec) Extent() string {
	if s.Checks != "" {
		return "check"
	}
	return fmt.Sprintf("%d trials", s.Count())
}

// Given is the value of a setting of all trials that the file or the command line gives; nil where neither does, or where it varies.
func (s *Spec) Given(key string) any {
	if slices.Contains(s.Axes(), key) {
		return nil
	}
	return s.values[key]
}

// Settings are those of the experiment's check that its file or the command line gives, by dotted key.
func (s *Spec) Settings() map[string]any { return maps.Clone(s.values) }

// give keeps the value of a setting of all trials, or of the check.
func (s *Spec) give(key string, value any) {
	s.values = maps.Clone(s.values)
	if s.values == nil {
		s.values = map[string]any{}
	}
	s.values[key] = value
}

// fix takes a setting out of the cases and of the sweep. Cases that are then the same become one.
func (s *Spec) fix(key string) {
	s.Sweep = slices.DeleteFunc(slices.Clone(s.Sweep), func(a Axis) bool { return a.Key == key })
	var cases []Case
	for _, c := range s.Cases {
		c.Settings = maps.Clone(c.Settings)
		delete(c.Settings, key)
		if !slices.ContainsFunc(cases, func(o Case) bool { return reflect.DeepEqual(o.Settings, c.Settings) }) {
			cases = append(cases, c)
		}
	}
	if len(cases) == 1 && len(cases[0].Settings) == 0 {
		cases = nil
	}
	s.Cases = cases
}

// combinations calls yield with the values on all axes, one combination after another, until it returns false.
func (s *Spec) combinations(yield func(values []any) bool) {
	if len(s.Cases) == 0 {
		s.swept(nil, yield)
		return
	}
	caseKeys := s.caseKeys()
	for _, c := range s.Cases {
		var first []any
		for _, key := range caseKeys {
			first = append(first, c.Settings[key])
		}
		if !s.swept(first, yield) {
			return
		}
	}
}

// swept calls yield with the values of a case followed by those of the sweep, one combination after another, until it returns false, and
// says whether it did not.
func (s *Spec) swept(first []any, yield func(values []any) bool) bool {
	at := make([]int, len(s.Sweep))
	for {
		values := slices.Clone(first)
		for i, a := range s.Sweep {
			if len(a.Values) == 0 {
				return true
			}
			values = append(values, a.Values[at[i]])
		}
		if !yield(values) {
			return false
		}
		i := len(at) - 1
		for ; i >= 0; i-- { // count on, the last axis being the units
			if at[i]++; at[i] < len(s.Sweep[i].Values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return true
		}
	}
}
