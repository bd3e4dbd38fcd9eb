// Package study measures trained networks. Each study is one file with its measurements, settings and page.
package study

import "cenet/experiments/check"

// Checks maps names to studies.
var Checks = map[string]check.Check{
	"ablation":  {Settings: ablationSettings{}, Run: runAblation, Trains: true},   // cumulative ablation of channels
	"gamma":     {Run: runGamma, Trains: true},                                    // shares of channels with a small γ, or β ≤ 0
	"inhibited": {Settings: inhibitedSettings{}, Run: runInhibited, Trains: true}, // inhibited channels, by normalisation and rectifier
	"magnitude": {Settings: magnitudeSettings{}, Run: runMagnitude, Trains: true}, // γ̂ against γ, variances, correlations, magnitudes
	"rank":      {Settings: rankSettings{}, Run: runRank, Trains: true},           // effective rank of the channels of a layer
}
