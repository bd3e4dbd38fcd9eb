// Package study measures trained networks: one file a study, each with what it measures and what its page shows.
package study

import (
	"cenet/experiments/run"
)

// Checks by name. A new one is one line here.
var Checks = map[string]run.Check{
	NameGamma:     {About: "shares of channels whose normalisation has a small γ or a β that is not positive", Run: runGamma, Trains: true},
	nameInhibited: {About: "channels that are inhibited, by normalisation and rectifier", Run: runInhibited, Trains: true},
	nameMagnitude: {About: "γ̂ against γ, variances, correlations and magnitudes of channels", Run: runMagnitude, Trains: true},
	nameAblation:  {About: "cumulative ablation of channels", Run: runAblation, Trains: true},
}
