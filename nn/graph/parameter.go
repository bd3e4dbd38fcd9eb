package graph

// Parameter makes a value of a row of a parameter, so that operations can read it: Y (1, 1, 1, C), fixed, is the floats of Param from First
// on.
type Parameter struct {
	Param Param
	First int
	Y     Value
}

// Parameter reads n floats of a parameter, from the first given on.
func (b *Builder) Parameter(p Param, first, n int) Value {
	o := Parameter{Param: p, First: first}
	b.shaped(&o, Shape{1, 1, 1, n}, &o.Y)
	b.g.Values[o.Y].Fixed = true
	return o.Y
}

func (o *Parameter) Reads() []Value   { return nil }
func (o *Parameter) Writes() []Value  { return []Value{o.Y} }
func (o *Parameter) Weights() []Param { return []Param{o.Param} }
