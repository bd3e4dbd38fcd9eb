package graph

// Variance takes the variance of each channel within each image: V (N, 1, 1, C) = Σ(x−m)²/(pixels − 1), pixels where Biased; of one
// pixel it is 0. With Norm it is also multiplied by (σ²+ε)/σ² of that BatchNorm, 1 where σ² < 2⁻¹²⁶, a constant: σ² of the batch in
// training, Variance in evaluation. The reverse is dX = (2/divisor)·dV·(x−m). Moments are taken by Cut (kernel.Moments,
// kernel.CombineMoments).
type Variance struct {
	X, V   Value
	Biased bool
	Norm   *BatchNorm // or nil
	Cut    Cut
}

// Variance takes the variance of channels within images.
func (b *Builder) Variance(o Variance) *Variance {
	s := b.Shape(o.X)
	b.shaped(&o, Shape{s.N, 1, 1, s.C}, &o.V)
	return &o
}

func (o *Variance) Reads() []Value   { return []Value{o.X} }
func (o *Variance) Writes() []Value  { return []Value{o.V} }
func (o *Variance) Weights() []Param { return nil }
