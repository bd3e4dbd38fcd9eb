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
	fmt.Fprintln(c.out, lookAt)
	return nil
}

// listTo lists the experiments that come with the program, then those of the user's that have results.
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

// listOne prints an experiment's title, what it takes, and how far it is; path is its file or its name.
func listOne(out io.Writer, name, path string, o run.Options) {
	names := suite.Names()
	names.NeedsDir = nil // which folder, a command line says
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
		return wrong(fmt.Errorf("a file is missing: %s", c.line))
	}
	var all error
	for _, f := range files {
		ours := comesWithProgram(f)
		s, err := load(f, ours)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		c.warn(s)
		note := ""
		if ours && s.Checks == "" && slices.ContainsFunc(s.Trials(), func(t spec.Trial) bool { return t.Data.Dir == "" && dataset.Sources[t.Data.Source].NeedsDir }) {
			note = ", on images that --data DIR names"
		}
		fmt.Fprintf(c.out, "%s: %s%s\n", f, s.Extent(), note)
	}
	return all
}

// comesWithProgram reports whether a file is one of the experiments that come with the program: the command line says where their images are.
func comesWithProgram(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	ours, err := fs.ReadFile(experiments.Files, filepath.Base(path))
	return err == nil && bytes.Equal(text, ours)
}

// about describes an experiment above its flags: what it shows, what it takes, and what it writes.
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
