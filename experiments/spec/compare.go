package spec

import (
	"fmt"
	"maps"
	"slices"

	"cenet/experiments/mistake"
)

// named is the setting that stands for the cases with names.
var named = Setting{Key: CaseKey, Kind: String, Doc: "names of cases"}

// compare reads the table of comparisons: of a setting two values, or a list of such pairs. Keys are as in the sweep, or CaseKey for the
// names of cases. Equal is in it, too.
func (l *loader) compare(path string, table map[string]any) {
	l.spec.Compare, l.spec.Equal = nil, Equal{} // those of a file that it extends
	if v, ok := table[CaseKey]; ok {
		shown := dotted("compare", CaseKey)
		l.claim(shown, shown, child(path, CaseKey))
		l.pairs(&named, shown, child(path, CaseKey), v)
		table = maps.Clone(table)
		delete(table, CaseKey)
	}
	l.settings("compare", "be compared", "", path, table, func(f *Setting, shown, path string, v any) {
		if l.claim(shown, shown, path) {
			l.pairs(f, shown, path, v)
		}
	})
}

// pairs reads what is compared of one setting.
func (l *loader) pairs(f *Setting, shown, path string, v any) {
	list, ok := v.([]any)
	if ok && len(list) > 0 && (!f.Kind.isList() || nested(list[0])) {
		if _, several := list[0].([]any); several {
			for i, pair := range list {
				l.pair(f, shown, element(path, i), pair)
			}
			return
		}
	}
	l.pair(f, shown, path, v)
}

// nested reports whether a value is a list of lists.
func nested(v any) bool {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return false
	}
	_, ok = list[0].([]any)
	return ok
}

func (l *loader) pair(f *Setting, shown, path string, v any) {
	list, ok := v.([]any)
	if !ok || len(list) != 2 {
		l.blame(l.index.line(path), shown, "expected two values, the one claimed to be better first, or a list of such pairs; got %s",
			describe(v))
		return
	}
	a, okA := l.check(f, shown, element(path, 0), list[0])
	b, okB := l.check(f, shown, element(path, 1), list[1])
	if !okA || !okB {
		return
	}
	if canonical(a) == canonical(b) {
		l.blame(l.index.line(path), shown, "compares %s with itself", display(a))
		return
	}
	l.spec.Compare = append(l.spec.Compare, Compared{f.Key, a, b})
}

// unnamed returns the sides of a comparison that are the name of no case.
func (s *Spec) unnamed(c Compared) (list []conflict) {
	var names []string
	for _, k := range s.Cases {
		names = append(names, k.String())
	}
	for _, v := range []any{c.Value, c.Against} {
		if name := v.(string); !slices.Contains(names, name) {
			list = append(list, conflict{[]string{dotted("compare", CaseKey)}, "no case has the name " + mistake.Quote(name) + "; " +
				mistake.NearestOf(name, names)})
		}
	}
	return list
}

// uncompared returns the comparisons that no two trials make.
func (s *Spec) uncompared() []conflict {
	var list []conflict
	if s.Equal.Within > 0 && len(s.Compare) == 0 {
		list = append(list, conflict{[]string{"compare.within"}, "nothing is compared: expected two values of a setting in [compare], too"})
	}
	var pairs []string
	for _, c := range s.Compare {
		pairs = append(pairs, fmt.Sprintf("%v > %v", c.Value, c.Against))
	}
	for _, shown := range s.Topic.Shows {
		if !slices.Contains(pairs, shown) {
			list = append(list, conflict{[]string{"topic.shows"}, "[compare] has no " + mistake.Quote(shown) + "; " +
				mistake.NearestOf(shown, pairs)})
		}
	}
	for _, c := range s.Compare {
		if c.Key == CaseKey {
			list = append(list, s.unnamed(c)...)
			continue
		}
		if _, fixed := s.values[c.Key]; fixed && !slices.Contains(s.Axes(), c.Key) {
			if len(s.changes) > 0 {
				continue // a change took the axis away
			}
		}
		shown := dotted("compare", c.Key)
		if !slices.Contains(s.Columns(), c.Key) {
			list = append(list, conflict{[]string{shown}, doesNotVary(c.Key, s.Columns())})
			continue
		}
		taken := map[string]bool{}
		for values := range s.combinations {
			setup := s.setup(values)
			taken[canonical(setup.Get(c.Key))] = true
		}
		for _, v := range []any{c.Value, c.Against} {
			if !taken[canonical(v)] && len(s.changes) == 0 {
				list = append(list, conflict{[]string{shown}, fmt.Sprintf("%s is no value that %s takes", display(v), mistake.Quote(c.Key))})
			}
		}
	}
	return list
}
