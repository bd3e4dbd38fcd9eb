package graph

// GroupNorm normalises Groups groups of neighbouring channels over the pixels of each image, then scales and shifts by channel, in
// training and evaluation alike. kernel.GroupNorm.
type GroupNorm struct {
	X, Y        Value
	Gamma, Beta Param
	Groups      int
	Epsilon     float64
}

// GroupNorm normalises groups.
func (b *Builder) GroupNorm(o GroupNorm) Value {
	need(b.Shape(o.X).C%o.Groups == 0)
	return b.keep(&o, o.X, &o.Y)
}

func (o *GroupNorm) Reads() []Value   { return []Value{o.X} }
func (o *GroupNorm) Writes() []Value  { return []Value{o.Y} }
func (o *GroupNorm) Weights() []Param { return []Param{o.Gamma, o.Beta} }

func (o *GroupNorm) forward(in *Interpreter) {
	in.normalise(o.X, o.Y, in.shape(o.X), o.Groups, o.Epsilon, o.Gamma, o.Beta)
}

func (o *GroupNorm) reverse(in *Interpreter) {
	in.normaliseBackward(o.X, o.Y, in.shape(o.X), o.Groups, o.Epsilon, o.Gamma, o.Beta)
}
