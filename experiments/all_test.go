package experiments

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// All experiments on pictures that come with the program are there, and none that reads a folder; what others look at comes first.
func TestAll(t *testing.T) {
	specs, err := All()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range specs {
		names = append(names, s.Name)
	}
	for _, name := range []string{"table1", "table2", "corrupt", "ablation", "inhibited", "magnitude", "decompose", "integration", "newton", "remark1", "prop1", "nash"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is missing of %q", name, names)
		}
	}
	for _, name := range names {
		if strings.Contains(name, "cifar10") || strings.Contains(name, "imagenet") {
			t.Errorf("%s reads a folder", name)
		}
	}
	if slices.Index(names, "table1") > slices.Index(names, "ablation") || slices.Index(names, "norms") > slices.Index(names, "inhibited") {
		t.Errorf("order %q", names)
	}
}

// The overview has a row for every experiment, run or not.
func TestOverview(t *testing.T) {
	out := t.TempDir()
	records, s := runTiny(t, Options{Out: out, State: out})
	if err := os.Rename(filepath.Join(out, s.Name), filepath.Join(out, "table1")); err != nil {
		t.Fatal(err)
	}
	_ = records
	if err := WriteOverview(Options{Out: out}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(out, overviewFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[table1](table1/table.md)", "CE > SE", "not run", "./reproduce.sh all"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
