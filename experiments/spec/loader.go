package spec

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"cenet/experiments/mistake"
)

// Mistake is one thing wrong with a file.
type Mistake struct {
	File string
	Line int    // from 1; 1 also where no line is to blame
	Key  string // dotted; "" if it is not about a key
	Text string
}

// Error is one line, as in "table1.toml:12: train.lr: ...".
func (m *Mistake) Error() string {
	s := fmt.Sprintf("%s:%d: ", m.File, m.Line)
	if m.Key != "" {
		s += m.Key + ": "
	}
	return s + m.Text
}

// loader turns what the TOML library makes of a file into a spec.
type loader struct {
	file     string
	names    Names
	spec     *Spec
	index    *index
	paths    map[string]string // where each key is given outside the sweep and the cases, by dotted key
	varied   map[string]string // where each key is given in the sweep or in a case; it overrides the one outside
	mistakes []*Mistake

	head, own []Setting // that the file may give: see Spec.head and Spec.own
	sections  []string  // the tables that it may have

	ours      bool     // the file comes with the program
	extending []string // the files under way, this one last
	extended  bool     // whether it extends another, whose required keys it need not repeat
}

// table reads a table of the file. key is its dotted key, path its path in the index, both "" for the file itself.
func (l *loader) table(key, path string, table map[string]any) {
	for _, k := range l.inOrder(path, table) {
		key, path, v := dotted(key, k), child(path, k), table[k]
		key, v = l.renamed(key, path, v)
		sub, isTable := v.(map[string]any)
		head, own := find(l.head, key), find(l.own, key)
		switch {
		case key == "check": // read already
		case head != nil || own != nil:
			if l.claim(key, key, path) {
				l.give(cmp.Or(head, own), path, v)
			}
		case slices.Contains(special, key) && l.spec.Checks == "":
			l.special(key, path, v)
		case !slices.Contains(l.sections, key):
			l.unknown("", key, path, v)
		case !isTable:
			l.blame(l.index.line(path), key, "expected the table [%s], got %s", key, describe(v))
		default:
			l.table(key, path, sub)
		}
	}
}

// give reads the value of a setting of the experiment, of all trials, or of the check.
func (l *loader) give(f *Setting, path string, v any) {
	value, ok := l.check(f, f.Key, path, v)
	if !ok {
		return
	}
	if find(l.own, f.Key) == nil {
		f.set(reflect.ValueOf(l.spec).Elem(), value)
		return
	}
	if _, varies := l.varied[f.Key]; l.extended && !varies {
		l.spec.fix(f.Key)
	}
	l.spec.values[f.Key] = l.fromHere(f.Key, value)
}

// special reads one of the special tables.
func (l *loader) special(key, path string, v any) {
	sub, isTable := v.(map[string]any)
	switch {
	case key == "paper":
		l.paper(path, v)
	case key == "case":
		l.cases(path, v)
	case !isTable:
		l.blame(l.index.line(path), key, "expected the table [%s], got %s", key, describe(v))
	case key == "sweep":
		l.sweep(path, sub)
	default:
		l.compare(path, sub)
	}
}

// sectionsOf are the tables of settings, and those in them.
func sectionsOf(settings ...[]Setting) (list []string) {
	for _, key := range keys(slices.Concat(settings...)) {
		for i, c := range key {
			if c == '.' && !slices.Contains(list, key[:i]) {
				list = append(list, key[:i])
			}
		}
	}
	return list
}

// fromHere is a value as it is kept: a folder that a file of the user's names is relative to that file, as what it extends is.
func (l *loader) fromHere(key string, value any) any {
	dir, ok := value.(string)
	if key != "data.dir" || !ok || dir == "" || filepath.IsAbs(dir) || l.ours {
		return value
	}
	return filepath.Join(l.folder(), dir)
}

// folder is that of the file.
func (l *loader) folder() string { return filepath.Dir(l.extending[len(l.extending)-1]) }

// claim notes that a key is given at path; false if it has been before. shown is the key with the table that it is in.
func (l *loader) claim(shown, key, path string) bool {
	before, twice := l.paths[key]
	if twice {
		l.blame(l.index.line(path), shown, "is given on line %d, too", l.index.line(before))
		return false
	}
	l.paths[key] = path
	return true
}

// check is Setting.check with the line of what is wrong.
func (l *loader) check(s *Setting, shown, path string, v any) (any, bool) {
	value, f := s.check(v, &l.names)
	if f == nil {
		if s.Key == WeightsKey && !l.ours {
			l.spec.folders[value.(string)] = l.folder()
		}
		return value, true
	}
	if f.elem >= 0 {
		path = element(path, f.elem)
	}
	l.blame(l.index.line(path), shown, "%s", f.text)
	return nil, false
}

// unknown reports an unknown key. within is the table whose keys are meant, "" for the file itself.
func (l *loader) unknown(within, key, path string, v any) {
	shown, line := dotted(within, mistake.Plain(key)), l.index.line(path)
	switch v.(type) {
	case map[string]any, []map[string]any:
		if within == "" && l.spec.Checks == "" && !strings.Contains(key, ".") {
			l.blame(line, shown, "unknown table; nearest: [%s]", mistake.Nearest(key, append(slices.Clone(special), l.sections...)))
			return
		}
	}
	known := keys(l.own)
	if within == "" {
		known = append(keys(l.head), known...)
	} else if within == "compare" {
		known = append(known, "within")
	}
	l.blame(line, shown, "unknown key%s; nearest: %q", l.spec.ofCheck(), dotted(within, nearestKey(key, known)))
}

// lineOf returns the line of the first of keys that the file gives.
func (l *loader) lineOf(keys []string) int {
	for _, key := range keys {
		path, ok := l.varied[key]
		if !ok {
			path, ok = l.paths[key]
		}
		if ok {
			return l.index.line(path)
		}
	}
	return 1
}

// given reports whether the file gives a key, outside the sweep and the cases or in them.
func (l *loader) given(key string) bool {
	_, outside := l.paths[key]
	_, inside := l.varied[key]
	return outside || inside
}

// shown returns a key with the table that it is in, the sweep or its own.
func (l *loader) shown(key string) string {
	if slices.Contains(l.spec.Axes(), key) {
		return dotted("sweep", key)
	}
	return key
}

// inOrder returns the keys of a table in the order of the file.
func (l *loader) inOrder(path string, table map[string]any) []string {
	list := make([]string, 0, len(table))
	for k := range table {
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(
			cmp.Compare(l.index.order(child(path, a)), l.index.order(child(path, b))),
			cmp.Compare(a, b))
	})
	return list
}

// renamed is current for a key of the file: it notes the warning with its line.
func (l *loader) renamed(key, path string, v any) (string, any) {
	now, value, warning := current(key, v)
	if warning != "" {
		l.spec.Warnings = append(l.spec.Warnings, fmt.Sprintf("%s:%d: %s", l.file, l.index.line(path), warning))
	}
	return now, value
}

// special are the tables of a file with trials that hold more than one value of a setting.
var special = []string{"sweep", "case", "paper", "compare"}

// finish checks what concerns more than one key.
func (l *loader) finish() {
	if !l.extended {
		l.required(l.head)
		l.required(l.own)
	}
	if len(l.mistakes) > 0 {
		return // later checks would only repeat them
	}
	if l.spec.Count() > MostTrials {
		l.blame(l.index.line(child("", "sweep")), "sweep", "makes more than %d trials", MostTrials)
		return
	}
	for _, c := range l.spec.conflicts() {
		l.blame(l.lineOf(c.keys), l.shown(c.keys[0]), "%s", c.text)
	}
	for _, f := range l.spec.idle() {
		if l.given(f.Key) { // what is extended may have had a use for the others
			l.blame(l.lineOf([]string{f.Key}), l.shown(f.Key), "has no effect: no trial has %s", f.needs.text)
		}
	}
}

// required reports keys that must be given and are not.
func (l *loader) required(settings []Setting) {
	for _, f := range settings {
		if _, ok := l.paths[f.Key]; ok || !f.Required || l.alwaysVaried(f.Key) {
			continue
		}
		text := f.Doc
		if known := f.choices(&l.names); known != nil {
			text += " (known: " + strings.Join(known, ", ") + ")"
		}
		section, _, _ := strings.Cut(f.Key, ".")
		if slices.ContainsFunc(l.mistakes, func(m *Mistake) bool { return m.Key == section }) {
			continue // it is no table
		}
		l.blame(l.index.line(child("", section)), f.Key, "missing: %s", text)
	}
}

// alwaysVaried reports whether the sweep or each of the cases gives a key.
func (l *loader) alwaysVaried(key string) bool {
	cases := l.spec.Cases
	return slices.Contains(l.spec.sweepKeys(), key) ||
		len(cases) > 0 && !slices.ContainsFunc(cases, func(c Case) bool { _, ok := c.Settings[key]; return !ok })
}

// blame notes a mistake on a line.
func (l *loader) blame(line int, key, format string, args ...any) {
	l.mistakes = append(l.mistakes, &Mistake{l.file, line, key, fmt.Sprintf(format, args...)})
}

// mostMistakes are reported at once.
const mostMistakes = 10

// failure joins the mistakes.
func (l *loader) failure() error {
	slices.SortStableFunc(l.mistakes, func(a, b *Mistake) int { return cmp.Compare(a.Line, b.Line) })
	var list []error
	for i, m := range l.mistakes {
		if i == mostMistakes && len(l.mistakes) > mostMistakes {
			list = append(list, &Mistake{l.file, m.Line, "", fmt.Sprintf("and %d more", len(l.mistakes)-i)})
			break
		}
		list = append(list, m)
	}
	return errors.Join(list...)
}
