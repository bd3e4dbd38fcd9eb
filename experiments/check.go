package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"cenet/nash"
	"cenet/nn/durable"
	"cenet/results"
)

// A Check verifies statements, or looks at networks, in place of training some of its own.
type Check struct {
	About string
	// run examines cases and says what it found and what to show.
	run func(ctx context.Context, s *Spec, o Options, log *progress) ([]nash.Finding, []results.Section, error)
	// again examines one case; nil where there are none.
	again func(s *CheckSettings, c *nash.Case) ([]nash.Finding, error)
	// studies tells that the check trains the networks it looks at, where they are not trained, and that what it finds on them
	// comes first on its page.
	studies bool
}

// Checks by name. A new check is one line here.
var Checks = map[string]Check{
	nash.NameRemark1:      {About: "inhibited channels: moments of y = max(0, γz+β)", run: runRemark1, again: func(s *CheckSettings, c *nash.Case) ([]nash.Finding, error) { return s.Remark1.Again(c) }},
	nash.NameProposition1: {About: "batch decorrelation: scales, variances and lengths", run: runProposition1, again: func(s *CheckSettings, c *nash.Case) ([]nash.Finding, error) { return s.Proposition1.Again(c) }},
	nash.NameGames:        {About: "the game, its equilibrium, and Channel Equilibrium in its form", run: runGames, again: func(s *CheckSettings, c *nash.Case) ([]nash.Finding, error) { return s.Games.Again(c) }},
	nameGamma:             {About: "shares of channels whose normalisation has a small γ or a β that is not positive", run: runGamma, studies: true},
	nameInhibited:         {About: "channels that are inhibited, by normalisation and rectifier", run: runInhibited, studies: true},
	nameMagnitude:         {About: "γ̂ against γ, variances, correlations and magnitudes of channels", run: runMagnitude, studies: true},
	nameAblation:          {About: "cumulative ablation of channels", run: runAblation, studies: true},
}

// Extent says in a few words how much an experiment is.
func (s *Spec) Extent() string {
	if s.Checks != "" {
		return "check"
	}
	return fmt.Sprintf("%d trials", s.Count())
}

// An UnconfirmedError is a check that found something else than the theory says.
type UnconfirmedError struct {
	Check string
	Lines []string // one a statement
}

func (e *UnconfirmedError) Error() string {
	return e.Check + ": not as the theory says:\n" + strings.Join(e.Lines, "\n")
}

// RunCheck runs the check of an experiment and writes its page, and the cases found. The error is an *UnconfirmedError where
// a statement that must hold fails, or none was found against one that must not.
func RunCheck(ctx context.Context, s *Spec, o Options) (results.Page, error) {
	began := time.Now()
	if err := os.MkdirAll(o.State, 0o755); err != nil {
		return results.Page{}, err
	}
	log, err := newProgress(s.Name, o)
	if err != nil {
		return results.Page{}, err
	}
	defer log.close()
	s = s.checkReady(o.Quick)
	findings, sections, err := Checks[s.Checks].run(ctx, s, o, log)
	if err != nil {
		return results.Page{}, err
	}
	dir := s.folder(o)
	list := statements(findings)
	list.Claims = theoryClaims(s.Checks, findings)
	if !Checks[s.Checks].studies {
		sections = append([]results.Section{list}, sections...)
	} else if len(findings) > 0 {
		sections = append(sections, list)
	}
	page := results.Page{
		Title: s.Title, Quick: o.Quick,
		About:    []string{s.About, "Command: `" + s.Command() + "`"},
		Sections: sections,
		Machine:  machine(began),
	}
	files, err := results.RenderPage(dir, page)
	for _, f := range files {
		log.printf("wrote %s", f)
	}
	if err != nil {
		return page, err
	}
	failures, err := keepCases(s, dir, findings)
	if err != nil {
		return page, err
	}
	if failures != nil {
		return page, &UnconfirmedError{s.Name, failures}
	}
	return page, nil
}

// machine says when and where a check ran.
func machine(began time.Time) []string {
	return []string{
		fmt.Sprintf("%s UTC, %.0f s", began.UTC().Format("2006-01-02 15:04"), time.Since(began).Seconds()),
		fmt.Sprintf("%s, %d cores, %s, code %s", processor(), runtime.NumCPU(), runtime.Version(), version()),
	}
}

// quickly is what a quick run divides the numbers of cases by.
const quickly = 20

// formulas are those that checks verify; a test puts wrong ones here.
var formulas = nash.Stated

// checkReady returns the experiment with what the settings of its check follow from, at a smaller size for a quick run.
func (s *Spec) checkReady(small bool) *Spec {
	ready := *s
	c := &ready.CheckSettings
	less := func(n *int, least int) {
		if small {
			*n = max(min(*n, least), *n/quickly)
		}
	}
	less(&c.Points, 17)
	less(&c.Remark1.Samples, 20000)
	less(&c.Proposition1.Cases, 200)
	less(&c.Proposition1.Searches, 4)
	less(&c.Games.Games, 40)
	less(&c.Games.Scarce, 10)
	less(&c.Games.Meetings, 6)
	less(&c.Ablation.Orders, 2)
	less(&c.Ablation.Images, 64)
	less(&c.Inhibited.Images, 64)
	less(&c.Magnitude.Images, 64)

	c.Remark1.Seeds, c.Proposition1.Seeds, c.Games.Seeds = s.Seeds, s.Seeds, s.Seeds
	f := formulas()
	c.Remark1.Formulas, c.Proposition1.Formulas, c.Games.Formulas = f, f, f
	c.Remark1.Gammas = grid(-c.GammaMost, c.GammaMost, c.Points)
	c.Remark1.Betas = grid(c.BetaLeast, c.BetaMost, c.Points)
	return &ready
}

// grid is n points from a to b.
func grid(a, b float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = a + (b-a)*float64(i)/float64(n-1)
	}
	return x
}

// Folders of cases, beside the page.
const (
	failuresFolder = "failures" // statements that must hold, and failed
	casesFolder    = "cases"    // statements that must not, and where they fail
)

// mostNumbers is how many numbers a case may have that is kept for reading.
const mostNumbers = 1000

// keepCases writes the cases of findings in place of those of an earlier run, and returns a line for each finding that is not
// what the theory says.
func keepCases(s *Spec, dir string, findings []nash.Finding) (lines []string, err error) {
	for _, folder := range []string{failuresFolder, casesFolder} {
		if err := os.RemoveAll(filepath.Join(dir, folder)); err != nil {
			return nil, err
		}
	}
	for i := range findings {
		f := &findings[i]
		line := nash.Failed(findings[i : i+1])
		if f.Example != nil && (f.Holds || f.Example.Numbers() <= mostNumbers) {
			folder := filepath.Join(dir, casesFolder)
			if f.Holds {
				folder = filepath.Join(dir, failuresFolder)
			}
			path := filepath.Join(folder, f.ID+".json")
			if err := writeCase(path, f.Example); err != nil {
				return nil, err
			}
			if line != "" {
				line += fmt.Sprintf(" (%d of %d cases; %s; seed %d): %s %s; again: ./reproduce.sh %s --case %s",
					f.Failures, f.Cases, f.Example.Origin, f.Example.Seed, f.Measure, figure(f.Example.Figure), s.Name, path)
			}
		}
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

func writeCase(path string, c *nash.Case) error {
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return durable.WriteBytes(path, append(text, '\n'))
}

// mostCase bounds the file of a case.
const mostCase = 64 << 20

// Again examines the case in a file that RunCheck wrote, and returns what it finds as a table. The error is an
// *UnconfirmedError where a statement that must hold fails, or the case's own, which must not hold, does.
func Again(s *Spec, path string) (string, error) {
	if s.Checks == "" {
		return "", &InputError{fmt.Errorf("%s has trials and no cases", s.Name)}
	}
	if Checks[s.Checks].again == nil {
		return "", &InputError{fmt.Errorf("%s keeps no cases", s.Name)}
	}
	f, err := os.Open(path)
	if err != nil {
		return "", &InputError{err}
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostCase))
	if err != nil {
		return "", &InputError{err}
	}
	var c nash.Case
	if err := json.Unmarshal(text, &c); err != nil {
		return "", &InputError{fmt.Errorf("%s: no case: %s", path, oneLine(err.Error()))}
	}
	if c.Check != s.Checks {
		return "", &InputError{fmt.Errorf("%s: a case of check %s, not of %s", path, quote(c.Check), s.Checks)}
	}
	ready := s.checkReady(false)
	findings, err := Checks[s.Checks].again(&ready.CheckSettings, &c)
	if err != nil {
		return "", &InputError{fmt.Errorf("%s: %s", path, oneLine(err.Error()))}
	}
	section := statements(findings)
	var lines []string
	for i, f := range findings {
		verdict := "holds here"
		if f.Failures > 0 {
			verdict = "fails here"
		}
		row := section.Table.Rows[i]
		row[len(row)-1] = verdict
		if line := nash.Failed(findings[i : i+1]); line != "" && (f.Holds || f.ID == c.Statement) {
			lines = append(lines, line)
		}
	}
	summary, err := results.PageSummary(results.Page{Title: c.Origin, Sections: []results.Section{section}})
	if lines != nil {
		err = errors.Join(err, &UnconfirmedError{path, lines})
	}
	return summary, err
}
