package experiments

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/nash"
)

// tinyCheck is the file of a check at a size for tests.
func tinyCheck(t *testing.T, name, more string) *Spec {
	t.Helper()
	src := map[string]string{
		nash.NameRemark1: "[remark1]\npoints = 9\nsamples = 2000\n",
		nash.NameProposition1: "[prop1]\ncases = 40\nsizes = [2, 3, 5]\ncorrelations = [0, 0.9]\nsteps = [0, 1, 3]\nconditions = [10]\n" +
			"searches = 1\nevaluations = 300\n",
		nash.NameGames: "[nash]\ngames = 20\nscarce = 6\nsizes = [2, 5]\npositions = [2, 8]\nradii = [0.5]\nbeyond = [0.5, 2]\nmeetings = 4\n" +
			"starts = 2\nrounds = 500\nspreads = [0.1, 0.5]\n",
	}[name]
	s, err := Load("tiny.toml", []byte("check = \""+name+"\"\ntitle = \"Tiny\"\nseeds = [1, 2]\n"+src+more), Registered())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every check passes, writes what it says, and draws it again. Networks are small ones that are trained, and then those of an
// experiment that has finished.
func TestChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	dir := t.TempDir()
	o := Options{Out: dir, State: filepath.Join(dir, "state"), Quick: true}
	for name, check := range Checks {
		if check.studies {
			continue // it makes no statements, and has a test of its own
		}
		s := tinyCheck(t, name, "")
		page, err := RunCheck(context.Background(), s, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		claims := 0
		for _, section := range page.Sections {
			claims += len(section.Claims)
		}
		if want := len(theory[name]); claims != want {
			t.Errorf("%s: %d claims of the authors', want %d", name, claims, want)
		}
		folder := s.folder(o)
		before, err := os.ReadFile(filepath.Join(folder, "table.md"))
		if err != nil || len(page.Sections) < 3 || page.Sections[0].Table.Name != "table" {
			t.Fatalf("%s: %d sections, %v", name, len(page.Sections), err)
		}
		if _, err := Render(s, o); err != nil {
			t.Fatal(err)
		}
		if after, _ := os.ReadFile(filepath.Join(folder, "table.md")); !bytes.Equal(before, after) {
			t.Errorf("%s: drawn again, the page differs", name)
		}
		cases, _ := filepath.Glob(filepath.Join(folder, casesFolder, "*.json"))
		if len(cases) == 0 {
			t.Errorf("%s: no counterexamples are kept", name)
		}
		for _, file := range cases {
			if text, err := Again(s, file); err != nil || !strings.Contains(text, "fails here") {
				t.Errorf("%s: %v\n%s", file, err, text)
			}
		}
		if files, _ := filepath.Glob(filepath.Join(folder, failuresFolder, "*")); len(files) > 0 {
			t.Errorf("%s: failures are kept: %v", name, files)
		}
	}
}

// A check takes the finished networks of an experiment.
func TestCheckOfFinishedNetworks(t *testing.T) {
	dir := t.TempDir()
	o := Options{Workers: 1, Out: dir, State: filepath.Join(dir, "state")}
	file := filepath.Join(dir, "finished.toml")
	src := strings.Replace(strings.Split(tiny, "[sweep]")[0], "[model]", "[model]\nblock = \"ce\"", 1)
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(file, []byte(src), Registered())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), s, o); err != nil {
		t.Fatal(err)
	}
	check := tinyCheck(t, nash.NameProposition1, "[networks]\nexperiment = \""+file+"\"\nimages = 8\n")
	page, err := RunCheck(context.Background(), check, o)
	if err != nil {
		t.Fatal(err)
	}
	var found bool
	for _, section := range page.Sections {
		for _, line := range section.Text {
			found = found || strings.Contains(line, "of experiment finished")
		}
	}
	if !found {
		t.Error("the finished network is not looked at")
	}
}

// Wrong formulas make the checks fail, with a case that fails again by itself.
func TestCheckMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	defer func() { formulas = nash.Stated }()
	dir := t.TempDir()
	o := Options{Out: dir, State: filepath.Join(dir, "state"), Quick: true}
	for name, test := range map[string]struct {
		check  string
		mutate func(*nash.Formulas)
	}{
		"the sign of (2+δ)σ is plus": {nash.NameGames, func(f *nash.Formulas) { f.Sign = 1 }},
		"no trace normalisation":     {nash.NameProposition1, func(f *nash.Formulas) { f.Trace = func([]float64) float64 { return 1 } }},
		"one Newton step fewer": {nash.NameProposition1, func(f *nash.Formulas) {
			stated := f.Newton
			f.Newton = func(lambda float64, steps int) float64 { return stated(lambda, max(0, steps-1)) }
		}},
	} {
		formulas = func() nash.Formulas { f := nash.Stated(); test.mutate(&f); return f }
		s := tinyCheck(t, test.check, "")
		_, err := RunCheck(context.Background(), s, o)
		var unconfirmed *UnconfirmedError
		if !errors.As(err, &unconfirmed) {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(err.Error(), "seed ") || !strings.Contains(err.Error(), "--case ") {
			t.Errorf("%s: the error does not say which case: %v", name, err)
		}
		files, _ := filepath.Glob(filepath.Join(s.folder(o), failuresFolder, "*.json"))
		if len(files) == 0 {
			t.Fatalf("%s: no case is kept", name)
		}
		for _, file := range files {
			if _, err := Again(s, file); !errors.As(err, &unconfirmed) {
				t.Errorf("%s: %s does not fail again: %v", name, file, err)
			}
		}
		formulas = nash.Stated
		for _, file := range files {
			if _, err := Again(s, file); err != nil {
				t.Errorf("%s: %s fails with the right formulas: %v", name, file, err)
			}
		}
	}
}

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
		_, err := Load("tiny.toml", []byte(strings.Replace(good, test.from, test.to, 1)), Registered())
		if err == nil || !strings.HasPrefix(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", test.to, err, test.want)
		}
	}
	beyond := "check = \"nash\"\ntitle = \"t\"\nseeds = [1]\n[nash]\nbeyond = [0.5]\n"
	if _, err := Load("tiny.toml", []byte(beyond), Registered()); err == nil || !strings.HasPrefix(err.Error(), "tiny.toml:5: nash.beyond: ") {
		t.Errorf("no radius beyond 1: %v", err)
	}
}

// Settings of a check can be changed, and those of trials are none of its.
func TestSetCheck(t *testing.T) {
	s := tinyCheck(t, nash.NameProposition1, "")
	if err := s.Set("prop1.cases", 7); err != nil || s.CheckSettings.Proposition1.Cases != 7 {
		t.Errorf("%v, %d cases", err, s.CheckSettings.Proposition1.Cases)
	}
	for _, key := range []string{"train.epochs", "nash.games", "check", "prop1.case"} {
		if err := s.Set(key, 7); err == nil {
			t.Errorf("%s is taken", key)
		}
	}
	base := filepath.Join(t.TempDir(), "base.toml")
	if err := os.WriteFile(base, []byte("check = \"prop1\"\ntitle = \"t\"\nseeds = [1]\n[prop1]\ncases = 10\nsamples = 3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(filepath.Join(filepath.Dir(base), "more.toml"), []byte("extends = \"base.toml\"\n[prop1]\ncases = 20\n"), Registered())
	if err != nil {
		t.Fatal(err)
	}
	if p := s.CheckSettings.Proposition1; s.Checks != "prop1" || s.Name != "more" || p.Cases != 20 || p.Samples != 3 {
		t.Errorf("check %s named %s, %d cases, %d samples", s.Checks, s.Name, p.Cases, p.Samples)
	}
}

// Files of cases come from outside.
func TestBadCaseFiles(t *testing.T) {
	dir := t.TempDir()
	s := tinyCheck(t, nash.NameProposition1, "")
	for name, text := range map[string]string{
		"no JSON": "x", "other check": `{"Check": "nash"}`, "nothing in it": `{"Check": "prop1"}`,
		"no correlation": `{"Check": "prop1", "Arrays": {"gamma": [[1, 2]], "rho": [[1, 3], [3, 1]]}}`,
	} {
		path := filepath.Join(dir, "case.json")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := Again(s, path)
		var input *InputError
		if !errors.As(err, &input) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Again(s, filepath.Join(dir, "missing.json")); err == nil {
		t.Error("a missing file is taken")
	}
}

func TestFigures(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1 - 1e-10: "1 − 1e-10", 1 + 2.5e-7: "1 + 2.5e-07", 0.98521: "0.9852", 0: "0"} {
		if got := figure(v); got != want {
			t.Errorf("%v is written %q, want %q", v, got, want)
		}
	}
}
