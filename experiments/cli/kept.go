package cli

import (
	"fmt"

	"cenet/experiments/report"
	"cenet/experiments/run"
)

func status(c *call) error {
	o := stateOptions()
	c.BoolVar(&o.Quick, "quick", false, "of a run with --quick")
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	state, err := run.Status(s, o)
	if err != nil {
		return err
	}
	if s.Checks != "" {
		fmt.Fprintf(c.out, "%s: a check, which keeps nothing and always runs\n", s.Name)
		return nil
	}
	for _, t := range state.Trials {
		fmt.Fprintf(c.out, "%-32s %s\n", t.Name, t.State)
	}
	fmt.Fprintf(c.out, "%s: %v\n", s.Name, state)
	fmt.Fprintln(c.out, lookAt)
	return nil
}

func render(c *call) error {
	o := run.Options{}
	outFlag(c, &o)
	c.BoolVar(&o.Quick, "quick", false, "the records of a run with --quick")
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	files, err := report.Render(s, o.Out, o.Quick)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}

// export writes trained networks.
func export(c *call) error {
	o := stateOptions()
	dir := c.String("to", "weights", "`DIR` to write to, by default weights")
	c.BoolVar(&o.Quick, "quick", false, "those of a run with --quick")
	s, err := specFlags(c)()
	if err != nil {
		return err
	}
	if err := checkFolder("to", *dir); err != nil {
		return wrong(err)
	}
	files, err := run.Export(s, o, *dir)
	for _, f := range files {
		fmt.Fprintln(c.out, "wrote", f)
	}
	return err
}
