package experiments_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// What nothing generates can be read in one sitting: a file, outside tests a function, and a line. Functions that write assembly are as
// long as what they write.
func TestLengths(t *testing.T) {
	const maxLines, maxFunction, maxLine = 500, 80, 140
	files := 0
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile("../" + path)
		if err != nil || bytes.Contains(text[:min(len(text), 300)], []byte("// Code generated")) {
			return err
		}
		files++
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d: is it one subject?", path, n, maxLines)
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		for i, line := range strings.Split(string(text), "\n") {
			if n := utf8.RuneCountInString(line); n > maxLine && !strings.HasPrefix(line, "//go:generate") {
				t.Errorf("%s:%d has %d characters, more than %d", path, i+1, n, maxLine)
			}
		}
		if strings.HasPrefix(path, "nn/kernel/gen/") {
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1; n > maxFunction {
				t.Errorf("%s: %s has %d lines, more than %d", path, f.Name.Name, n, maxFunction)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 300 {
		t.Errorf("only %d files were found", files)
	}
}
