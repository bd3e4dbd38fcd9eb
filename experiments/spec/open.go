package spec

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
