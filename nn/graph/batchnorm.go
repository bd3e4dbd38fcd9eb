package graph

// BatchNorm is Y = γ(X−μ)/√(σ²+ε) + β by channel over all rows. In training μ and the biased σ² are those of the batch, and Mean and
// Variance move by Momentum towards μ and the unbiased variance (rows/(rows−1)·σ², σ² itself of one row); in evaluation μ and σ² are
// Mean and Variance. Moments (kernel.Moments of a chunk, kernel.CombineMoments) and the sums of the reverse are taken by Cut.
type BatchNorm struct {
	Unary
	Gamma, Beta       Param
	Mean, Variance    Buffer
	Epsilon, Momentum float32
	Cut               Cut
}

// BatchNorm normalises x; the operation returned is what Variance.Norm takes.
func (b *Builder) BatchNorm(x Value, o BatchNorm) *BatchNorm {
	o.X = x
	b.keep(&o, x, &o.Y)
	return &o
}

func (o *BatchNorm) Weights() []Param { return []Param{o.Gamma, o.Beta} }
