package optim

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"cenet/nn/kernel/elementary"
)

// Kinds of schedules.
var Kinds = []string{"constant", "step", "cosine"}

// A Schedule is the learning rate of every step of a training, as PyTorch's schedulers give it when they are stepped once an iteration:
// MultiStepLR, CosineAnnealingLR with a least rate of 0, and before either, where there is a warm-up of W steps, SequentialLR of
// LinearLR(start_factor=1/W, total_iters=W−1).
type Schedule struct {
	Kind       string    // one of Kinds; "": constant
	LR         float64   // at its highest
	Epochs     float64   // in all
	Warmup     float64   // epochs of linear rise, from LR/W at the first step to LR at the last of them
	FromZero   bool      // the rise is a step later: from 0 at the first step of the warm-up to LR at the first step after it
	Milestones []float64 // step: epochs at whose beginning the rate is multiplied by Factor
	Factor     float64
}

// Check returns what is wrong with the schedule in one line: an unknown kind, or numbers that At makes no learning rate of.
func (s Schedule) Check() error {
	finite := func(list ...float64) bool {
		return !slices.ContainsFunc(list, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
	}
	switch {
	case s.Kind != "" && !slices.Contains(Kinds, s.Kind):
		return fmt.Errorf("optim: unknown kind of schedule %q, expected one of %q", s.Kind, Kinds)
	case !finite(s.LR, s.Epochs, s.Warmup, s.Factor) || !finite(s.Milestones...):
		return errors.New("optim: a number of the schedule is not finite")
	case s.LR < 0 || s.Warmup < 0:
		return fmt.Errorf("optim: learning rate %v and warm-up of %v epochs, expected no negative numbers", s.LR, s.Warmup)
	case s.Kind == "cosine" && (s.Epochs <= 0 || s.Warmup > s.Epochs):
		return fmt.Errorf("optim: cosine schedule of %v epochs with a warm-up of %v, expected more than 0 epochs and a warm-up within them",
			s.Epochs, s.Warmup)
	case s.Kind == "step" && !slices.IsSorted(s.Milestones):
		return fmt.Errorf("optim: milestones %v, expected them in order", s.Milestones)
	}
	return nil
}

// At returns the learning rate of a step of an epoch, both counted from 0, with the given steps in an epoch. Cosine falls from LR, at the
// first step after the warm-up, towards 0, which a step after the last one would have. At panics if the kind is unknown or an epoch has no
// steps.
//
// References:
//
//	Goyal et al.: Accurate, large minibatch SGD (2017), section 2.2: gradual warm-up.
//	Loshchilov, Hutter: SGDR (2017), equation (5), without restarts.
func (s Schedule) At(epoch, step, steps int) float64 {
	if steps < 1 {
		panic("optim: an epoch without steps")
	}
	position := float64(epoch) + float64(step)/float64(steps)
	if position < s.Warmup && s.FromZero {
		return s.LR * position / s.Warmup
	}
	if position < s.Warmup {
		return s.LR * min(1, (float64(epoch)+float64(step+1)/float64(steps))/s.Warmup)
	}
	switch s.Kind {
	case "", "constant":
		return s.LR
	case "step":
		lr := s.LR
		for _, m := range s.Milestones {
			if position >= m {
				lr *= s.Factor
			}
		}
		return lr
	case "cosine":
		if position >= s.Epochs { // with a warm-up of all epochs there is no fall
			return 0
		}
		return s.LR / 2 * (1 + elementary.CosTurns((position-s.Warmup)/(s.Epochs-s.Warmup)/2))
	}
	panic("optim: unknown kind of schedule")
}
