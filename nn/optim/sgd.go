// Package optim holds the optimizer and the schedules of its learning rate.
package optim

import (
	"math"

	"cenet/nn"
	"cenet/nn/kernel"
)

// SGDOptions of NewSGD. The zero value is plain gradient descent.
type SGDOptions struct {
	Momentum, WeightDecay float32
	Nesterov              bool
	DecayAll              bool // weight decay on all parameters, not on weights alone
	// Frozen reports which parameters stay as they are: no update, no weight decay, no velocity. Nil: none.
	Frozen func(*nn.Param) bool
}

// SGD is stochastic gradient descent with momentum, as kernel.SGD defines it.
type SGD struct {
	SGDOptions

	net      *nn.Network
	velocity [2][]float32 // of the decayed and of the plain parameters
	moving   [2][][2]int  // see Moving
	task     step
}

// NewSGD returns the optimizer of a network, with velocities of 0. It panics if the network was built for inference, or if momentum or
// weight decay is negative or not finite.
func NewSGD(net *nn.Network, o SGDOptions) *SGD {
	if !(o.Momentum >= 0 && o.Momentum <= 1) || !(o.WeightDecay >= 0 && o.WeightDecay <= math.MaxFloat32) {
		panic("optim: momentum is not from 0 to 1, or weight decay is negative or not finite")
	}
	decayed, plain := net.Groups()
	if len(decayed.Grad) != len(decayed.Data) || len(plain.Grad) != len(plain.Data) {
		panic("optim: the network was built for inference")
	}
	s := &SGD{SGDOptions: o, net: net}
	s.velocity = [2][]float32{kernel.Aligned(len(decayed.Data)), kernel.Aligned(len(plain.Data))}
	at := 0
	for _, p := range net.Params {
		group, from := 0, at
		if from >= len(decayed.Data) {
			group, from = 1, at-len(decayed.Data)
		}
		size := kernel.AlignUp(len(p.Data))
		at += size
		if o.Frozen != nil && o.Frozen(p) {
			continue
		}
		parts := &s.moving[group]
		if n := len(*parts); n > 0 && (*parts)[n-1][1] == from {
			(*parts)[n-1][1] += size
		} else {
			*parts = append(*parts, [2]int{from, from + size})
		}
	}
	return s
}

// Moving returns the parts of the decayed and of the plain parameters (see nn.Network.Groups) that are not frozen: the first float of each,
// and the one after its last.
func (s *SGD) Moving() [2][][2]int { return s.moving }

// Velocity returns the optimizer's state, for a checkpoint.
func (s *SGD) Velocity() [2][]float32 { return s.velocity }

// Step moves the parameters against their gradients.
func (s *SGD) Step(c *nn.Context, lr float32) {
	decayed, plain := s.net.Groups()
	s.task = step{sgd: s, lr: lr, decay: s.WeightDecay}
	s.run(c, decayed.Data, decayed.Grad, 0)
	if !s.DecayAll {
		s.task.decay = 0
	}
	s.run(c, plain.Data, plain.Grad, 1)
}

func (s *SGD) run(c *nn.Context, w, g []float32, group int) {
	t := &s.task
	for _, part := range s.moving[group] {
		lo, hi := part[0], part[1]
		t.w, t.g, t.v, t.chunks = w[lo:hi], g[lo:hi], s.velocity[group][lo:hi], kernel.RowChunks(hi-lo, 1)
		c.Run(t.chunks.Count(), t)
	}
}

// step is one pass over one group.
type step struct {
	sgd       *SGD
	w, g, v   []float32
	lr, decay float32
	chunks    kernel.Chunks
}

func (t *step) Do(_, part int) {
	lo, hi := t.chunks.Range(part)
	kernel.SGD(t.w[lo:hi], t.g[lo:hi], t.v[lo:hi], t.lr, t.sgd.Momentum, t.decay, t.sgd.Nesterov)
}
