package graph

// Covariance takes, of each group of G neighbouring channels over all rows, the mean μ, Mean (1, 1, 1, C), and Σ = mean of
// (x−μ)(x−μ)ᵀ + εI, Sigma (C/G, G, G, 1). In evaluation it is not computed: see RunningAverage. Means and products are taken by Cut in
// float32 (kernel.Scatter) and combined in float64 (kernel.CombineScatter). The reverse is dX = (2/rows)·dΣ(x−μ) + dμ/rows with a symmetric
// dΣ.
type Covariance struct {
	X           Value
	Mean, Sigma Value
	G           int
	Epsilon     float64
	Cut         Cut
}

// Covariance takes mean and covariance.
func (b *Builder) Covariance(o Covariance) *Covariance {
	c := b.Shape(o.X).C
	need(o.G > 0 && c%o.G == 0)
	o.Mean, o.Sigma = b.statistic(Shape{1, 1, 1, c}), b.statistic(Shape{c / o.G, o.G, o.G, 1})
	b.add(&o)
	return &o
}

func (o *Covariance) Reads() []Value   { return []Value{o.X} }
func (o *Covariance) Writes() []Value  { return []Value{o.Mean, o.Sigma} }
func (o *Covariance) Weights() []Param { return nil }
