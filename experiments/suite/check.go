package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"cenet/experiments/check"
	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/state"
	"cenet/experiments/study"
	"cenet/experiments/theory"
	"cenet/nash"
	"cenet/nn/durable"
	"cenet/results/folder"
	"cenet/results/page"
	"cenet/results/terminal"
	"cenet/results/words"
)

// Checks maps names to checks: those of theory, and studies of trained networks.
var Checks = func() map[string]check.Check {
	all := maps.Clone(theory.Checks)
	maps.Copy(all, study.Checks)
	return all
}()

// An UnconfirmedError reports a check whose findings differ from the theory.
type UnconfirmedError struct {
	Check string
	Lines []string // one for each statement
}

// Error names the check, and has a line for each statement.
func (e *UnconfirmedError) Error() string {
	return e.Check + ": not as the theory says:\n" + strings.Join(e.Lines, "\n")
}

// RunCheck runs the check of an experiment, and writes its page and the cases it found. The error is an *UnconfirmedError if a
// statement that must hold fails, or if no counterexample was found to one that must fail. RunCheck does not replace a page about
// trained networks that this run does not have: then a check that trains networks returns an error, and other checks return the page
// without writing it.
func RunCheck(ctx context.Context, s *spec.Spec, o run.Options) (page.Page, error) {
	page, _, err := runCheck(ctx, s, o)
	return page, err
}

// runCheck is RunCheck, and reports whether it wrote the page.
func runCheck(ctx context.Context, s *spec.Spec, o run.Options) (p page.Page, written bool, err error) {
	began := time.Now()
	if err := os.MkdirAll(o.State, 0o777); err != nil {
		return p, false, err
	}
	log, err := run.NewProgress(s.Name, o)
	if err != nil {
		return p, false, err
	}
	defer func() { log.Close(err) }()
	if o.Quick {
		s = s.Quicker()
	}
	dir := s.Folder(o.Out, o.Quick)
	var networks []string
	var loss error
	o.Looks = func(identities []string) error {
		networks = identities
		if loss = otherNetworks(s, o, identities); loss == nil {
			return nil
		}
		if Checks[s.Checks].Trains {
			return mistake.Of(loss)
		}
		log.Printf("%v", loss)
		return nil
	}
	findings, sections, err := Checks[s.Checks].Run(nash.WithProgress(ctx, stages(log.Printf)), s, o, log)
	if err != nil {
		return p, false, err
	}
	list := statements(findings)
	list.Claims = theory.Claims(s.Checks, findings)
	if !Checks[s.Checks].Trains {
		sections = append([]page.Section{list}, sections...)
	} else if len(findings) > 0 {
		sections = append(sections, list)
	}
	p = page.Page{
		Title: s.Title, Quick: o.Quick,
		About:    report.About(s, nil),
		Facts:    page.Command(s.Published()),
		Sections: sections,
		Machine:  state.Machine(began),
		Networks: slices.Sorted(slices.Values(networks)),
		Styles:   network.Styles(),
	}
	if loss != nil { // the page stays, so write the cases elsewhere
		if dir, err = os.MkdirTemp("", "cenet-"+s.Name+"-"); err != nil {
			return p, false, err
		}
	} else {
		files, err := folder.RenderPage(dir, p)
		for _, f := range files {
			log.Printf("wrote %s", f)
		}
		if err != nil {
			return p, false, err
		}
	}
	failures, err := keepCases(s, dir, findings)
	if loss != nil && failures == nil {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	p.Closing = closing(s, dir, findings)
	if err == nil && failures != nil {
		err = &UnconfirmedError{s.Name, failures}
	}
	return p, loss == nil, err
}

// otherNetworks returns a LossError if the existing page is about trained networks that are not among the given identities.
func otherNetworks(s *spec.Spec, o run.Options, identities []string) error {
	there, err := report.Read(s, o.Out, o.Quick)
	if o.Quick || o.Replace || err != nil || there.Page == nil {
		return nil // a damaged page may be replaced
	}
	lost := 0
	for _, identity := range there.Page.Networks {
		if !slices.Contains(identities, identity) {
			lost++
		}
	}
	if lost == 0 {
		return nil
	}
	n := spec.Of[spec.Networks](s)
	text := fmt.Sprintf("its page is about %d trained networks of %s, but this run has %d of them; `./reproduce.sh %s` trains them",
		len(there.Page.Networks), n.Name(), len(there.Page.Networks)-lost, strings.Join(n.Experiments, " "))
	return &report.LossError{Dir: there.Dir, Text: text}
}

// stages prints a line at the end of each stage of a check, and every few seconds within it.
func stages(say func(format string, args ...any)) func(stage string, done, total int) {
	const every = 5 * time.Second
	last := time.Now()
	return func(stage string, done, total int) {
		if done < total && time.Since(last) < every {
			return
		}
		last = time.Now()
		say("%s: %d of %d", stage, done, total)
	}
}

// closing is the text after the table of findings on a terminal: each statement in words, and the answers to the check's questions.
func closing(s *spec.Spec, dir string, findings []nash.Finding) []string {
	var lines []string
	for _, f := range findings {
		lines = append(lines, f.ID+": "+f.Text)
	}
	return append(lines, theory.Answers(s.Checks, findings, func(id string) string {
		for _, folder := range []string{casesFolder, failuresFolder} {
			path := filepath.Join(dir, folder, id+".json")
			if _, err := os.Stat(path); err == nil {
				return path
			}
		}
		return ""
	})...)
}

// Folders of cases, inside the folder of the page.
const (
	failuresFolder = "failures" // cases in which a statement that must hold fails
	casesFolder    = "cases"    // cases in which a statement that must fail does
)

// maxNumbers is how many numbers a case may have if it is written as an illustration.
const maxNumbers = 1000

// keepCases replaces the cases of an earlier run, and returns a line for each finding that differs from the theory.
func keepCases(s *spec.Spec, dir string, findings []nash.Finding) (lines []string, err error) {
	for _, folder := range []string{failuresFolder, casesFolder} {
		if err := os.RemoveAll(filepath.Join(dir, folder)); err != nil {
			return nil, err
		}
	}
	for i := range findings {
		f := &findings[i]
		line := nash.Failed(findings[i : i+1])
		if f.Example != nil && (f.Holds || f.Example.Numbers() <= maxNumbers) {
			folder := filepath.Join(dir, casesFolder)
			if f.Holds {
				folder = filepath.Join(dir, failuresFolder)
			}
			path := filepath.Join(folder, f.ID+".json")
			if err := writeCase(path, f.Example); err != nil {
				return nil, err
			}
			if line != "" {
				line += fmt.Sprintf(" (%d of %d cases; %s; seed %d): %s %s; to replay: ./reproduce.sh %s --case %s",
					f.Failures, f.Cases, f.Example.Origin, f.Example.Seed, f.Measure, words.Figure(f.Example.Figure), s.Name, path)
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
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return durable.WriteBytes(path, append(text, '\n'))
}

// maxCase is the largest file of a case, in bytes.
const maxCase = 64 << 20

// Replay examines the case in a file that RunCheck wrote, and returns the findings as a table. The error is an *UnconfirmedError if a
// statement that must hold fails, or if the case does not fail the statement that it was a counterexample to.
func Replay(s *spec.Spec, path string) (string, error) {
	if s.Checks == "" {
		return "", mistake.Errorf("%s has trials, not cases", s.Name)
	}
	if Checks[s.Checks].Replay == nil {
		return "", mistake.Errorf("%s has no cases", s.Name)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", mistake.Of(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxCase))
	if err != nil {
		return "", mistake.Of(err)
	}
	var c nash.Case
	if err := json.Unmarshal(text, &c); err != nil {
		return "", mistake.Errorf("%s: not a case: %s", path, mistake.OneLine(err.Error()))
	}
	if c.Check != s.Checks {
		return "", mistake.Errorf("%s: a case of check %s, not of %s", path, mistake.Quote(c.Check), s.Checks)
	}
	findings, err := Checks[s.Checks].Replay(s, &c)
	if err != nil {
		return "", mistake.Errorf("%s: %s", path, mistake.OneLine(err.Error()))
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
	summary, err := terminal.Summary(page.Page{Title: c.Origin, Sections: []page.Section{section}}, 0)
	if lines != nil {
		err = errors.Join(err, &UnconfirmedError{path, lines})
	}
	return summary, err
}

// statements is the section with the verdict on each statement.
func statements(findings []nash.Finding) page.Section {
	t := &page.Table{Name: "table", Columns: []page.Column{
		{Head: "statement", Text: true}, {Head: "in words", Text: true, Wide: true}, {Head: "expected", Text: true}, {Head: "cases"},
		{Head: "failures"},
		{Head: "worst"}, {Head: "which is", Text: true, Wide: true}, {Head: "verdict", Text: true},
	}}
	for i := range findings {
		f := &findings[i]
		expected := "holds"
		if !f.Holds {
			expected = "fails"
		}
		t.Rows = append(t.Rows, []string{f.ID, f.Text, expected, strconv.Itoa(f.Cases), strconv.Itoa(f.Failures), words.Figure(f.Worst),
			f.Measure, verdict(f)})
	}
	return page.Section{Head: "Statements", Text: []string{
		"A statement that is expected to hold must hold in every case. For one that is expected to fail, a counterexample must be found.",
	}, Table: t}
}

// verdict says whether a statement holds and whether that was expected.
func verdict(f *nash.Finding) string {
	switch {
	case f.Cases == 0:
		return "NOT EXAMINED"
	case f.Failures == 0 && f.Holds:
		return "holds, as expected"
	case f.Failures > 0 && !f.Holds:
		return "fails, as expected"
	case f.Holds:
		return "FAILS, expected to hold"
	}
	return "HOLDS, expected to fail"
}
