package run

import (
	"context"

	"cenet/experiments/spec"
	"cenet/nash"
	"cenet/results"
)

// A Check verifies statements, or looks at networks, in place of training some of its own. What there is to be said of it, it says.
type Check struct {
	Name     string
	About    string         // one line
	Settings []spec.Setting // of a file of the check; their keys begin with its name

	// Ready, where not nil, completes the settings with what the seeds and they determine.
	Ready func(c *spec.CheckSettings, seeds []int)
	// Run examines cases and says what it found and what to show.
	Run func(ctx context.Context, s *spec.Spec, o Options, log *Progress) ([]nash.Finding, []results.Section, error)
	// Replay examines one case; nil where there are none.
	Replay func(s *spec.CheckSettings, c *nash.Case) ([]nash.Finding, error)
	// Trains tells that the check trains the networks it looks at, where they are not trained, and that what it finds on them
	// comes first on its page.
	Trains bool
}
