package graph

// Variance takes the variance of each channel within each image: V (N, 1, 1, C) = Σ(x−m)²/(pixels − 1), pixels where Biased; of one
// pixel it is 0. With Norm it is also multiplied by (σ²+ε)/σ² of that BatchNorm, 1 where σ² < 2⁻¹²⁶, a constant: σ² of the batch in
// training, Variance in evaluation. The reverse is dX = (2/divisor)·dV·(x−m). Moments are taken by Cut (kernel.Moments, kernel.CombineMoments).
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

// factor is what the sum of squared deviations of a channel is multiplied by to be its variance.
func (o *Variance) factor(in *Interpreter, s Shape, c int) float64 {
	f := 1 / float64(max(1, s.Pixels()-1))
	if o.Biased {
		f = 1 / float64(s.Pixels())
	}
	if o.Norm != nil {
		if v := in.moments[o.Norm].variance[c]; v >= 0x1p-126 {
			f *= (v + float64(o.Norm.Epsilon)) / v
		}
	}
	return f
}

func (o *Variance) forward(in *Interpreter) {
	x, s := in.values[o.X], in.shape(o.X)
	groups(s, s.C, func(elements []int) {
		mean, _ := normal(x, elements, 0)
		c := elements[0] % s.C
		v := &in.values[o.V][elements[0]/(s.Pixels()*s.C)*s.C+c]
		for _, i := range elements {
			*v += (x[i] - mean) * (x[i] - mean) * o.factor(in, s, c)
		}
	})
}

func (o *Variance) reverse(in *Interpreter) {
	x, dx, s := in.values[o.X], in.grads[o.X], in.shape(o.X)
	groups(s, s.C, func(elements []int) {
		mean, _ := normal(x, elements, 0)
		c := elements[0] % s.C
		d := 2 * o.factor(in, s, c) * in.grads[o.V][elements[0]/(s.Pixels()*s.C)*s.C+c]
		for _, i := range elements {
			dx[i] += d * (x[i] - mean)
		}
	})
}
