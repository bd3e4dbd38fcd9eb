package experiments_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/code"
	"cenet/experiments/network"
	"cenet/nn/model"
)

// embedded are the files that the program embeds to fingerprint the code.
func embedded(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("../main.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for line := range strings.Lines(string(text)) {
		patterns, ok := strings.CutPrefix(line, "//go:embed ")
		if !ok {
			continue
		}
		for _, pattern := range strings.Fields(patterns) {
			found, err := filepath.Glob(filepath.Join("..", pattern))
			if err != nil || len(found) == 0 {
				t.Errorf("%s: no files, %v", pattern, err)
			}
			for _, f := range found {
				files = append(files, filepath.ToSlash(strings.TrimPrefix(f, ".."+string(filepath.Separator))))
			}
		}
	}
	return files
}

// notFingerprinted are packages that those which compute a trial import, and why they need not be in its fingerprint.
var notFingerprinted = map[string]string{
	"nn/dataset/cifar": "the identity has a hash of the images", "nn/dataset/fetch": "the same", "nn/dataset/idx": "the same",
	"nn/dataset/jpeg": "the same",
	"nn/durable":      "files", "nn/half": "files", "nn/safetensors": "files", "nn/statedict": "names in files",
	"results":             "records and tables",
	"experiments/mistake": "errors", "experiments/spec": "the identity has the settings", "results/stats": "records and tables", "results/chart": "the same",
}

// Every package that takes part in computing a trial is fingerprinted, with all of its files.
func TestFingerprintedPackages(t *testing.T) {
	files := embedded(t)
	dirs := map[string]bool{}
	for _, f := range files {
		dirs[path.Dir(f)] = true
	}
	out, err := exec.Command("go", "list", "-tags", "opencl", "-deps", "cenet/experiments/network", "cenet/nn/train", "cenet/corrupt",
		"cenet/nn/opencl").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for pkg := range strings.FieldsSeq(string(out)) {
		dir, ours := strings.CutPrefix(pkg, "cenet/")
		if !ours {
			continue
		}
		seen[dir] = true
		if _, exempt := notFingerprinted[dir]; !dirs[dir] && !exempt {
			t.Errorf("%s computes trials, and main.go does not embed it", dir)
		} else if exempt && dirs[dir] {
			t.Errorf("%s is embedded, and listed as not", dir)
		}
		if _, exempt := notFingerprinted[dir]; exempt {
			continue
		}
		list, err := os.ReadDir(filepath.Join("..", dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			if ext := path.Ext(f.Name()); (ext == ".go" || ext == ".s") && !slices.Contains(files, dir+"/"+f.Name()) {
				t.Errorf("%s/%s is not embedded", dir, f.Name())
			}
		}
	}
	for dir := range notFingerprinted {
		if !seen[dir] {
			t.Errorf("%s computes no trial: there is no reason to list it", dir)
		}
	}
}

// runners are the networks, as block and backbone, in which a source takes part.
func runners(source string) (list []string) {
	for block := range network.Blocks {
		for backbone := range model.Backbones {
			if network.Runs(source, block, backbone) {
				list = append(list, block+" "+backbone)
			}
		}
	}
	slices.Sort(list)
	return list
}

// declared are the names that a file declares for its package, methods of types of other files among them.
func declared(file *ast.File) []string {
	var names, types []string
	for _, d := range file.Decls {
		if d, ok := d.(*ast.GenDecl); ok {
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					types = append(types, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	for _, d := range file.Decls {
		if d, ok := d.(*ast.FuncDecl); ok {
			receiver := ""
			if d.Recv != nil {
				ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && receiver == "" {
						receiver = id.Name
					}
					return true
				})
			}
			if !slices.Contains(types, receiver) {
				names = append(names, d.Name.Name)
			}
		}
	}
	return append(names, types...)
}

// A source that is not counted for some networks is used by no source that takes part in them: nothing that it declares is named there.
func TestOwnFilesAreNotShared(t *testing.T) {
	type source struct {
		name    string
		file    *ast.File
		runners []string
	}
	packages := map[string][]source{}
	all := 0
	for _, name := range embedded(t) {
		if _, ok := code.Registries[name]; ok || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || network.Studies(name) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		s := source{name, file, runners(name)}
		packages[path.Dir(name)] = append(packages[path.Dir(name)], s)
		all = max(all, len(s.runners))
	}
	own := 0
	for _, list := range packages {
		for _, s := range list {
			if len(s.runners) == all {
				continue
			}
			own++
			names := declared(s.file)
			for _, other := range list {
				if other.name == s.name || !slices.ContainsFunc(other.runners, func(r string) bool { return !slices.Contains(s.runners, r) }) {
					continue
				}
				used := map[string]bool{}
				ast.Inspect(other.file, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok && slices.Contains(names, id.Name) && !used[id.Name] {
						used[id.Name] = true
						t.Errorf("%s names %s, which %s declares for %d of %d networks alone", other.name, id.Name, s.name, len(s.runners), all)
					}
					return true
				})
			}
		}
	}
	if own < 10 {
		t.Errorf("only %d sources are a block's or a backbone's own", own)
	}
}
