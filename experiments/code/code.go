// Package code fingerprints the sources that compute a trial, so that a result of other code is not taken for one of this code. Comments and
// formatting do not count.
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

// A Set is sources by path, each with its hash. An entry of a registry is a source of its own, under FILE[ENTRY].
type Set map[string]string

// Registries are the maps whose entries are sources of their own, by the file they are in: a new entry changes no other.
var Registries = map[string]string{"experiments/network/registry.go": "Blocks", "nn/model/spec.go": "Backbones"}

// Read returns the sources in a tree of files: Go without tests, assembly and OpenCL.
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

// addGo adds a Go file, and the entries of its registry by themselves.
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

// entries are those of a map of a package, with strings as keys.
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

// tokens are those of Go text, a line each, without the tokens that formatting alone adds: semicolons and commas before a closing bracket. Comments are none
// of them, but for directives of the compiler.
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

// withoutComments is text of assembly or OpenCL without // and /* */ comments, each run of spaces one space, without empty lines.
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

// Those are the sources for which a condition holds.
func (s Set) Those(counts func(name string) bool) Set {
	some := Set{}
	for name, h := range s {
		if counts(name) {
			some[name] = h
		}
	}
	return some
}

// Fingerprint is the same for the same sources; "" of none.
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

// Changed names the sources that are not the same in both, in the order of the alphabet.
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
