package ce

import "cenet/nn/kernel"

// What statistics of a network want to know of a block, in float64.

// P returns the matrices of batch decorrelation of the last Forward, of shape (C/g, g, g): P_T, with Rescale P_T·tr(Σ)^{-1/2}, of
// the batch in training and by the running average in evaluation. Nil if the block has no such branch.
func (b *Block) P() []float64 {
	if b.bd == nil {
		return nil
	}
	var p []float64
	for j := range b.bd.groups {
		p = append(p, b.bd.groups[j].w...)
	}
	return p
}

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

// Matrix returns M_n = λ·P + (1−λ)·Diag(a[n]/s) of image n of the last Forward, of shape (C/g, g, g), (11).
func (b *Block) Matrix(n int) []float64 {
	m := make([]float64, b.channels*b.g)
	for i, p := range b.P() {
		m[i] = b.lambda * p
	}
	if b.ir != nil {
		for c, a := range b.cut.row(b.ir.a, n) {
			m[c*b.g+c%b.g] += float64((1 - b.lambda) / b.ir.scale * float64(a))
		}
	}
	return m
}
