package graph

// Leaky is X where X > 0, else Slope·X.
type Leaky struct {
	X, Y  Value
	Slope float32
}

// Leaky multiplies what is not positive by a slope.
func (b *Builder) Leaky(o Leaky) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Leaky) Reads() []Value   { return []Value{o.X} }
func (o *Leaky) Writes() []Value  { return []Value{o.Y} }
func (o *Leaky) Weights() []Param { return nil }

// slope is that at x.
func (o *Leaky) slope(x float64) float64 {
	if x > 0 {
		return 1
	}
	return float64(o.Slope)
}

func (o *Leaky) forward(in *Interpreter) {
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = x * o.slope(x)
	}
}

func (o *Leaky) reverse(in *Interpreter) {
	for i, x := range in.values[o.X] {
		in.grads[o.X][i] += in.grads[o.Y][i] * o.slope(x)
	}
}
