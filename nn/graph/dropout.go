package graph

// Dropout multiplies, in training, each element by 0 with probability P and else by float32(1/(1−P)). Image n takes one Float64 of
// stream.New(seed, Path, step, n) for each element in order; an element is dropped where that is below P. Nothing is dropped, and the
// factor is 1, where randomness is off. In evaluation Y is X.
type Dropout struct {
	Unary
	P    float64
	Path string
}

// Dropout drops elements of x in training.
func (b *Builder) Dropout(x Value, p float64, path string) Value {
	o := &Dropout{Unary{X: x}, p, path}
	return b.keep(o, x, &o.Y)
}
