package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"

	"cenet/experiments/mistake"
	"cenet/experiments/report"
	"cenet/experiments/run"
	"cenet/results/layout"
	"cenet/results/terminal"
)

// plan prints how many seeds of an experiment decide which difference.
func plan(c *call) error {
	o := stateOptions()
	c.IntVar(&o.Workers, "workers", 0, "`N` trials at once, for the estimated times; by default one per processor")
	asJSON := c.Bool("json", false, "print one JSON object instead of the tables")
	s, err := specFlags(c)()
	switch {
	case err != nil:
		return err
	case o.Workers < 0:
		return mistake.Errorf("--workers: %d: expected 0 or more", o.Workers)
	case o.Workers == 0:
		o.Workers = runtime.GOMAXPROCS(0)
	}
	records, err := run.Pilot(s, o)
	if err != nil {
		return err
	}
	p, err := layout.PlanSeeds(report.Layout(s, false, records), records, o.Workers)
	switch {
	case errors.Is(err, layout.ErrNoComparison):
		return mistake.Errorf("%s: %w: there is no number of seeds to plan", s.Name, err)
	case errors.Is(err, layout.ErrNoPilot):
		return mistake.Errorf("%s: %w: `%s --seeds 1,2` trains a pilot", s.Name, err, s.Command())
	case errors.Is(err, layout.ErrNoSpread):
		return mistake.Errorf("%s: %w: there is no number of seeds to plan", s.Name, err)
	case err != nil:
		return err
	case *asJSON:
		return json.NewEncoder(c.out).Encode(p)
	}
	text, err := terminal.Plan(p, width(c.out))
	fmt.Fprint(c.out, text)
	return err
}
