package graph

// Bias adds Bias (C) to every pixel. Its gradient is summed over rows by Cut.
type Bias struct {
	X, Y Value
	Bias Param
	Cut  Cut
}

// Bias adds a number to every channel.
func (b *Builder) Bias(o Bias) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Bias) Reads() []Value   { return []Value{o.X} }
func (o *Bias) Writes() []Value  { return []Value{o.Y} }
func (o *Bias) Weights() []Param { return []Param{o.Bias} }

func (o *Bias) forward(in *Interpreter) {
	b := in.param(o.Bias)
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = x + b[i%len(b)]
	}
}

func (o *Bias) reverse(in *Interpreter) {
	db := in.grad(o.Bias)
	for i, d := range in.grads[o.Y] {
		in.grads[o.X][i] += d
		db[i%len(db)] += d
	}
}
