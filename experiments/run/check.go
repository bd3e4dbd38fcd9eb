package run

import (
	"cenet/nash"
	"cenet/results"
	"context"

	"cenet/experiments/spec"
)

// A Check verifies statements, or looks at networks, in place of training some of its own.
type Check struct {
	About string
	// Run examines cases and says what it found and what to show.
	Run func(ctx context.Context, s *spec.Spec, o Options, log *Progress) ([]nash.Finding, []results.Section, error)
	// Replay examines one case; nil where there are none.
	Replay func(s *spec.CheckSettings, c *nash.Case) ([]nash.Finding, error)
	// Trains tells that the check trains the networks it looks at, where they are not trained, and that what it finds on them
	// comes first on its page.
	Trains bool
}
