package suite

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/spectest"
	"cenet/experiments/theory"
	"cenet/nash"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/page"
)

// tinyCheck loads a check at a small size.
func tinyCheck(t *testing.T, name, more string) *spec.Spec {
	t.Helper()
	src := map[string]string{
		nash.NameRemark1: "[remark1]\npoints = 9\nsamples = 2000\n",
		nash.NameProposition1: "[prop1]\ncases = 40\nsizes = [2, 3, 5]\ncorrelations = [0, 0.9]\nsteps = [0, 1, 3]\nconditions = [10]\n" +
			"searches = 1\nevaluations = 300\n",
		nash.NameGames: "[nash]\ngames = 20\nscarce = 6\nsizes = [2, 5]\npositions = [2, 8]\nradii = [0.5]\nbeyond = [0.5, 2]\nconvergence = " +
			"4\n" +
			"starts = 2\nrounds = 500\nspreads = [0.1, 0.5]\n",
	}[name]
	s, err := spec.Load("tiny.toml", []byte("check = \""+name+"\"\ntitle = \"Tiny\"\nseeds = [1, 2]\n"+src+more), Names())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every check passes and writes its page, and rendering the page again gives the same file.
func TestChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	dir := t.TempDir()
	o := run.Options{Out: dir, State: filepath.Join(dir, "state"), Quick: true}
	for name, check := range Checks {
		if check.Trains {
			continue // it makes no statements, and has its own test
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
		if want := len(theory.Statements[name]); claims != want {
			t.Errorf("%s: %d claims of the authors', want %d", name, claims, want)
		}
		folder := s.Folder(o.Out, o.Quick)
		before, err := os.ReadFile(filepath.Join(folder, "table.md"))
		if err != nil || len(page.Sections) < 3 || page.Sections[0].Table.Name != "table" {
			t.Fatalf("%s: %d sections, %v", name, len(page.Sections), err)
		}
		if _, err := report.Render(s, o.Out, o.Quick, false); err != nil {
			t.Fatal(err)
		}
		if after, _ := os.ReadFile(filepath.Join(folder, "table.md")); !bytes.Equal(before, after) {
			t.Errorf("%s: drawn again, the page differs", name)
		}
		cases, _ := filepath.Glob(filepath.Join(folder, casesFolder, "*.json"))
		if len(cases) == 0 {
			t.Errorf("%s: no counterexamples are written", name)
		}
		for _, file := range cases {
			if text, err := Replay(s, file); err != nil || !strings.Contains(text, "fails here") {
				t.Errorf("%s: %v\n%s", file, err, text)
			}
		}
		if files, _ := filepath.Glob(filepath.Join(folder, failuresFolder, "*")); len(files) > 0 {
			t.Errorf("%s: failures are written: %v", name, files)
		}
	}
}

// A check uses the finished networks of an experiment.
func TestCheckOfFinishedNetworks(t *testing.T) {
	dir := t.TempDir()
	o := run.Options{Workers: 1, Out: dir, State: filepath.Join(dir, "state")}
	file := filepath.Join(dir, "finished.toml")
	src := strings.Replace(strings.Split(spectest.Tiny, "[sweep]")[0], "[model]", "[model]\nblock = \"ce\"", 1)
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := spec.Load(file, []byte(src), Names())
	if err != nil {
		t.Fatal(err)
	}
	_, records, err := Train(context.Background(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	check := tinyCheck(t, nash.NameProposition1, "[networks]\nexperiment = \""+file+"\"\nimages = 8\n")
	p, err := RunCheck(context.Background(), check, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Networks) != 1 || p.Networks[0] != records[0].Identity {
		t.Errorf("the page names the networks of %v, want that of %s", p.Networks, records[0].Identity)
	}
	var found bool
	for _, section := range p.Sections {
		for _, line := range section.Text {
			found = found || strings.Contains(line, "of experiment finished")
		}
	}
	if !found {
		t.Error("the finished network is not used")
	}

	// Without that network the page is not replaced, unless --replace is given.
	o.State = filepath.Join(dir, "another state")
	before, err := os.ReadFile(filepath.Join(check.Folder(o.Out, false), "page.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o.Replace = range []bool{false, true} {
		if _, written, err := runCheck(context.Background(), check, o); err != nil || written != o.Replace {
			t.Errorf("replace %v: written %v, %v", o.Replace, written, err)
		}
		after, err := os.ReadFile(filepath.Join(check.Folder(o.Out, false), "page.json"))
		if err != nil || bytes.Equal(before, after) == o.Replace {
			t.Errorf("replace %v: the page is the same %v, %v", o.Replace, bytes.Equal(before, after), err)
		}
	}
	gamma, err := spec.Load("g.toml", []byte("check = \"gamma\"\ntitle = \"t\"\nseeds = [1]\n[networks]\nexperiment = "+
		"\""+filepath.ToSlash(file)+"\"\n"), Names())
	if err != nil {
		t.Fatal(err)
	}
	o.Replace = false
	if _, err := folder.RenderPage(gamma.Folder(o.Out, false), page.Page{Title: "t",
		Networks: []string{strings.Repeat("0", 64)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := RunCheck(context.Background(), gamma, o); err == nil || !strings.Contains(err.Error(), "but this run has 0 of them") {
		t.Errorf("a check that trains networks, with a page about others: %v", err)
	}
}

// The page of all claims is not replaced by one that lacks an experiment whose results exist.
func TestOverviewKeepsTopics(t *testing.T) {
	o := run.Options{Out: t.TempDir()}
	if err := os.WriteFile(filepath.Join(o.Out, overviewFile), []byte("[Init](init/table.md) and [Table 1](table1/table.md)\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	other := results.Record{Kind: results.KindTrial, Name: "x", Identity: strings.Repeat("0", 64), Settings: map[string]any{"seed": 1},
		Result: &results.Result{Weights: "x"}}
	if err := os.MkdirAll(filepath.Join(o.Out, "init"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := results.WriteRecords(filepath.Join(o.Out, "init", results.RecordsFile), []results.Record{other}); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(run.Options) (string, error){WriteOverview, WritePage} {
		if _, err := write(o); err == nil || !strings.Contains(err.Error(), "of init (Not run with the settings of its file") ||
			strings.Contains(err.Error(), "table1") {
			t.Errorf("claims of init would be lost: %v", err)
		}
	}
	o.Replace = true
	if _, err := WriteOverview(o); err != nil {
		t.Error(err)
	}
}

// Wrong theory.Formulas make the checks fail, with a case that fails again when it is replayed.
func TestCheckMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("trains networks")
	}
	defer func() { theory.Formulas = nash.Stated }()
	dir := t.TempDir()
	o := run.Options{Out: dir, State: filepath.Join(dir, "state"), Quick: true}
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
		theory.Formulas = func() nash.Formulas { f := nash.Stated(); test.mutate(&f); return f }
		s := tinyCheck(t, test.check, "")
		_, err := RunCheck(context.Background(), s, o)
		var unconfirmed *UnconfirmedError
		if !errors.As(err, &unconfirmed) {
			t.Fatalf("%s: %v", name, err)
		}
		if !strings.Contains(err.Error(), "seed ") || !strings.Contains(err.Error(), "--case ") {
			t.Errorf("%s: the error does not say which case: %v", name, err)
		}
		files, _ := filepath.Glob(filepath.Join(s.Folder(o.Out, o.Quick), failuresFolder, "*.json"))
		if len(files) == 0 {
			t.Fatalf("%s: no case is written", name)
		}
		for _, file := range files {
			if _, err := Replay(s, file); !errors.As(err, &unconfirmed) {
				t.Errorf("%s: %s does not fail again: %v", name, file, err)
			}
		}
		theory.Formulas = nash.Stated
		for _, file := range files {
			if _, err := Replay(s, file); err != nil {
				t.Errorf("%s: %s fails with the right theory.Formulas: %v", name, file, err)
			}
		}
	}
}

// Replay rejects bad files with one line.
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
		_, err := Replay(s, path)
		var input *mistake.Error
		if !errors.As(err, &input) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Replay(s, filepath.Join(dir, "missing.json")); err == nil {
		t.Error("a missing file is accepted")
	}
}
