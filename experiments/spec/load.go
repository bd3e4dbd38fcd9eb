package spec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"cenet/experiments/mistake"
)

const (
	// largestFile bounds the bytes of a file: it holds settings, not data.
	largestFile = 1 << 20
	// mostMistakes are reported at once.
	mostMistakes = 10
)

// Load reads the experiment in src, which comes from the file called name. The error joins Mistakes, in the order of their lines.
func Load(name string, src []byte, names Names) (*Spec, error) { return load(name, src, names, nil) }

// load is Load for a file that those of the given names extend.
func load(name string, src []byte, names Names, extending []string) (*Spec, error) {
	ours := names.embedded(name, src)
	if ours {
		names.NeedsDir = nil // the folder comes from the command line
	}
	l := &loader{
		ours:      ours,
		file:      mistake.OneLine(name),
		names:     names,
		paths:     map[string]string{},
		varied:    map[string]string{},
		extending: append(slices.Clone(extending), name),
		spec: &Spec{
			Name:    strings.TrimSuffix(filepath.Base(name), ".toml"),
			values:  map[string]any{},
			folders: map[string]string{},
			Names:   names,
		},
	}
	switch n := len(l.spec.Name); {
	case n == 0 || strings.IndexFunc(l.spec.Name, notInName) >= 0 || strings.HasPrefix(l.spec.Name, "-"):
		l.blame(1, "", "the results take the file's name: letters, digits, - and _ expected before .toml")
	case n > longestName:
		l.blame(1, "", "the results take the file's name, which has %d bytes: at most %d expected before .toml", n, longestName)
	}
	if tree := l.decode(src); tree != nil {
		fill(headSettings, nil, reflect.ValueOf(l.spec).Elem(), nil)
		l.base(tree)
		name, known := any(l.spec.Checks), true
		if v, ok := tree["check"]; ok {
			name, known = l.check(find(headSettings, "check"), "check", child("", "check"), v)
		}
		if known {
			l.spec.Checks = name.(string)
			l.head, l.own = l.spec.head(), l.spec.own()
			l.sections = sectionsOf(l.head, l.own)
			l.table("", "", tree)
			l.finish()
		}
	}
	if len(l.mistakes) > 0 {
		return nil, l.failure()
	}
	return l.spec, nil
}

// longestName is the largest number of bytes in the name of an experiment. A time, a host or a hash is added to it in the names of folders
// and files, which may have 255.
const longestName = 128

func notInName(r rune) bool {
	return !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_')
}

// decode returns the file as the library gives it, or nil.
func (l *loader) decode(src []byte) (tree map[string]any) {
	if len(src) > largestFile {
		l.blame(1, "", "larger than 1 MiB: an experiment's file holds settings, not data")
		return nil
	}
	if !utf8.Valid(src) {
		i := 0
		for i < len(src) {
			r, n := utf8.DecodeRune(src[i:])
			if r == utf8.RuneError && n == 1 {
				break
			}
			i += n
		}
		l.blame(1+bytes.Count(src[:i], []byte("\n")), "", "not valid TOML: the byte %#02x is not UTF-8", src[i])
		return nil
	}
	if l.index = locate(src); l.index.tooDeep > 0 {
		l.blame(l.index.tooDeep, "", "nested deeper than any setting")
		return nil
	}
	// The library panics on what it takes for an error of its own.
	defer func() {
		if r := recover(); r != nil {
			l.blame(1, "", "not valid TOML: %s", mistake.OneLine(fmt.Sprint(r)))
			tree = nil
		}
	}()
	if _, err := toml.Decode(string(src), &tree); err != nil {
		var p toml.ParseError
		if errors.As(err, &p) {
			l.blame(max(1, p.Position.Line), "", "not valid TOML: %s", mistake.OneLine(p.Message))
		} else {
			l.blame(1, "", "not valid TOML: %s", mistake.OneLine(err.Error()))
		}
		return nil
	}
	if tree == nil {
		tree = map[string]any{}
	}
	return tree
}

// mostBases bounds how many files may extend one another.
const mostBases = 8

// base begins from the experiment that the file extends, if it does.
func (l *loader) base(tree map[string]any) {
	_, l.extended = tree["extends"]
	name, ok := tree["extends"].(string)
	if !ok {
		return // not given, or of another type: reported with the other keys
	}
	line := l.index.line(child("", "extends"))
	path := name
	if strings.HasSuffix(name, ".toml") && !filepath.IsAbs(name) {
		path = filepath.Join(filepath.Dir(l.extending[len(l.extending)-1]), name)
	}
	file, src, err := l.names.Open(path)
	switch {
	case err != nil:
		l.blame(line, "extends", "%s", mistake.OneLine(err.Error()))
		return
	case slices.Contains(l.extending, file):
		l.blame(line, "extends", "%s extends itself", mistake.Quote(file))
		return
	case len(l.extending) > mostBases:
		l.blame(line, "extends", "more than %d files extend one another", mostBases)
		return
	}
	base, err := load(file, src, l.names, l.extending)
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		l.blame(line, "extends", "%s", mistake.OneLine(first))
		return
	}
	// Topic and expectations belong to the base: they are not inherited.
	base.Name, base.Names, base.Fixed, base.Topic, base.Expect = l.spec.Name, l.names, "", l.spec.Topic, l.spec.Expect
	l.spec = base
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
