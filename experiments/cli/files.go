package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

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

func listTo(out io.Writer) {
	for _, name := range suite.Names().Embedded() {
		s, err := load(name, false)
		if err != nil {
			fmt.Fprintf(out, "  %-16s %v\n", name, err)
			continue
		}
		fmt.Fprintf(out, "  %-16s %s (%s", name, report.Heading(s), s.Extent())
		if s.Expect.Minutes > 0 {
			fmt.Fprintf(out, ", %s on two cores", run.Span(60*s.Expect.Minutes))
		}
		if state, err := run.CachedStatus(s, stateOptions()); err != nil {
			fmt.Fprintf(out, "; %v", err)
		} else if state != nil {
			fmt.Fprintf(out, "; %v", state)
		}
		fmt.Fprintln(out, ")")
	}
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
