package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/experiments/suite"
	"cenet/nash"
)

// Mistakes in the file of a check are a line each, and name the nearest key.
func TestBadCheckFiles(t *testing.T) {
	const good = "check = \"prop1\"\ntitle = \"t\"\nseeds = [1]\n[prop1]\ncases = 10\n"
	for _, test := range []struct{ from, to, want string }{
		{`"prop1"`, `"prop2"`, `tiny.toml:1: check: unknown check "prop2"; nearest: "prop1"`},
		{`"prop1"`, `1`, `tiny.toml:1: check: expected a string`},
		{"cases = 10", "case = 10", `tiny.toml:5: prop1.case: unknown key of check "prop1"; nearest: "prop1.cases"`},
		{"cases = 10", "cases = 0", `tiny.toml:5: prop1.cases: 0 is out of range`},
		{"cases = 10", "cases = \"a\"", `tiny.toml:5: prop1.cases: expected an integer`},
		{"cases = 10", "correlations = [0, 1]", `tiny.toml:5: prop1.correlations: 1 is out of range`},
		{"cases = 10", "correlations = [0.5, 0.5]", `tiny.toml:5: prop1.correlations: 0.5 follows 0.5: the list must ascend`},
		{"cases = 10", "correlations = []", `tiny.toml:5: prop1.correlations: the list is empty`},
		{"cases = 10", "correlations = [\"a\"]", `tiny.toml:5: prop1.correlations: expected a list of numbers`},
		{"cases = 10", "correlations = [nan]", `tiny.toml:5: prop1.correlations: NaN is not a finite number`},
		{"title = \"t\"\n", "", `tiny.toml:1: title: missing`},
		{"seeds = [1]\n", "", `tiny.toml:1: seeds: missing`},
		{"[prop1]", "[nash]\ngames = 3\n[prop1]", `tiny.toml:4: nash: unknown key of check "prop1"`},
		{"[prop1]", "[train]\nepochs = 3\n[prop1]", `tiny.toml:4: train: unknown key of check "prop1"`},
		{"[prop1]", "[networks]\nimages = 1\n[prop1]", `tiny.toml:5: networks.images: 1 is out of range`},
	} {
		if !strings.Contains(good, test.from) {
			t.Fatalf("nothing to change: %q", test.from)
		}
		_, err := spec.Load("tiny.toml", []byte(strings.Replace(good, test.from, test.to, 1)), suite.Names())
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", test.to, err, test.want)
		}
	}
	beyond := "check = \"nash\"\ntitle = \"t\"\nseeds = [1]\n[nash]\nbeyond = [0.5]\n"
	if _, err := spec.Load("tiny.toml", []byte(beyond), suite.Names()); err == nil ||
		!strings.HasPrefix(err.Error(), "tiny.toml:5: nash.beyond: ") {
		t.Errorf("no radius beyond 1: %v", err)
	}
}

// Settings of a check can be changed, and those of trials are none of its.
func TestSetCheck(t *testing.T) {
	s, err := spec.Load("tiny.toml", []byte("check = \"prop1\"\ntitle = \"Tiny\"\nseeds = [1]\n"), suite.Names())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Set("prop1.cases", 7); err != nil || spec.Of[nash.Proposition1](s).Cases != 7 {
		t.Errorf("%v, %d cases", err, spec.Of[nash.Proposition1](s).Cases)
	}
	for _, key := range []string{"train.epochs", "nash.games", "check", "prop1.case"} {
		if err := s.Set(key, 7); err == nil {
			t.Errorf("%s is taken", key)
		}
	}
	base := filepath.Join(t.TempDir(), "base.toml")
	if err := os.WriteFile(base, []byte("check = \"prop1\"\ntitle = \"t\"\nseeds = [1]\n[prop1]\ncases = 10\nsamples = 3\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	s, err = spec.Load(filepath.Join(filepath.Dir(base), "more.toml"), []byte("extends = \"base.toml\"\n[prop1]\ncases = 20\n"), suite.Names())
	if err != nil {
		t.Fatal(err)
	}
	if p := spec.Of[nash.Proposition1](s); s.Checks != "prop1" || s.Name != "more" || p.Cases != 20 || p.Samples != 3 {
		t.Errorf("check %s named %s, %d cases, %d samples", s.Checks, s.Name, p.Cases, p.Samples)
	}
}

// A check names one experiment or a list of them.
func TestExperimentsOfNetworks(t *testing.T) {
	load := func(value string) (*spec.Spec, error) {
		text := "title = \"t\"\nabout = \"a\"\ncheck = \"gamma\"\nseeds = [1]\n[networks]\nexperiment = " + value + "\n"
		return spec.Load("t.toml", []byte(text), suite.Names())
	}
	for value, want := range map[string]string{`"table1"`: "[table1]", `["table1", "table2"]`: "[table1 table2]"} {
		s, err := load(value)
		if err != nil {
			t.Errorf("%s: %v", value, err)
		} else if got := fmt.Sprint(spec.Of[spec.Networks](s).Experiments); got != want {
			t.Errorf("%s is read as %s", value, got)
		}
	}
	for value, want := range map[string]string{
		"[]":                   "the list is empty",
		"1":                    "expected a string or a list of strings, got the integer 1",
		`["table1", 1]`:        "got the integer 1 in it",
		`["table1", "table1"]`: `"table1" is listed twice`,
		`["table1", " "]`:      "is empty",
	} {
		if _, err := load(value); err == nil || !strings.Contains(err.Error(), "networks.experiment: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", value, err, want)
		}
	}
}
