// Package check says what a check is: what an experiment's file names in place of trials.
package check

import (
	"context"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/nash"
	"cenet/results/page"
)

// A Check verifies statements, or looks at networks, in place of training some of its own. What there is to be said of it, it says.
type Check struct {
	Name     string
	About    string // one line
	Settings any    // a struct whose tagged fields are the settings of the check's table in a file; nil: it has none
	Alone    bool   // it looks at no trained networks: its files have no table of them

	// Run examines cases and says what it found and what to show.
	Run func(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error)
	// Replay examines one case; nil where there are none.
	Replay func(s *spec.Spec, c *nash.Case) ([]nash.Finding, error)
	// Trains tells that the check trains the networks it looks at, where they are not trained, and that what it finds on them
	// comes first on its page.
	Trains bool
}

// Register lets files name the check, with its tables.
func (c Check) Register(n *spec.Names) {
	tables := map[string]any{}
	if c.Settings != nil {
		tables[c.Name] = c.Settings
	}
	if !c.Alone {
		tables[spec.NetworksTable] = spec.Networks{}
	}
	n.AddCheck(c.Name, tables)
}
