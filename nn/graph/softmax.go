package graph

import "math"

// Softmax is exp(X)/Σexp(X) for each channel, the sum being over the pixels of an image. kernel.SoftmaxRows.
type Softmax struct{ X, Y Value }

// Softmax takes the softmax over the pixels.
func (b *Builder) Softmax(x Value) Value { o := Softmax{X: x}; return b.keep(&o, x, &o.Y) }

func (o *Softmax) Reads() []Value   { return []Value{o.X} }
func (o *Softmax) Writes() []Value  { return []Value{o.Y} }
func (o *Softmax) Weights() []Param { return nil }

func (o *Softmax) forward(in *Interpreter) {
	s, x, y := in.shape(o.X), in.values[o.X], in.values[o.Y]
	groups(s, s.C, func(elements []int) {
		top, sum := math.Inf(-1), 0.0
		for _, i := range elements {
			top = math.Max(top, x[i])
		}
		for _, i := range elements {
			y[i] = math.Exp(x[i] - top)
			sum += y[i]
		}
		for _, i := range elements {
			y[i] /= sum
		}
	})
}

func (o *Softmax) reverse(in *Interpreter) {
	s, y, dy := in.shape(o.X), in.values[o.Y], in.grads[o.Y]
	groups(s, s.C, func(elements []int) {
		sum := 0.0
		for _, i := range elements {
			sum += y[i] * dy[i]
		}
		for _, i := range elements {
			in.grads[o.X][i] += y[i] * (dy[i] - sum)
		}
	})
}
