package graph

// Mix is Y[n] = λ·P(X[n] − Mean) + (1−λ)/s · A[n] ⊙ X[n] by groups of G channels: P (C/G, G, G, 1), Mean (1, 1, 1, C), A (N, 1, 1, C),
// S and Lambda of one element. P, A, Mean and S may be None; without P, λ is 0, without A it is 1, and Lambda None. s is S, and
// 1, a constant, where S < 1e-8. The gradient with respect to P is λ·Σ x·dyᵀ, taken by Cut.
type Mix struct {
	X, P, Mean, A, S, Lambda, Y Value
	G                           int
	Cut                         Cut
	Parts                       Parts
}

// Parts are the operations of the block of Channel Equilibrium that a Mix ends; those that are not there are nil.
type Parts struct {
	Covariance      *Covariance
	Newton          *Newton
	RunningMean     *RunningAverage // of Covariance.Mean
	RunningMatrix   *RunningAverage // of Newton.P, or of Covariance.Sigma
	Variance        *Variance
	Squeeze, Excite *Linear // both Transposed, without biases
	Norm            *LayerNorm
	RootMean        *RootMean
	RunningScale    *RunningAverage
	Lambda          *Lambda
}

// MinScale is the smallest s that Mix divides by.
const MinScale = 1e-8

// Mix applies the block of Channel Equilibrium.
func (b *Builder) Mix(o Mix) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Mix) Reads() []Value   { return present(o.X, o.P, o.Mean, o.A, o.S, o.Lambda) }
func (o *Mix) Writes() []Value  { return []Value{o.Y} }
func (o *Mix) Weights() []Param { return nil }
