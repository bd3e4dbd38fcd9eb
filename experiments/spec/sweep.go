package spec

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"cenet/experiments/mistake"
)

// settings reads a table of settings that differ between trials, and passes each on. within is the name of the table, cannot what other
// settings cannot do. Keys may be quoted, "model.block", or dotted, model.block, which makes them tables in the table: key is that of the
// inner one, path where it is.
func (l *loader) settings(within, cannot, key, path string, table map[string]any, give func(f *Setting, shown, path string, v any)) {
	for _, k := range l.inOrder(path, table) {
		key, path, v := dotted(key, k), child(path, k), table[k]
		key, v = l.renamed(key, path, v)
		shown := dotted(within, key)
		f, ofTable := find(l.own, key), find(l.head, shown)
		switch sub, isTable := v.(map[string]any); {
		case ofTable != nil:
			if l.claim(shown, shown, path) {
				l.give(ofTable, path, v)
			}
		case f != nil && !f.Local:
			give(f, shown, path, v)
		case f != nil || find(l.head, key) != nil:
			l.blame(l.index.line(path), shown, "cannot %s: it has one value for all trials", cannot)
		case isTable && slices.Contains(l.sections, key):
			l.settings(within, cannot, key, path, sub, give)
		default:
			l.unknown(within, key, path, v)
		}
	}
}

// sweep reads the table of axes.
func (l *loader) sweep(path string, table map[string]any) {
	l.settings("sweep", "be swept", "", path, table, l.axis)
	slices.SortStableFunc(l.spec.Sweep, func(a, b Axis) int {
		return cmp.Compare(l.index.order(l.varied[a.Key]), l.index.order(l.varied[b.Key]))
	})
}

// axis reads one line of the sweep.
func (l *loader) axis(f *Setting, shown, path string, v any) {
	if before, twice := l.varied[f.Key]; twice {
		l.blame(l.index.line(path), shown, "varies on line %d, too", l.index.line(before))
		return
	}
	l.varied[f.Key] = path
	list, ok := v.([]any)
	switch {
	case !ok:
		l.blame(l.index.line(path), shown, "expected a list of values to take in turn, got %s", describe(v))
		return
	case len(list) == 0:
		l.blame(l.index.line(path), shown, "the list is empty: at least one value expected")
		return
	}
	axis := Axis{Key: f.Key}
	seen := map[string]bool{}
	for i, v := range list {
		at := element(path, i)
		value, ok := l.check(f, shown, at, v)
		if !ok {
			continue
		}
		if name := canonical(value); seen[name] {
			l.blame(l.index.line(at), shown, "%s is listed twice", display(value))
		} else {
			seen[name] = true
		}
		axis.Values = append(axis.Values, value)
	}
	if l.extended {
		l.spec.fix(axis.Key)
	}
	l.spec.Sweep = append(l.spec.Sweep, axis)
}

// cases reads the array of tables [[case]], each with settings that belong together.
func (l *loader) cases(path string, v any) {
	tables, ok := arrayOfTables(v)
	if !ok {
		l.blame(l.index.line(path), "case", "expected tables [[case]], got %s", describe(v))
		return
	}
	l.spec.Cases = nil
	var cases []Case
	for i, table := range tables {
		at := element(path, i)
		c := Case{Settings: map[string]any{}}
		l.caseSettings(&c, at, table)
		switch {
		case slices.ContainsFunc(cases, func(o Case) bool { return reflect.DeepEqual(o.Settings, c.Settings) }):
			l.blame(l.index.line(at), "case", "is the same as one before it")
		case slices.ContainsFunc(cases, func(o Case) bool { return o.String() == c.String() }):
			l.blame(l.index.line(at), "case.name", "%s is also the name of a case before it", mistake.Quote(c.String()))
		}
		cases = append(cases, c)
	}
	l.spec.Cases = cases
}

// caseSettings reads a table of settings into a case.
func (l *loader) caseSettings(c *Case, path string, table map[string]any) {
	if v, ok := table[caseName.Key]; ok {
		if name, ok := l.check(&caseName, dotted("case", caseName.Key), child(path, caseName.Key), v); ok {
			c.Name = name.(string)
		}
		table = maps.Clone(table)
		delete(table, caseName.Key)
	}
	l.settings("case", "vary", "", path, table, func(f *Setting, shown, path string, v any) {
		before, varies := l.varied[f.Key]
		if varies && slices.Contains(l.spec.sweepKeys(), f.Key) {
			l.blame(l.index.line(path), shown, "varies on line %d, too", l.index.line(before))
		}
		if !varies {
			l.varied[f.Key] = path
			l.spec.fix(f.Key) // in what is extended
		}
		if value, ok := l.check(f, shown, path, v); ok {
			c.Settings[f.Key] = value
		}
	})
}

// arrayOfTables returns a value as the library gives an array of tables, in either of its ways; false if it is none.
func arrayOfTables(v any) ([]map[string]any, bool) {
	tables, ok := v.([]map[string]any)
	if list, isList := v.([]any); isList {
		ok = true
		for _, e := range list {
			t, isTable := e.(map[string]any)
			ok = ok && isTable
			tables = append(tables, t)
		}
	}
	return tables, ok
}
