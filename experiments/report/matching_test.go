package report

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/results"
)

// names returns the names of a program with one experiment.
func names() spec.Names {
	n := spectest.Names()
	n.Files = fstest.MapFS{"table1.toml": {Data: []byte(spectest.Tiny)}}
	return n
}

// file writes an experiment and loads it as a user's file.
func file(t *testing.T, path, text string) *spec.Spec {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := names().LoadNamed(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Files with the same base name, or with the name of a built-in experiment, have separate folders.
func TestFoldersOfFiles(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "results")
	seen := map[string]string{}
	for _, path := range []string{"a/my.toml", "b/my.toml", "c/my.toml", "d/table1.toml"} {
		s := file(t, filepath.Join(dir, path), spectest.Tiny)
		if _, err := Begin(s, out, false); err != nil {
			t.Fatal(err)
		}
		folder := s.Folder(out, false)
		if other, taken := seen[folder]; taken || folder == filepath.Join(out, "table1") {
			t.Errorf("%s is in %s, as %s is", path, folder, other)
		}
		seen[folder] = path
		if again := file(t, filepath.Join(dir, path), spectest.Tiny).Folder(out, false); again != folder {
			t.Errorf("%s is in %s, then in %s", path, folder, again)
		}
		if !strings.Contains(s.Command(), filepath.Join(dir, path)) {
			t.Errorf("the command of %s is %s", path, s.Command())
		}
	}
}

// Records with other settings do not match the file.
func TestMatching(t *testing.T) {
	s := file(t, filepath.Join(t.TempDir(), "my.toml"), spectest.Tiny)
	var records []results.Record
	for _, trial := range s.Trials() {
		records = append(records, results.Record{Kind: results.KindTrial, Name: trial.String(), Settings: trial.Settings()})
	}
	matching, err := Matching(s, false, records)
	if err != nil || len(matching) != len(records) {
		t.Fatalf("%d of %d records, %v", len(matching), len(records), err)
	}
	if err := s.Set("train.epochs", 99); err != nil {
		t.Fatal(err)
	}
	if _, err := Matching(s, false, records); err == nil || !strings.Contains(err.Error(), "train.epochs") ||
		!strings.Contains(err.Error(), "99") {
		t.Errorf("records of an earlier version of the file: %v", err)
	}
}

// The title and the description of the training name a precision other than float32. Costs of other precisions are left out.
func TestPrecision(t *testing.T) {
	s := file(t, filepath.Join(t.TempDir(), "my.toml"), spectest.Tiny)
	cost := func(precision string) results.Record {
		return results.Record{Kind: results.KindNetwork, Name: "a" + precision, Network: &results.Network{Precision: precision}}
	}
	for _, c := range []struct{ precision, title, scale, cost string }{{"float32", "tiny", "", "a"},
		{"bf16", "tiny, in bf16", ", precision bf16", "abf16"}} {
		if err := s.Set(spec.PrecisionKey, c.precision); err != nil {
			t.Fatal(err)
		}
		if title, scale := Heading(s), Scale(s, s.Trials()); title != c.title || c.scale == "" && strings.Contains(scale.String(), "precision") ||
			!strings.Contains(scale.String(), c.scale) {
			t.Errorf("%s: title %q, %q", c.precision, title, scale)
		}
		matching, err := Matching(s, false, []results.Record{cost(""), cost("bf16")})
		if err != nil || len(matching) != 1 || matching[0].Name != c.cost {
			t.Errorf("%s: costs %+v, %v", c.precision, matching, err)
		}
	}
}

// Tables of other images are not replaced.
func TestOtherImages(t *testing.T) {
	dir := t.TempDir()
	s := file(t, filepath.Join(dir, "my.toml"), spectest.Tiny)
	folder := s.Folder(dir, false)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	here := results.Images{Name: "cifar10", Train: 100, Test: 20, Classes: 10}
	r := results.Record{Kind: results.KindTrial, Name: "a", Identity: strings.Repeat("0", 64), Settings: map[string]any{"seed": 1},
		Images: &here,
		Result: &results.Result{}}
	if err := results.WriteRecords(filepath.Join(folder, results.RecordsFile), []results.Record{r}); err != nil {
		t.Fatal(err)
	}
	refuses := func(quick bool, images results.Images) error {
		t.Helper()
		there, err := Read(s, dir, quick)
		if err != nil {
			t.Fatal(err)
		}
		return there.OtherImages(&images)
	}
	if err := refuses(false, here); err != nil {
		t.Error(err)
	}
	for _, other := range []results.Images{{Name: "cifar10 (copy)", Train: 100, Test: 20, Classes: 10},
		{Name: "cifar10", Train: 50, Test: 20, Classes: 10}} {
		if err := refuses(false, other); err == nil || !strings.Contains(err.Error(), folder) {
			t.Errorf("%+v: %v", other, err)
		}
		if err := refuses(true, other); err != nil {
			t.Errorf("a quick run has its own folder: %v", err)
		}
	}
}

// An experiment shows the paper's figures of its own networks only: others would count as claims without a seed.
func TestPaperOfOwnNetworks(t *testing.T) {
	const cell = "[[paper]]\nmodel = %q\nblock = %q\ntop1 = 70.0\n"
	text := strings.Replace(spectest.Tiny, `title = "tiny"`, "title = \"tiny\"\ntable = \"blocks\"", 1)
	for _, model := range []string{"resnet20", "resnet50"} {
		for _, block := range []string{"none", "eca"} {
			text += fmt.Sprintf(cell, model, block)
		}
	}
	paper := Layout(file(t, filepath.Join(t.TempDir(), "mine.toml"), text), false, nil).Paper
	if len(paper) != 1 || paper[0].Model != "resnet20" || paper[0].Block != "none" {
		t.Errorf("the paper's cells are %+v, want the cell of ResNet-20 without a block", paper)
	}
}

// The paper's costs are shown only next to ours.
func TestPaperOfOwnCosts(t *testing.T) {
	text := strings.Replace(spectest.Tiny, `title = "tiny"`, "title = \"tiny\"\ntable = \"blocks\"\ncosts = true", 1) +
		"[[paper]]\nmodel = \"resnet20\"\nblock = \"none\"\ntop1 = 70.0\ngflops = 2.0\ncpu = 3.0\ngpu = 4.0\n"
	for _, costs := range []bool{true, false} {
		s := file(t, filepath.Join(t.TempDir(), "mine.toml"), text)
		s.Costs = costs
		cell := Layout(s, false, nil).Paper[0]
		if cell.Top1 == nil || (cell.GFLOPs != nil) != costs || (cell.CPU != nil) != costs || (cell.GPU != nil) != costs {
			t.Errorf("costs %v: the paper's cell is %+v", costs, cell)
		}
	}
}
