package optim

import "cenet/nn/kernel/elementary"

// A Schedule is the learning rate of every step of a training, as PyTorch's schedulers give it when they are stepped once an iteration:
// MultiStepLR, CosineAnnealingLR with a least rate of 0, and before either, where there is a warm-up of W steps, SequentialLR of
// LinearLR(start_factor=1/W, total_iters=W−1).
type Schedule struct {
	Kind       string    // constant, step or cosine
	LR         float64   // at its highest
	Epochs     float64   // in all
	Warmup     float64   // epochs of linear rise, from LR/W at the first step to LR at the last of them
	FromZero   bool      // the rise is a step later: from 0 at the first step of the warm-up to LR at the first step after it
	Milestones []float64 // step: epochs at whose beginning the rate is multiplied by Factor
	Factor     float64
}

// At returns the learning rate of a step of an epoch, both counted from 0, with so many steps an epoch. Cosine falls from LR, at the
// first step behind the warm-up, towards 0, where a step behind the last would be.
//
// References:
//
//	Goyal et al.: Accurate, large minibatch SGD (2017), section 2.2: gradual warm-up.
//	Loshchilov, Hutter: SGDR (2017), equation (5), without restarts.
func (s Schedule) At(epoch, step, steps int) float64 {
	position := float64(epoch) + float64(step)/float64(steps)
	if position < s.Warmup && s.FromZero {
		return s.LR * position / s.Warmup
	}
	if position < s.Warmup {
		return s.LR * min(1, (float64(epoch)+float64(step+1)/float64(steps))/s.Warmup)
	}
	switch s.Kind {
	case "step":
		lr := s.LR
		for _, m := range s.Milestones {
			if position >= m {
				lr *= s.Factor
			}
		}
		return lr
	case "cosine":
		return s.LR / 2 * (1 + elementary.CosTurns((position-s.Warmup)/(s.Epochs-s.Warmup)/2))
	}
	return s.LR
}
