// Package code fingerprints the sources that compute a trial, so that results of other code are recognised. Comments and formatting do
// not count.
package code

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Set maps the path of each source to its hash. Each entry of a registry is a separate source with the path FILE[ENTRY].
type Set map[string]string

// Registries names, by file, the maps whose entries are separate sources: a new entry leaves the hashes of the others as they are.
var Registries = map[string]string{"experiments/network/registry.go": "Blocks", "nn/model/spec.go": "Backbones"}

// Read returns the sources in a tree of files: Go except for tests, assembly and OpenCL.
func Read(files fs.FS) (Set, error) {
	set := Set{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		switch path.Ext(name) {
		case ".go":
			return set.addGo(name, text)
		case ".s", ".cl":
			set[name] = hash(withoutComments(text))
		}
		return nil
	})
	return set, err
}

// addGo adds a Go file, and each entry of its registry as a separate source.
func (s Set) addGo(name string, text []byte) error {
	registry, ok := Registries[name]
	if !ok {
		s[name] = hash(tokens(text))
		return nil
	}
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, text, 0)
	if err != nil {
		return err
	}
	rest := bytes.Clone(text)
	for _, e := range entries(file, registry) {
		from, to := positions.Position(e.Pos()).Offset, positions.Position(e.End()).Offset
		key, err := strconv.Unquote(e.Key.(*ast.BasicLit).Value)
		if err != nil {
			return err
		}
		s[name+"["+key+"]"] = hash(tokens(text[from:to]))
		for i := from; i < to; i++ {
			rest[i] = ' '
		}
	}
	s[name] = hash(tokens(rest))
	return nil
}

// entries returns the entries of a package-level map literal with string keys.
func entries(file *ast.File, name string) (list []*ast.KeyValueExpr) {
	for _, d := range file.Decls {
		vars, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range vars.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || len(v.Names) != 1 || v.Names[0].Name != name || len(v.Values) != 1 {
				continue
			}
			literal, ok := v.Values[0].(*ast.CompositeLit)
			if !ok {
				continue
			}
			for _, e := range literal.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := kv.Key.(*ast.BasicLit); ok && key.Kind == token.STRING {
						list = append(list, kv)
					}
				}
			}
		}
	}
	return list
}

// tokens returns the tokens of Go text, one a line. It leaves out comments, except for compiler directives, and tokens that only
// formatting adds: semicolons and commas before a closing bracket.
func tokens(text []byte) []byte {
	var s scanner.Scanner
	files := token.NewFileSet()
	s.Init(files.AddFile("", files.Base(), len(text)), text, nil, scanner.ScanComments)
	var out []byte
	separator := ""
	for {
		_, t, literal := s.Scan()
		switch {
		case t == token.EOF:
			return out
		case t == token.COMMENT && !strings.HasPrefix(literal, "//go:"):
			continue
		case t == token.SEMICOLON || t == token.COMMA:
			separator = t.String() + "\n"
			continue
		case t == token.RPAREN || t == token.RBRACE || t == token.RBRACK:
			separator = ""
		}
		out = append(out, separator...)
		separator = ""
		if literal == "" {
			literal = t.String()
		}
		out = append(append(out, literal...), '\n')
	}
}

// withoutComments removes // and /* */ comments and empty lines from assembly or OpenCL, and makes each run of spaces one space.
func withoutComments(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		switch {
		case bytes.HasPrefix(text, []byte("//")):
			end := bytes.IndexByte(text, '\n')
			if end < 0 {
				end = len(text)
			}
			text = text[end:]
		case bytes.HasPrefix(text, []byte("/*")):
			end := bytes.Index(text, []byte("*/"))
			if end < 0 {
				return out
			}
			text = text[end+2:]
			out = append(out, ' ')
		default:
			out, text = append(out, text[0]), text[1:]
		}
	}
	var lines []byte
	for line := range bytes.Lines(out) {
		if words := bytes.Fields(line); len(words) > 0 {
			lines = append(append(lines, bytes.Join(words, []byte(" "))...), '\n')
		}
	}
	return lines
}

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Filter returns the sources whose names satisfy a condition.
func (s Set) Filter(counts func(name string) bool) Set {
	some := Set{}
	for name, h := range s {
		if counts(name) {
			some[name] = h
		}
	}
	return some
}

// Fingerprint is a hash of all sources; "" for an empty set.
func (s Set) Fingerprint() string {
	if len(s) == 0 {
		return ""
	}
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(h, "%s %s\n", s[name], name)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Changed lists the sources that differ between two sets, sorted by name.
func Changed(a, b Set) []string {
	var list []string
	for name := range a {
		if b[name] != a[name] {
			list = append(list, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}
