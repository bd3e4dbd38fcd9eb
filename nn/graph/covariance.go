package graph

// Covariance takes, of each group of G neighbouring channels over all rows, the mean μ, Mean (1, 1, 1, C), and Σ = mean of
// (x−μ)(x−μ)ᵀ + εI, Sigma (C/G, G, G, 1). In evaluation it is not computed: see Recall. Means and products are taken by Cut in float32
// (kernel.Scatter) and combined in float64 (kernel.CombineScatter). The reverse is dX = (2/rows)·dΣ(x−μ) + dμ/rows with a symmetric dΣ.
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

func (o *Covariance) forward(in *Interpreter) {
	if !in.random.Train {
		return
	}
	x, s := in.values[o.X], in.shape(o.X)
	mean, sigma := in.values[o.Mean], in.values[o.Sigma]
	rows := float64(s.Rows())
	for i, e := range x {
		mean[i%s.C] += e / rows
	}
	for i, e := range x {
		c, row := i%s.C, i/s.C*s.C
		for j := range o.G {
			from := c/o.G*o.G + j
			sigma[c*o.G+j] += (e - mean[c]) * (x[row+from] - mean[from]) / rows
		}
	}
	for c := range s.C {
		sigma[c*o.G+c%o.G] += o.Epsilon
	}
}

func (o *Covariance) reverse(in *Interpreter) {
	if !in.random.Train {
		return
	}
	x, dx, s := in.values[o.X], in.grads[o.X], in.shape(o.X)
	mean, rows := in.values[o.Mean], float64(s.Rows())
	d := in.grads[o.Sigma]
	for i := range dx {
		c, row := i%s.C, i/s.C*s.C
		dx[i] += in.grads[o.Mean][c] / rows
		for j := range o.G {
			from := c/o.G*o.G + j
			symmetric := d[c*o.G+j] + d[from*o.G+c%o.G]
			dx[i] += symmetric * (x[row+from] - mean[from]) / rows
		}
	}
}
