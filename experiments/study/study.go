// Package study measures trained networks: one file a study, each with what it measures, its settings, its topic and what its page shows.
package study

import "cenet/experiments/run"

// Checks are the studies by name.
var Checks = map[string]run.Check{}

// add puts a study among Checks. The file of a study calls it, so that this file needs no change for one more.
func add(c run.Check) run.Check {
	c.Trains = true
	Checks[c.Name] = c
	return c
}
