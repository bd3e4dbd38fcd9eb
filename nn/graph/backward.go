package graph

import "math"

// backward adds the gradients of what an operation reads, and of its parameters.
func (in *Interpreter) backward(o Op) {
	y, dy := in.values[o.Writes()[0]], in.grads[o.Writes()[0]]
	var x, dx []float64
	var s Shape
	if r := o.Reads(); len(r) > 0 {
		x, dx, s = in.values[r[0]], in.grads[r[0]], in.shape(r[0])
	}
	each := func(slope func(i int) float64) {
		for i := range dx {
			dx[i] += dy[i] * slope(i)
		}
	}
	switch o := o.(type) {
	case *Conv:
		w, dw := in.param(o.Weight), in.grad(o.Weight)
		in.conv(o, func(yi, xi, wi int) {
			dx[xi] += dy[yi] * w[wi]
			dw[wi] += dy[yi] * x[xi]
		})
	case *Bias:
		db := in.grad(o.Bias)
		for i, d := range dy {
			dx[i] += d
			db[i%s.C] += d
		}
	case *Linear:
		w, dw := in.param(o.Weight), in.grad(o.Weight)
		in.linear(o, func(yi, xi, wi int) {
			dx[xi] += dy[yi] * w[wi]
			dw[wi] += dy[yi] * x[xi]
		})
		if o.Bias != None {
			db := in.grad(o.Bias)
			for i, d := range dy {
				db[i%len(db)] += d
			}
		}
	case *BatchNorm:
		in.batchNormBackward(o, dx, x, dy, s)
	case *GroupNorm:
		in.groupNormBackward(dx, x, dy, s, o.Groups, o.Epsilon, o.Gamma, o.Beta)
	case *LayerNorm:
		in.groupNormBackward(dx, x, dy, Shape{s.Rows(), 1, 1, s.C}, 1, o.Epsilon, o.Gamma, o.Beta)
	case *Clamp:
		each(func(i int) float64 {
			if y[i] > 0 && y[i] < float64(o.Ceiling) {
				return 1
			}
			return 0
		})
	case *Leaky:
		each(func(i int) float64 { return slope(x[i], float64(o.Slope)) })
	case *ELU:
		each(func(i int) float64 {
			if x[i] > 0 {
				return 1
			}
			return float64(o.Alpha) * math.Exp(x[i])
		})
	case *ChannelConv:
		w, dw := in.param(o.Weight), in.grad(o.Weight)
		in.channelConv(o, func(yi, xi, wi int) {
			dx[xi] += dy[yi] * w[wi]
			dw[wi] += dy[yi] * x[xi]
		})
	case *Sigmoid:
		each(func(i int) float64 { return y[i] * (1 - y[i]) })
	case *Add:
		for i, d := range dy {
			dx[i] += d
			in.grads[o.B][i] += d
		}
	case *MaxPool:
		for i, from := range in.largest(o) {
			dx[from] += dy[i]
		}
	case *AvgPool:
		in.pool(o.X, o.Y, o.Size, o.Stride, o.Pad, func(yi, xi int) { dx[xi] += dy[yi] / float64(o.Size*o.Size) })
	case *GlobalPool:
		for i := range dx {
			dx[i] += dy[i/(s.Pixels()*s.C)*s.C+i%s.C] / float64(s.Pixels())
		}
	case *Dropout:
		each(func(i int) float64 { return in.masks[o][i] })
	case *Scale:
		for i, d := range dy {
			a := i/(s.Pixels()*s.C)*s.C + i%s.C
			dx[i] += d * in.values[o.A][a]
			in.grads[o.A][a] += d * x[i]
		}
	case *Slice:
		in.slice(o, func(yi, xi int) { dx[xi] += dy[yi] })
	case *Interleave:
		for i := range dx {
			dx[i] += dy[2*i]
			in.grads[o.B][i] += dy[2*i+1]
		}
	case *Flatten:
		each(func(int) float64 { return 1 })
	default:
		in.backwardBlock(o, dx, x, s)
	}
}

func (in *Interpreter) batchNormBackward(o *BatchNorm, dx, x, dy []float64, s Shape) {
	gamma, dgamma, dbeta := in.param(o.Gamma), in.grad(o.Gamma), in.grad(o.Beta)
	m := in.moments[o]
	mean, along := make([]float64, s.C), make([]float64, s.C) // of dy and dy·x̂
	rows := float64(s.Rows())
	inv := make([]float64, s.C)
	for c := range inv {
		inv[c] = 1 / math.Sqrt(m.variance[c]+float64(o.Epsilon))
	}
	for i, d := range dy {
		c := i % s.C
		hat := (x[i] - m.mean[c]) * inv[c]
		dgamma[c] += d * hat
		dbeta[c] += d
		mean[c] += d / rows
		along[c] += d * hat / rows
	}
	for i, d := range dy {
		c := i % s.C
		dx[i] += gamma[c] * inv[c] * (d - mean[c] - (x[i]-m.mean[c])*inv[c]*along[c])
	}
}

func (in *Interpreter) groupNormBackward(dx, x, dy []float64, s Shape, count int, epsilon float64, gammaOf, betaOf Param) {
	gamma, dgamma, dbeta := in.param(gammaOf), in.grad(gammaOf), in.grad(betaOf)
	groups(s, count, func(elements []int) {
		m, inv := normal(x, elements, epsilon)
		var mean, along float64
		for _, i := range elements {
			c, hat := i%s.C, (x[i]-m)*inv
			dgamma[c] += dy[i] * hat
			dbeta[c] += dy[i]
			mean += gamma[c] * dy[i] / float64(len(elements))
			along += gamma[c] * dy[i] * hat / float64(len(elements))
		}
		for _, i := range elements {
			dx[i] += inv * (gamma[i%s.C]*dy[i] - mean - (x[i]-m)*inv*along)
		}
	})
}
