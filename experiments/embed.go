package experiments

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// files are the experiments that come with the program.
//
//go:embed *.toml
var files embed.FS

// Embedded returns the names of the experiments that come with the program.
func Embedded() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("experiments: embedded folder unreadable")
	}
	var list []string
	for _, e := range entries {
		list = append(list, strings.TrimSuffix(e.Name(), ".toml"))
	}
	slices.Sort(list)
	return list
}

// Open returns the source of an experiment and the name of its file. What ends
// in .toml or has a separator in it is the path of a file, all else the name
// of an experiment that comes with the program.
func Open(nameOrPath string) (file string, src []byte, err error) {
	if strings.HasSuffix(nameOrPath, ".toml") || strings.ContainsRune(nameOrPath, '/') ||
		strings.ContainsRune(nameOrPath, os.PathSeparator) {
		src, err = readFile(nameOrPath)
		return nameOrPath, src, err
	}
	file = nameOrPath + ".toml"
	if src, err = files.ReadFile(file); err != nil {
		known := Embedded()
		return "", nil, fmt.Errorf("unknown experiment %s; %s; a file of your own is given by its path, ending in .toml",
			quote(nameOrPath), nearestOf(nameOrPath, known))
	}
	return file, src, nil
}

// embedded tells whether src is what comes with the program as the file called name.
func embedded(name string, src []byte) bool {
	own, err := files.ReadFile(name)
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
