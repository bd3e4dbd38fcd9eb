package layout

import (
	"math"

	"cenet/results"
)

// A figure is a number of a trial; NaN if the trial does not have it.
type figure func(*results.Record) float64

// Figures that tables and plots show.
func top1(r *results.Record) float64        { return r.Result.Top1 }
func top5(r *results.Record) float64        { return r.Result.Top5 }
func top1Percent(r *results.Record) float64 { return 100 * r.Result.Top1 }
func top5Percent(r *results.Record) float64 { return 100 * r.Result.Top5 }
func testLoss(r *results.Record) float64    { return float64(r.Result.TestLoss) }
func seconds(r *results.Record) float64     { return r.Provenance.Seconds }

// fitPercent is the accuracy on the training images and their labels as they were trained on, after the last epoch.
func fitPercent(r *results.Record) float64 {
	if n := len(r.Result.Epochs); n > 0 {
		return 100 * r.Result.Epochs[n-1].Fit()
	}
	return math.NaN()
}

// quantity is a figure of an epoch that curves show; NaN if it was not measured.
type quantity struct {
	label string
	of    func(results.Epoch) float64
	max   float64 // its minimum is 0
	short string  // label of a small panel
}

var (
	testTop1 = quantity{"test top-1 accuracy (%)", func(e results.Epoch) float64 { return 100 * e.TestTop1 }, 100, "top-1 (%)"}
	fitTop1  = quantity{"accuracy on the training labels (%)", func(e results.Epoch) float64 { return 100 * e.Fit() }, 100,
		"training labels (%)"}
	// Of the scales in the network.
	gammaMean = quantity{"mean |γ|", probed(func(p *results.Probe) *float64 { return &p.Gamma }), math.Inf(1), "mean |γ|"}
	gammaMax  = quantity{"largest |γ|", probed(func(p *results.Probe) *float64 { return &p.GammaMost }), math.Inf(1), "largest |γ|"}
	scaleMean = quantity{"mean s", probed(func(p *results.Probe) *float64 { return p.Scale }), math.Inf(1), "mean s"}
	trainLoss = quantity{"training loss", func(e results.Epoch) float64 { return float64(e.TrainLoss) }, math.Inf(1), "loss"}
)

// probed is a figure of an epoch's probe.
func probed(of func(*results.Probe) *float64) func(results.Epoch) float64 {
	return func(e results.Epoch) float64 {
		if e.Probe != nil {
			if v := of(e.Probe); v != nil {
				return *v
			}
		}
		return math.NaN()
	}
}

// ofBest is a figure of the epoch with the highest Top-1 on the test images, the first of several, in trials that were scored on their
// training labels.
func ofBest(of func(results.Epoch) float64) figure {
	return func(r *results.Record) float64 {
		if math.IsNaN(fitPercent(r)) {
			return math.NaN()
		}
		best := r.Result.Epochs[0]
		for _, e := range r.Result.Epochs {
			if e.TestTop1 > best.TestTop1 {
				best = e
			}
		}
		return of(best)
	}
}

func wrongPercent(r *results.Record) float64 {
	if r.Images == nil || r.Images.Corruption == nil {
		return math.NaN()
	}
	return 100 * r.Images.Corruption.Effective
}

func ofCost(of func(*results.Cost) float64) figure {
	return func(r *results.Record) float64 {
		if r.Cost == nil {
			return math.NaN()
		}
		return of(r.Cost)
	}
}

// stepMilliseconds is the time of a step of trials whose cost is shown.
func stepMilliseconds(r *results.Record) float64 {
	if r.Cost == nil || r.Provenance.StepSeconds <= 0 {
		return math.NaN()
	}
	return 1e3 * r.Provenance.StepSeconds
}
