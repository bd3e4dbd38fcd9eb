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
}

// SGD is stochastic gradient descent with momentum, as kernel.SGD defines it.
type SGD struct {
	SGDOptions

	net      *nn.Network
	velocity [2][]float32 // of the decayed and of the plain parameters
	task     step
}

// NewSGD returns the optimizer of a network, with velocities of 0. It panics if the network was built for inference, or if momentum or weight
// decay is negative or not finite.
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
	return s
}

// Velocity returns the optimizer's state, for a checkpoint.
func (s *SGD) Velocity() [2][]float32 { return s.velocity }

// Step moves the parameters against their gradients.
func (s *SGD) Step(c *nn.Context, lr float32) {
	decayed, plain := s.net.Groups()
	s.task = step{sgd: s, lr: lr, decay: s.WeightDecay}
	s.run(c, decayed.Data, decayed.Grad, s.velocity[0])
	if !s.DecayAll {
		s.task.decay = 0
	}
	s.run(c, plain.Data, plain.Grad, s.velocity[1])
}

func (s *SGD) run(c *nn.Context, w, g, v []float32) {
	t := &s.task
	t.w, t.g, t.v, t.chunks = w, g, v, kernel.RowChunks(len(w), 1)
	c.Run(t.chunks.Count(), t)
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
