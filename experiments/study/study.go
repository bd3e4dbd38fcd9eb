// Package study measures trained networks. Each study is one file with its measurements, settings and page.
package study

import "cenet/experiments/check"

// Checks maps names to studies.
var Checks = map[string]check.Check{}

// add adds a study to Checks. The study's own file calls it, so that a new study needs no change here.
func add(c check.Check) check.Check {
	c.Trains = true
	Checks[c.Name] = c
	return c
}
