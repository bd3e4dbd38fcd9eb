package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cenet/experiments"
	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/suite"
	"cenet/nn/dataset"
)

func list(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	listTo(c.out)
	fmt.Fprintln(c.out, whereResults)
	return nil
}

// listTo lists the built-in experiments, then the user's experiments that have results.
func listTo(out io.Writer) {
	o := stateOptions()
	o.Out = resultsFolder()
	for _, name := range suite.Names().Embedded() {
		listOne(out, name, name, o)
	}
	origins, _ := filepath.Glob(filepath.Join(o.Out, "*", spec.OriginFile))
	if len(origins) > 0 {
		fmt.Fprint(out, "\nYour own:\n\n")
	}
	for _, origin := range origins {
		if text, err := os.ReadFile(origin); err == nil {
			listOne(out, filepath.Base(filepath.Dir(origin)), strings.TrimSpace(string(text)), o)
		}
	}
}

// listOne prints an experiment's title, cost and progress; path is its file or its name.
func listOne(out io.Writer, name, path string, o run.Options) {
	names := suite.Names()
	names.NeedsDir = nil // the command line will name the folder
	s, err := names.LoadNamed(path)
	if err != nil {
		fmt.Fprintf(out, "  %-16s %v\n", name, err)
		return
	}
	parts := []string{s.Extent()}
	if s.Expect.Minutes > 0 {
		parts[0] += ", " + run.Span(60*s.Expect.Minutes) + " on two cores"
	}
	if state, err := run.CachedStatus(s, o); err != nil {
		parts = append(parts, err.Error())
	} else if state != nil {
		parts = append(parts, state.String())
	}
	if recorded, err := report.Read(s, o.Out, false); err != nil {
		parts = append(parts, err.Error())
	} else {
		parts = append(parts, recordedText(s, recorded))
	}
	if s.Path != "" {
		parts = append(parts, s.Path)
	}
	fmt.Fprintf(out, "  %-16s %s (%s)\n", name, report.Heading(s), strings.Join(parts, "; "))
}

func validate(c *call) error {
	files, err := c.words()
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return mistake.Errorf("a file is missing: %s", c.line)
	}
	var all error
	for _, f := range files {
		builtIn := isBuiltIn(f)
		s, err := load(f, builtIn)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		c.warn(s)
		note, err := "", error(nil)
		if s.Checks == "" {
			_, err = run.CheckedTrials(s, run.Options{}, func(format string, args ...any) { fmt.Fprintf(c.errs, format+"\n", args...) })
		}
		switch {
		case builtIn && errors.Is(err, fs.ErrNotExist):
			note = ", from weights of --set " + spec.WeightsKey + "=FILE"
		case err != nil:
			all = errors.Join(all, fmt.Errorf("%s: %w", f, err))
			continue
		}
		needsDir := func(t spec.Trial) bool { return t.Data.Dir == "" && dataset.Sources[t.Data.Source].NeedsDir }
		if builtIn && s.Checks == "" && slices.ContainsFunc(s.Trials(), needsDir) {
			note += ", on images from --data DIR"
		}
		fmt.Fprintf(c.out, "%s: %s%s\n", f, s.Extent(), note)
	}
	return all
}

// isBuiltIn reports whether a file is a built-in experiment: the command line says where its images are.
func isBuiltIn(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	builtIn, err := fs.ReadFile(experiments.Files, filepath.Base(path))
	return err == nil && bytes.Equal(text, builtIn)
}

// about describes an experiment above the list of flags: its purpose, cost and output.
func about(out io.Writer, path string) error {
	s, err := load(path, true)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s\n\n%s\n\n", s.Name, report.Heading(s), strings.TrimSpace(s.About))
	takes := s.Extent()
	if s.Expect.Minutes > 0 {
		takes += ", about " + run.Span(60*s.Expect.Minutes) + " on two cores"
	}
	writes := "records, tables and plots"
	if s.Checks != "" {
		writes = "its page, tables and plots"
	}
	fmt.Fprintf(out, "It takes: %s. It writes: %s to %s.\n\n", takes, writes, s.Folder("results", false))
	return nil
}

func schema(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(spec.Schema(suite.Names()))
}
