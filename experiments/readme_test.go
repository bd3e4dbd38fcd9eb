package experiments_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// cells are those of a row of a Markdown table; nil where a line is none.
func cells(line string) []string {
	line = strings.TrimSpace(line)
	if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|-") || strings.HasPrefix(line, "|:") {
		return nil
	}
	list := strings.Split(strings.Trim(line, "|"), "|")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// A table of the README that names the file it is from has rows of that file, some of their columns.
func TestReadmeTables(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	if len(lines) > 201 {
		t.Errorf("%d lines, for a newcomer at most 200", len(lines))
	}
	source := regexp.MustCompile(`[Ff]rom .*\[results/[^]]*\]\((results/[^)]*\.md)\).*:$`)
	tables := 0
	for i, line := range lines {
		name := source.FindStringSubmatch(line)
		if name == nil {
			continue
		}
		tables++
		file, err := os.ReadFile(filepath.Join("..", name[1]))
		if err != nil {
			t.Error(err)
			continue
		}
		var rows [][]string
		for line := range strings.Lines(string(file)) {
			if row := cells(line); row != nil {
				rows = append(rows, row)
			}
		}
		count := 0
		for _, line := range lines[i+2:] {
			row := cells(line)
			if row == nil && strings.TrimSpace(line) == "" {
				break
			}
			if row == nil {
				continue
			}
			count++
			if !slices.ContainsFunc(rows, func(r []string) bool {
				return !slices.ContainsFunc(row, func(c string) bool { return !slices.Contains(r, c) })
			}) {
				t.Errorf("%s has no row with %q", name[1], row)
			}
		}
		if count < 2 {
			t.Errorf("no table behind %q", line)
		}
	}
	if tables == 0 {
		t.Error("no table of results")
	}
}
