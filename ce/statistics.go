package ce

import "cenet/nn/kernel"

// What statistics of a network want to know of a block, in float64.

// Group returns g, the number of channels of a group.
func (b *Block) Group() int { return b.g }

// Lambda returns λ of the last Forward: 1 and 0 where there is one branch.
func (b *Block) Lambda() float64 { return b.lambda }

// Attention returns a and s of the last Forward, of shape (N, C) and a number, so that the weights of instance reweighting
// are a/s. Nil and 1 if the block has no such branch.
func (b *Block) Attention() (a []float64, s float64) {
	if b.ir == nil {
		return nil, 1
	}
	a = make([]float64, b.cut.n*b.channels)
	kernel.Widen(a, b.ir.a)
	return a, b.ir.scale
}
