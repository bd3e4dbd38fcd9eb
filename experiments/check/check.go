// Package check describes checks: an experiment's file names a check if it has no trials.
package check

import (
	"context"

	"cenet/experiments/run"
	"cenet/experiments/spec"
	"cenet/nash"
	"cenet/results/page"
)

// A Check verifies statements, or measures networks of other experiments. It has no trials of its own.
type Check struct {
	Settings any  // a struct whose tagged fields are the settings of the check's table in a file; nil: none
	Alone    bool // it looks at no trained networks: its files have no table of them

	// Run examines cases, and returns its findings and the sections of its page.
	Run func(ctx context.Context, s *spec.Spec, o run.Options, log *run.Progress) ([]nash.Finding, []page.Section, error)
	// Replay examines one case; nil where there are none.
	Replay func(s *spec.Spec, c *nash.Case) ([]nash.Finding, error)
	// Trains reports whether the check trains missing networks. Its measurements then come before its findings on the page.
	Trains bool
}

// Register lets files name the check, with its tables. Its settings are in the table with its name.
func (c Check) Register(name string, n *spec.Names) {
	tables := map[string]any{}
	if c.Settings != nil {
		tables[name] = c.Settings
	}
	if !c.Alone {
		tables[spec.NetworksTable] = spec.Networks{}
	}
	n.AddCheck(name, tables)
}
