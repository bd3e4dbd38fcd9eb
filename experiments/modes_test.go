package experiments_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// The umask alone says who may read and write what the program makes: folders begin with 0777 and files with 0666. Temporary files that are
// closed to others, as os.CreateTemp makes them, would stay closed under their last name.
func TestModes(t *testing.T) {
	modes := map[string]string{"Mkdir": "0o777", "MkdirAll": "0o777", "OpenFile": "0o666", "WriteFile": "0o666"}
	seen := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && (strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if pkg, ok := f.X.(*ast.Ident); !ok || pkg.Name != "os" {
				return true
			}
			if f.Sel.Name == "CreateTemp" {
				t.Errorf("%s: os.CreateTemp makes a file for its owner alone", files.Position(call.Pos()))
			}
			want := modes[f.Sel.Name]
			if want == "" {
				return true
			}
			seen++
			mode, ok := call.Args[len(call.Args)-1].(*ast.BasicLit)
			if !ok || mode.Value != want && mode.Value != "0" { // 0: the file is there already
				t.Errorf("%s: os.%s: expected the mode %s", files.Position(call.Pos()), f.Sel.Name, want)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 10 {
		t.Errorf("only %d calls were found", seen)
	}
}
