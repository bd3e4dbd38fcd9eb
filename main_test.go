package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const good = `title = "t"
seeds = [1]
[data]
source = "fashion-mnist"
[model]
backbone = "resnet20"
[train]
epochs = 1
batch = 16
lr = 0.1
[sweep]
model.block = ["none", "ce"]
`

// What a user gets wrong in a file is one line that names the file, and exit status 2.
func TestBadFiles(t *testing.T) {
	for name, change := range map[string][2]string{
		"syntax":             {`title = "t"`, `title = "t`},
		"unknown key":        {`epochs = 1`, "epochs = 1\nepoch = 2"},
		"unknown table":      {`[data]`, "[date]\nx = 1\n[data]"},
		"unknown backbone":   {`resnet20`, `resnet21`},
		"unknown source":     {`fashion-mnist`, `fashion-minst`},
		"unknown block":      {`"ce"]`, `"cee"]`},
		"string for number":  {`epochs = 1`, `epochs = "1"`},
		"number for string":  {`"resnet20"`, `20`},
		"fraction":           {`epochs = 1`, `epochs = 1.5`},
		"zero epochs":        {`epochs = 1`, `epochs = 0`},
		"negative batch":     {`batch = 16`, `batch = -16`},
		"infinite rate":      {`lr = 0.1`, `lr = inf`},
		"rate not a number":  {`lr = 0.1`, `lr = nan`},
		"no seeds":           {`seeds = [1]`, `seeds = []`},
		"seeds twice":        {`seeds = [1]`, `seeds = [1, 1]`},
		"negative seed":      {`seeds = [1]`, `seeds = [-1]`},
		"missing rate":       {"lr = 0.1\n", ""},
		"missing title":      {"title = \"t\"\n", ""},
		"empty sweep":        {`["none", "ce"]`, `[]`},
		"sweep over nothing": {`model.block =`, `model.blocks =`},
		"sweep of wrong":     {`["none", "ce"]`, `["none", 3]`},
		"duplicate key":      {`lr = 0.1`, "lr = 0.1\nlr = 0.2"},
		"folder without dir": {`"fashion-mnist"`, `"folder"`},
		"momentum":           {`lr = 0.1`, "lr = 0.1\nmomentum = 1.0"},
	} {
		if !strings.Contains(good, change[0]) {
			t.Fatalf("%s: nothing to change", name)
		}
		path := filepath.Join(t.TempDir(), "bad.toml")
		if err := os.WriteFile(path, []byte(strings.Replace(good, change[0], change[1], 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		var out, errs bytes.Buffer
		if status := run([]string{"validate", path}, &out, &errs); status != 2 {
			t.Errorf("%s: exit status %d", name, status)
		}
		line := strings.TrimSuffix(errs.String(), "\n")
		if !strings.HasPrefix(line, path) || strings.Contains(line, "\n") {
			t.Errorf("%s: not one line that names the file: %q", name, line)
		}
		t.Logf("%-20s %s", name, strings.TrimPrefix(line, filepath.Dir(path)))
	}
}

func TestBadArguments(t *testing.T) {
	for _, args := range [][]string{
		{"tabel1"}, {"table1", "--seed", "1"}, {"table1", "--seeds", "one"}, {"table1", "--epochs", "-1"}, {"table1", "--workers", "-1"},
		{"table1", "table2"}, {"summary"}, {"summary", "resnet19"}, {"summary", "resnet18", "--block", "cee"}, {"validate"}, {"render"},
		{"prop1", "--epochs", "3"}, {"prop1", "--case", "/nowhere"}, {"table1", "--case", "/nowhere"}, {"nash", "--set", "nash.game=1"},
		{"validate", "missing.toml"}, {"fetch", "cifar11"}, {"table1", "--data", "/nowhere"},
	} {
		var out, errs bytes.Buffer
		if status := run(args, &out, &errs); status != 2 {
			t.Errorf("%v: exit status %d, want 2: %s", args, status, errs.String())
		}
		if n := strings.Count(errs.String(), "\n"); n != 1 {
			t.Errorf("%v: %d lines: %q", args, n, errs.String())
		}
	}
}

func TestHelp(t *testing.T) {
	for _, c := range commands[1:] {
		var out, errs bytes.Buffer
		if status := run([]string{c.name, "--help"}, &out, &errs); status != 0 || !strings.Contains(out.String(), c.about) || errs.Len() > 0 {
			t.Errorf("%s --help: exit status %d: %s%s", c.name, status, out.String(), errs.String())
		}
	}
	for _, args := range [][]string{
		nil, {"--help"}, {"table1", "--help"}, {"list"}, {"list", "--help"}, {"validate", "--help"}, {"render", "--help"},
		{"summary", "--help"}, {"fetch", "--help"}, {"test", "--help"}, {"summary", "resnet18", "--block", "ce"},
	} {
		var out, errs bytes.Buffer
		if status := run(args, &out, &errs); status != 0 || out.Len() == 0 {
			t.Errorf("%v: exit status %d, %d bytes", args, status, out.Len())
		}
	}
}

// A statement that must hold and fails is exit status 1: here a block whose output is not what its input gives.
func TestUnconfirmed(t *testing.T) {
	const block = `{"Check": "nash", "Origin": "made up", "Arrays": {"noise": [[1, 1]], "beta": [[0, 0]], "pixels": [[2]], "steps": [[3]],
		"epsilon": [[1e-5]], "lambda": [[1]], "rescale": [[0]], "input": [[1, 0], [-1, 0.5]], "output": [[1, 2], [3, 4]]}}`
	path := filepath.Join(t.TempDir(), "case.json")
	if err := os.WriteFile(path, []byte(block), 0o644); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if status := run([]string{"nash", "--case", path}, &out, &errs); status != 1 {
		t.Errorf("exit status %d", status)
	}
	if !strings.Contains(errs.String(), "identity: must hold, but fails") || !strings.Contains(out.String(), "fails here") {
		t.Errorf("not told: %q, %q", errs.String(), out.String())
	}
}
