package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"cenet/experiments/mistake"
)

// Embedded returns the names of the experiments that come with the program.
func (n Names) Embedded() []string {
	var list []string
	if n.Files == nil {
		return nil
	}
	files, err := fs.Glob(n.Files, "*.toml")
	if err != nil {
		panic("spec: bad pattern")
	}
	for _, f := range files {
		list = append(list, strings.TrimSuffix(f, ".toml"))
	}
	slices.Sort(list)
	return list
}

// Open returns the source of an experiment and the name of its file. What ends in .toml or has a separator in it is the path of a file, all
// else the name of an experiment that comes with the program.
func (n Names) Open(nameOrPath string) (file string, src []byte, err error) {
	if strings.HasSuffix(nameOrPath, ".toml") || strings.ContainsRune(nameOrPath, '/') ||
		strings.ContainsRune(nameOrPath, os.PathSeparator) {
		src, err = readFile(nameOrPath)
		return nameOrPath, src, err
	}
	file = nameOrPath + ".toml"
	if known := n.Embedded(); !slices.Contains(known, nameOrPath) {
		return "", nil, fmt.Errorf("unknown experiment %s; nearest: %q (`./reproduce.sh list` has all %d); a file of your own is given by its "+
			"path, ending in .toml",
			mistake.Quote(nameOrPath), mistake.Nearest(nameOrPath, known), len(known))
	}
	src, err = fs.ReadFile(n.Files, file)
	return file, src, err
}

// LoadNamed opens an experiment and loads it.
func (n Names) LoadNamed(nameOrPath string) (*Spec, error) {
	file, src, err := n.Open(nameOrPath)
	if err != nil {
		return nil, err
	}
	s, err := Load(file, src, n)
	if err == nil && !n.embedded(file, src) {
		s.Path, err = filepath.Abs(file)
	}
	return s, err
}

// embedded tells whether src is what comes with the program as the file called name.
func (n Names) embedded(name string, src []byte) bool {
	if n.Files == nil || !fs.ValidPath(name) {
		return false
	}
	own, err := fs.ReadFile(n.Files, name)
	return err == nil && bytes.Equal(own, src)
}

// readFile reads a file as far as Load would take it.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, largestFile+1))
}

// largestFile bounds the bytes of a file: it holds settings, not data.
const largestFile = 1 << 20

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
	// What was fixed, the topic and the expectations are the base's own: they are not inherited.
	base.Name, base.Names, base.Fixed, base.Topic, base.Expect = l.spec.Name, l.names, "", l.spec.Topic, l.spec.Expect
	l.spec = base
}
