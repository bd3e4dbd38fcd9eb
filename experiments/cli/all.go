package cli

import (
	"fmt"

	"cenet/experiments/suite"
)

// all runs every experiment, or renders the page of all claims.
func all(c *call) error {
	o := stateOptions()
	ready := runFlags(c, &o)
	cost := c.Bool("cost", false, "estimate the time from a few steps of each case, and run nothing")
	render := c.Bool("render", false, "draw the page again from the results, and run nothing")
	replace := replaceFlag(c)
	err := c.none()
	if err == nil {
		err = ready()
	}
	o.Replace = *replace
	if err != nil {
		return err
	}
	ctx, stop := untilSignal()
	defer stop()
	switch {
	case *cost:
		f, err := suite.CostAll(ctx, o)
		if err == nil {
			f.Print(c.out)
		}
		return err
	case *render:
		path, err := suite.WriteOverview(o)
		if err != nil {
			return err
		}
		fmt.Fprintln(c.out, "wrote", path)
		if o.Quick { // the page has no quick runs
			return nil
		}
		if path, err = suite.WritePage(o); err == nil {
			fmt.Fprintln(c.out, "wrote", path)
		}
		return err
	}
	path, err := suite.RunAll(ctx, o)
	if path != "" {
		fmt.Fprintln(c.out, path)
	}
	return err
}
