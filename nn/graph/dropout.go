package graph

import "cenet/nn/stream"

// Dropout multiplies, in training, each element by 0 with probability P and else by float32(1/(1−P)). Image n takes one Float64 of
// stream.New(seed, Path, step, n) for each element in order; an element is dropped where that is below P. Nothing is dropped, and the
// factor is 1, where randomness is off. In evaluation Y is X.
type Dropout struct {
	X, Y Value
	P    float64
	Path string
}

// Dropout drops elements in training.
func (b *Builder) Dropout(o Dropout) Value { return b.keep(&o, o.X, &o.Y) }

func (o *Dropout) Reads() []Value   { return []Value{o.X} }
func (o *Dropout) Writes() []Value  { return []Value{o.Y} }
func (o *Dropout) Weights() []Param { return nil }

func (o *Dropout) forward(in *Interpreter) {
	x := in.values[o.X]
	in.masks[o] = o.mask(in, len(x), in.shape(o.X).N)
	for i, m := range in.masks[o] {
		in.values[o.Y][i] = m * x[i]
	}
}

func (o *Dropout) reverse(in *Interpreter) {
	for i, m := range in.masks[o] {
		in.grads[o.X][i] += m * in.grads[o.Y][i]
	}
}

// mask returns the factors of the given number of elements.
func (o *Dropout) mask(in *Interpreter, elements, images int) []float64 {
	mask := make([]float64, elements)
	p := o.P
	if !in.random.Train || in.random.Off {
		p = 0
	}
	size := elements / images
	for n := range images {
		random := stream.New(in.random.Seed, o.Path, in.random.Number, uint64(n))
		for i := range size {
			if random.Float64() >= p {
				mask[n*size+i] = float64(float32(1 / (1 - p)))
			}
		}
	}
	return mask
}
