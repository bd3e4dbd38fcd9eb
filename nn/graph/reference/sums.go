package reference

import (
	"math"

	"cenet/nn/graph"
	"cenet/nn/stream"
)

// sum is Y[y] = Σ k·A[a]·B[b] over all that terms list.
type sum struct {
	y     array
	terms []terms
}

// terms are products of an element of a and one of b, which go to an element of the sum.
type terms struct {
	a, b array // b without value is 1
	k    float64
	each func(f func(y, a, b int)) // calls f with the places of each product
}

func (s sum) forward(*Interpreter) {
	for _, t := range s.terms {
		t.each(func(y, a, b int) {
			if t.b.value == nil {
				s.y.value[y] += t.k * t.a.value[a]
			} else {
				s.y.value[y] += t.k * t.a.value[a] * t.b.value[b]
			}
		})
	}
}

func (s sum) reverse(*Interpreter) {
	for _, t := range s.terms {
		t.each(func(y, a, b int) {
			d := t.k * s.y.grad[y]
			if t.b.value == nil {
				t.a.grad[a] += d
				return
			}
			t.a.grad[a] += d * t.b.value[b]
			t.b.grad[b] += d * t.a.value[a]
		})
	}
}

// sumOf returns the sum that an operation is, without terms where it is another thing.
func (in *Interpreter) sumOf(op graph.Op) sum {
	var list []terms
	y := op.Writes()[0]
	add := func(v graph.Value, k float64, place func(i int) int) { // Y[i] += k·V[place(i)]
		list = append(list, terms{a: in.value(v), k: k, each: places(in.shape(y).Len(), place)})
	}
	spread := func(v graph.Value, k float64, to func(i int) int) { // Y[to(i)] += k·V[i]
		n := in.shape(v).Len()
		list = append(list, terms{a: in.value(v), k: k, each: func(f func(y, a, b int)) {
			for i := range n {
				f(to(i), i, 0)
			}
		}})
	}
	switch o := op.(type) {
	case *graph.Parameter:
		list = []terms{{a: in.param(o.Param), k: 1, each: places(in.shape(y).Len(), func(i int) int { return o.First + i })}}
	case *graph.Flatten:
		add(o.X, 1, func(i int) int { return i })
	case *graph.Slice:
		c, out := in.shape(o.X).C, in.shape(y).C
		add(o.X, 1, func(i int) int { return i/out*c + o.First + i%out })
	case *graph.Add:
		add(o.A, 1, in.repeated(o.A, y))
		add(o.B, 1, in.repeated(o.B, y))
	case *graph.Plus:
		add(o.A, 1, in.repeated(o.A, y))
		add(o.B, 1, in.repeated(o.B, y))
	case *graph.Concat:
		a, c := in.shape(o.A).C, in.shape(y).C
		spread(o.A, 1, func(i int) int { return i/a*c + i%a })
		spread(o.B, 1, func(i int) int { return i/(c-a)*c + a + i%(c-a) })
	case *graph.Interleave:
		spread(o.A, 1, func(i int) int { return 2 * i })
		spread(o.B, 1, func(i int) int { return 2*i + 1 })
	case *graph.GlobalPool:
		s := in.shape(o.X)
		spread(o.X, 1/float64(s.Pixels()), imageOf(s))
	case *graph.Reduce:
		to := imageOf(in.shape(o.X))
		if o.Channels {
			c := in.shape(o.X).C
			to = func(i int) int { return i / c }
		}
		if o.Take != graph.Max {
			spread(o.X, o.Factor(in.shape(o.X)), to)
			break
		}
		largest := newLargest(in.values[o.X], in.shape(y).Len())
		for i := range in.values[o.X] {
			largest.see(to(i), i)
		}
		add(o.X, 1, largest.at)
	case *graph.MaxPool:
		s, largest := in.shape(o.X), newLargest(in.values[o.X], in.shape(y).Len())
		window(s, in.shape(y), o.Size, o.Stride, o.Pad, func(position, pixel, _ int) {
			for c := range s.C {
				largest.see(position*s.C+c, pixel*s.C+c)
			}
		})
		add(o.X, 1, largest.at)
	default:
		list = in.products(op)
	}
	return sum{in.value(y), list}
}

// products returns the terms of an operation that multiplies by a parameter or by another value.
func (in *Interpreter) products(op graph.Op) []terms {
	y := in.shape(op.Writes()[0])
	product := func(v graph.Value, b array, each func(f func(y, a, b int))) terms {
		return terms{in.value(v), b, 1, each}
	}
	bias := func(p graph.Param) terms {
		return terms{a: in.param(p), k: 1, each: places(y.Len(), func(i int) int { return i % y.C })}
	}
	switch o := op.(type) {
	case *graph.Bias:
		return []terms{product(o.X, array{}, places(y.Len(), func(i int) int { return i })), bias(o.Bias)}
	case *graph.Conv:
		return []terms{product(o.X, in.param(o.Weight), convolution(o, in.shape(o.X), y))}
	case *graph.ChannelConv:
		w := in.param(o.Weight)
		return []terms{product(o.X, w, func(f func(y, a, b int)) {
			for i := range y.Len() {
				for j := range w.value {
					if from := i%y.C + j - len(w.value)/2; from >= 0 && from < y.C {
						f(i, i/y.C*y.C+from, j)
					}
				}
			}
		})}
	case *graph.Linear:
		x := in.shape(o.X)
		list := []terms{product(o.X, in.param(o.Weight), func(f func(y, a, b int)) {
			for i := range y.Len() {
				for j := range x.C {
					w := j*y.C + i%y.C
					if o.Transposed {
						w = i%y.C*x.C + j
					}
					f(i, i/y.C*x.C+j, w)
				}
			}
		})}
		if o.Bias != graph.None {
			list = append(list, bias(o.Bias))
		}
		return list
	case *graph.Scale:
		image := imageOf(y)
		return []terms{product(o.X, in.value(o.A), func(f func(y, a, b int)) {
			for i := range y.Len() {
				f(i, i, image(i))
			}
		})}
	case *graph.Multiply:
		a, b := in.repeated(o.A, o.Y), in.repeated(o.B, o.Y)
		return []terms{product(o.A, in.value(o.B), func(f func(y, a, b int)) {
			for i := range y.Len() {
				f(i, a(i), b(i))
			}
		})}
	case *graph.Dropout:
		mask := array{in.mask(o, y), make([]float64, y.Len())}
		return []terms{product(o.X, mask, func(f func(y, a, b int)) {
			for i := range y.Len() {
				f(i, i, i)
			}
		})}
	}
	return nil
}

// places lists n elements of a sum, each of one term.
func places(n int, place func(i int) int) func(f func(y, a, b int)) {
	return func(f func(y, a, b int)) {
		for i := range n {
			f(i, place(i), 0)
		}
	}
}

// imageOf returns, for an element of an activation of shape s, the place of its image and channel in (N, 1, 1, C).
func imageOf(s graph.Shape) func(i int) int {
	return func(i int) int { return i/(s.Pixels()*s.C)*s.C + i%s.C }
}

// repeated returns the place in an operand of the element i of the result y.
func (in *Interpreter) repeated(x, y graph.Value) func(i int) int {
	s, to := in.shape(x), in.shape(y)
	r := graph.BroadcastOf(in.g.Values[x], in.g.Values[y])
	return func(i int) int {
		image, pixel, channel := i/to.C/to.Pixels(), i/to.C%to.Pixels(), i%to.C
		if r.Images {
			image = 0
		}
		if r.Pixels {
			pixel = 0
		}
		if r.Channels {
			channel = 0
		}
		return (image*s.Pixels()+pixel)*s.C + channel
	}
}

// convolution lists the products of a convolution.
func convolution(o *graph.Conv, s, out graph.Shape) func(f func(y, a, b int)) {
	ins, outs := s.C/o.Groups, out.C/o.Groups
	return func(f func(y, a, b int)) {
		window(s, out, o.Kernel, o.Stride, o.Pad, func(position, pixel, tap int) {
			for c := range out.C {
				for i := range ins {
					f(position*out.C+c, pixel*s.C+c/outs*ins+i, (tap*ins+i)*out.C+c)
				}
			}
		})
	}
}

// window calls f with each pair of a position of the windows of side size over images of shape s and a pixel under it, both counted
// through all images, and the pixel's number in the window.
func window(s, out graph.Shape, size, stride, pad int, f func(position, pixel, tap int)) {
	for n := range s.N {
		for p := range out.Pixels() {
			for tap := range size * size {
				y, x := p/out.W*stride-pad+tap/size, p%out.W*stride-pad+tap%size
				if y >= 0 && y < s.H && x >= 0 && x < s.W {
					f(n*out.Pixels()+p, n*s.Pixels()+y*s.W+x, tap)
				}
			}
		}
	}
}

// largest finds the places of the largest elements of x, each of its own group.
type largest struct {
	x    []float64
	best []int // by group
}

func newLargest(x []float64, groups int) *largest {
	l := &largest{x, make([]int, groups)}
	for i := range l.best {
		l.best[i] = -1
	}
	return l
}

func (l *largest) see(group, i int) {
	if b := &l.best[group]; *b < 0 || l.x[i] > l.x[*b] || math.IsNaN(l.x[i]) {
		*b = i
	}
}

func (l *largest) at(group int) int { return l.best[group] }

// mask returns the factors that a Dropout multiplies images of shape s by.
func (in *Interpreter) mask(o *graph.Dropout, s graph.Shape) []float64 {
	mask := make([]float64, s.Len())
	p := o.P
	if !in.random.Train || in.random.Off {
		p = 0
	}
	size := s.Pixels() * s.C
	for n := range s.N {
		random := stream.New(in.random.Seed, o.Path, in.random.Number, uint64(n))
		for i := range size {
			if random.Float64() >= p {
				mask[n*size+i] = float64(float32(1 / (1 - p)))
			}
		}
	}
	return mask
}
