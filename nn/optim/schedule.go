package optim

import "math"

// A Schedule is the learning rate as a function of the epoch, a real number: 1.5 is the middle of the second.
type Schedule struct {
	Kind       string    // constant, step or cosine
	LR         float64   // at its highest
	Epochs     float64   // in all
	Warmup     float64   // epochs of linear rise from 0
	Milestones []float64 // step: epochs at which the rate is multiplied by Factor
	Factor     float64
}

// At returns the learning rate. Cosine falls from LR, where the warm-up ends, to 0 at Epochs (Loshchilov, Hutter: SGDR,
// 2017, without restarts).
func (s Schedule) At(epoch float64) float64 {
	if epoch < s.Warmup {
		return s.LR * epoch / s.Warmup
	}
	switch s.Kind {
	case "step":
		lr := s.LR
		for _, m := range s.Milestones {
			if epoch >= m {
				lr *= s.Factor
			}
		}
		return lr
	case "cosine":
		return s.LR / 2 * (1 + math.Cos(math.Pi*(epoch-s.Warmup)/(s.Epochs-s.Warmup)))
	}
	return s.LR
}
