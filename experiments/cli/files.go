package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/experiments/suite"
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
		s, err := load(f, false)
		if err != nil {
			all = errors.Join(all, err)
			continue
		}
		c.warn(s)
		fmt.Fprintf(c.out, "%s: %s\n", f, s.Extent())
	}
	return all
}

func schema(c *call) error {
	if err := c.none(); err != nil {
		return err
	}
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	return e.Encode(spec.Schema(suite.Names()))
}
