package experiments_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cenet/experiments/cli"
)

// cells returns the cells of a row of a Markdown table; nil if the line is not a row.
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
			t.Errorf("no table after %q", line)
		}
	}
	if tables == 0 {
		t.Error("no table of results")
	}
}

// blocks are the indented blocks of a text, each without its indentation.
func blocks(text string) []string {
	var list []string
	var block []string
	end := func() {
		if b := strings.TrimSpace(strings.Join(block, "\n")); b != "" {
			list = append(list, b+"\n")
		}
		block = nil
	}
	for _, line := range append(strings.Split(text, "\n"), "end") {
		inner, indented := strings.CutPrefix(line, "    ")
		if !indented && strings.TrimSpace(line) != "" {
			end()
		} else {
			block = append(block, inner)
		}
	}
	return list
}

// program runs the command line on words and returns what it prints.
func program(words ...string) (status int, out string) {
	var text bytes.Buffer
	status = cli.Run(words, &text, &text)
	return status, text.String()
}

// The experiments that the README shows are valid, as they are printed.
func TestReadmeExperiments(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CENET_ROOT", t.TempDir())
	found := 0
	for _, block := range blocks(string(text)) {
		if !strings.Contains(block, "title = \"") {
			continue
		}
		found++
		path := filepath.Join(t.TempDir(), "my.toml")
		if err := os.WriteFile(path, []byte(block), 0o644); err != nil {
			t.Fatal(err)
		}
		if status, out := program("validate", path); status != 0 {
			t.Errorf("status %d: %s\n%s", status, out, block)
		}
	}
	if found == 0 {
		t.Error("no experiment in the README")
	}
}

// Each command of the README exists, and has the flags that the README names with it.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CENET_ROOT", t.TempDir())
	var lines []string // each with the commands and flags that belong together
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "    ") {
			lines = append(lines, line)
		}
	}
	for _, block := range blocks(string(text)) {
		for line := range strings.Lines(block) {
			if strings.HasPrefix(line, "./reproduce.sh") {
				command, _, _ := strings.Cut(line, "#")
				lines = append(lines, "`"+strings.TrimSpace(command)+"`")
			}
		}
	}
	quoted := regexp.MustCompile("`([^`]+)`")
	flags := regexp.MustCompile(`--[a-z][a-z-]*`)
	commands := 0
	for _, line := range lines {
		first, _, isRow := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		named := quoted.FindAllStringSubmatch(first, -1)
		if len(named) == 0 || !strings.HasPrefix(named[0][1], "./reproduce.sh") {
			named, isRow = quoted.FindAllStringSubmatch(line, -1), false
		}
		help := ""
		for _, q := range named {
			words := strings.Fields(q[1])
			if words[0] == "./reproduce.sh" {
				words = words[1:]
			} else if !isRow { // of a row, each word in quotes is a command
				continue
			}
			if len(words) == 0 || words[0] == "NAME" || words[0] == "FILE.toml" || strings.Contains(words[0], "/") {
				words = []string{"table1"}
			}
			commands++
			status, out := program(words[0], "--help")
			if status != 0 {
				t.Errorf("%s --help: status %d: %s", words[0], status, out)
			}
			help += out
			for _, flag := range flags.FindAllString(q[1], -1) {
				if !strings.Contains(out, flag) {
					t.Errorf("%q: no flag %s in\n%s", q[1], flag, out)
				}
			}
		}
		if help == "" {
			continue
		}
		for _, flag := range flags.FindAllString(line, -1) {
			if flag != "--help" && !strings.Contains(help, flag) {
				t.Errorf("no command of this line has %s: %s", flag, line)
			}
		}
	}
	if commands < 30 {
		t.Errorf("only %d commands in the README", commands)
	}
}
