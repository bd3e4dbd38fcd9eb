package graph

// Clamp is min(max(X, 0), Ceiling); the ceiling of ReLU is +Inf. The gradient passes where 0 < Y < Ceiling.
type Clamp struct {
	X, Y    Value
	Ceiling float32
}

// Clamp bounds by 0 and a ceiling.
func (b *Builder) Clamp(o Clamp) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Clamp) Reads() []Value   { return []Value{o.X} }
func (o *Clamp) Writes() []Value  { return []Value{o.Y} }
func (o *Clamp) Weights() []Param { return nil }

func (o *Clamp) forward(in *Interpreter) {
	for i, x := range in.values[o.X] {
		in.values[o.Y][i] = min(max(x, 0), float64(o.Ceiling))
	}
}

func (o *Clamp) reverse(in *Interpreter) {
	for i, y := range in.values[o.Y] {
		if y > 0 && y < float64(o.Ceiling) {
			in.grads[o.X][i] += in.grads[o.Y][i]
		}
	}
}
