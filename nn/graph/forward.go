package graph

import (
	"math"

	"cenet/nn/stream"
)

// forward computes what an operation writes.
func (in *Interpreter) forward(o Op) {
	v := in.values
	y := v[o.Writes()[0]]
	var x []float64
	var s Shape
	if r := o.Reads(); len(r) > 0 {
		x, s = v[r[0]], in.shape(r[0])
	}
	each := func(f func(x float64) float64) {
		for i := range y {
			y[i] = f(x[i])
		}
	}
	switch o := o.(type) {
	case *Conv:
		in.conv(o, func(yi, xi, wi int) { y[yi] += x[xi] * in.param(o.Weight)[wi] })
	case *Bias:
		b := in.param(o.Bias)
		for i := range y {
			y[i] = x[i] + b[i%s.C]
		}
	case *Linear:
		w := in.param(o.Weight)
		in.linear(o, func(yi, xi, wi int) { y[yi] += x[xi] * w[wi] })
		if o.Bias != None {
			b := in.param(o.Bias)
			for i := range y {
				y[i] += b[i%len(b)]
			}
		}
	case *BatchNorm:
		m := in.takeMoments(o, x, s)
		gamma, beta := in.param(o.Gamma), in.param(o.Beta)
		for i := range y {
			c := i % s.C
			y[i] = gamma[c]*(x[i]-m.mean[c])/math.Sqrt(m.variance[c]+float64(o.Epsilon)) + beta[c]
		}
	case *GroupNorm:
		in.groupNorm(y, x, s, o.Groups, o.Epsilon, in.param(o.Gamma), in.param(o.Beta))
	case *LayerNorm:
		in.groupNorm(y, x, Shape{s.Rows(), 1, 1, s.C}, 1, o.Epsilon, in.param(o.Gamma), in.param(o.Beta))
	case *Clamp:
		each(func(x float64) float64 { return min(max(x, 0), float64(o.Ceiling)) })
	case *Leaky:
		each(func(x float64) float64 { return x * slope(x, float64(o.Slope)) })
	case *ELU:
		each(func(x float64) float64 {
			if x > 0 {
				return x
			}
			return float64(o.Alpha) * math.Expm1(x)
		})
	case *ChannelConv:
		w := in.param(o.Weight)
		in.channelConv(o, func(yi, xi, wi int) { y[yi] += x[xi] * w[wi] })
	case *Sigmoid:
		each(sigmoid)
	case *Add:
		for i := range y {
			y[i] = x[i] + v[o.B][i]
		}
	case *MaxPool:
		for i, from := range in.largest(o) {
			y[i] = x[from]
		}
	case *AvgPool:
		in.pool(o.X, o.Y, o.Size, o.Stride, o.Pad, func(yi, xi int) { y[yi] += x[xi] / float64(o.Size*o.Size) })
	case *GlobalPool:
		for i := range x {
			y[i/(s.Pixels()*s.C)*s.C+i%s.C] += x[i] / float64(s.Pixels())
		}
	case *Dropout:
		in.masks[o] = in.mask(o, len(x), s.N)
		for i, m := range in.masks[o] {
			y[i] = m * x[i]
		}
	case *Scale:
		for i := range y {
			y[i] = x[i] * v[o.A][i/(s.Pixels()*s.C)*s.C+i%s.C]
		}
	case *Slice:
		in.slice(o, func(yi, xi int) { y[yi] = x[xi] })
	case *Interleave:
		for i := range x {
			y[2*i], y[2*i+1] = x[i], v[o.B][i]
		}
	case *Flatten:
		copy(y, x)
	default:
		in.forwardBlock(o, x, s)
	}
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func slope(x, below float64) float64 {
	if x > 0 {
		return 1
	}
	return below
}

// conv calls f with the places of an output, an input and a weight for each product of a convolution.
func (in *Interpreter) conv(o *Conv, f func(yi, xi, wi int)) {
	s, out := in.shape(o.X), in.shape(o.Y)
	ins, outs := s.C/o.Groups, out.C/o.Groups
	window(s, out, o.Kernel, o.Stride, o.Pad, func(position, pixel, tap int) {
		for c := range out.C {
			for i := range ins {
				f(position*out.C+c, pixel*s.C+c/outs*ins+i, (tap*ins+i)*out.C+c)
			}
		}
	})
}

// linear does the same for a Linear.
func (in *Interpreter) linear(o *Linear, f func(yi, xi, wi int)) {
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

// channelConv calls f with every element of y, each element of x that it is a sum of, and that of the weight.
func (in *Interpreter) channelConv(o *ChannelConv, f func(yi, xi, wi int)) {
	s, k := in.shape(o.X), len(in.param(o.Weight))
	for n := range s.N {
		for i := range s.C {
			for j := range k {
				if from := i + j - k/2; from >= 0 && from < s.C {
					f(n*s.C+i, n*s.C+from, j)
				}
			}
		}
	}
}

// takeMoments returns the mean and variance that a BatchNorm normalises with, and in training moves the running ones.
func (in *Interpreter) takeMoments(o *BatchNorm, x []float64, s Shape) moments {
	running := moments{in.buffer(o.Mean), in.buffer(o.Variance)}
	if !in.random.Train {
		in.moments[o] = running
		return running
	}
	m := moments{make([]float64, s.C), make([]float64, s.C)}
	rows := float64(s.Rows())
	for i, v := range x {
		m.mean[i%s.C] += v / rows
	}
	for i, v := range x {
		d := v - m.mean[i%s.C]
		m.variance[i%s.C] += d * d / rows
	}
	momentum := float64(o.Momentum)
	for c := range s.C {
		running.mean[c] += momentum * (m.mean[c] - running.mean[c])
		running.variance[c] += momentum * (m.variance[c]*rows/max(1, rows-1) - running.variance[c])
	}
	in.moments[o] = m
	return m
}

// groups calls f with the elements of each group of channels of each image.
func groups(s Shape, count int, f func(elements []int)) {
	size := s.C / count
	elements := make([]int, size*s.Pixels())
	for n := range s.N {
		for g := range count {
			for i := range elements {
				elements[i] = (n*s.Pixels()+i/size)*s.C + g*size + i%size
			}
			f(elements)
		}
	}
}

// normal returns the mean of some elements of x and 1/√(variance+ε).
func normal(x []float64, elements []int, epsilon float64) (mean, inv float64) {
	n := float64(len(elements))
	for _, i := range elements {
		mean += x[i] / n
	}
	for _, i := range elements {
		inv += (x[i] - mean) * (x[i] - mean) / n
	}
	return mean, 1 / math.Sqrt(inv+epsilon)
}

func (in *Interpreter) groupNorm(y, x []float64, s Shape, count int, epsilon float64, gamma, beta []float64) {
	groups(s, count, func(elements []int) {
		mean, inv := normal(x, elements, epsilon)
		for _, i := range elements {
			y[i] = gamma[i%s.C]*(x[i]-mean)*inv + beta[i%s.C]
		}
	})
}

// pool calls f with the places of an output and of an input in its window.
func (in *Interpreter) pool(x, y Value, size, stride, pad int, f func(yi, xi int)) {
	s, out := in.shape(x), in.shape(y)
	window(s, out, size, stride, pad, func(position, pixel, _ int) {
		for c := range s.C {
			f(position*s.C+c, pixel*s.C+c)
		}
	})
}

// largest returns the places of the inputs that a MaxPool takes.
func (in *Interpreter) largest(o *MaxPool) []int {
	x := in.values[o.X]
	best := make([]int, len(in.values[o.Y]))
	for i := range best {
		best[i] = -1
	}
	in.pool(o.X, o.Y, o.Size, o.Stride, o.Pad, func(yi, xi int) {
		if b := best[yi]; b < 0 || x[xi] > x[b] || math.IsNaN(x[xi]) {
			best[yi] = xi
		}
	})
	return best
}

// slice calls f with the places of an output and its input.
func (in *Interpreter) slice(o *Slice, f func(yi, xi int)) {
	c, out := in.shape(o.X).C, in.shape(o.Y)
	for i := range out.Len() {
		f(i, i/out.C*c+o.First+i%out.C)
	}
}

// mask returns the factors of a Dropout of so many elements.
func (in *Interpreter) mask(o *Dropout, elements, images int) []float64 {
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
