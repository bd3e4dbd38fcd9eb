package graph

// Linear is Y = X·W + Bias on images of one pixel: Weight is (in, out), or (out, in) where Transposed. Bias (out) may be None; its
// gradient is summed over the images in order.
type Linear struct {
	X, Y         Value
	Weight, Bias Param
	Transposed   bool
	BFloat16     bool // kernel.BrainGemm; the interpreter does not round
}

// Linear multiplies to the given number of channels.
func (b *Builder) Linear(o Linear, channels int) *Linear {
	s := b.Shape(o.X)
	need(s.Pixels() == 1)
	b.shaped(&o, Shape{s.N, 1, 1, channels}, &o.Y)
	return &o
}

func (o *Linear) Reads() []Value   { return []Value{o.X} }
func (o *Linear) Writes() []Value  { return []Value{o.Y} }
func (o *Linear) Weights() []Param { return present(o.Weight, o.Bias) }

// each calls f with the places of an output, an input and a weight for each product.
func (o *Linear) each(in *Interpreter, f func(yi, xi, wi int)) {
	s, out := in.shape(o.X), in.shape(o.Y)
	for n := range s.N {
		for i := range s.C {
			for c := range out.C {
				w := i*out.C + c
				if o.Transposed {
					w = c*s.C + i
				}
				f(n*out.C+c, n*s.C+i, w)
			}
		}
	}
}

func (o *Linear) forward(in *Interpreter) {
	x, y, w := in.values[o.X], in.values[o.Y], in.param(o.Weight)
	o.each(in, func(yi, xi, wi int) { y[yi] += x[xi] * w[wi] })
	if o.Bias != None {
		b := in.param(o.Bias)
		for i := range y {
			y[i] += b[i%len(b)]
		}
	}
}

func (o *Linear) reverse(in *Interpreter) {
	x, dx, dy, w, dw := in.values[o.X], in.grads[o.X], in.grads[o.Y], in.param(o.Weight), in.grad(o.Weight)
	o.each(in, func(yi, xi, wi int) {
		dx[xi] += dy[yi] * w[wi]
		dw[wi] += dy[yi] * x[xi]
	})
	if o.Bias != None {
		db := in.grad(o.Bias)
		for i, d := range dy {
			db[i%len(db)] += d
		}
	}
}
