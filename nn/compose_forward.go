package nn

import (
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// forwardOf adds the forward pass of an operation, and returns its cost.
func (m *composing) forwardOf(op graph.Op) Cost {
	switch o := op.(type) {
	case *graph.Parameter:
		s := m.g.Values[o.Y]
		m.values[o.Y] = &array{Shape: Shape(s.Shape), fixed: true, run: m.composedRun, param: m.layer.order[o.Param], first: o.First}
		return Cost{}
	case *layerOp:
		return m.innerForward(o)
	case *graph.Scale:
		x, a, y := m.input(o.X, true), m.input(o.A, true), m.output(o.Y)
		m.byImage(func(n int) { kernel.ScaleRows(y.part(n), x.part(n), a.part(n)) })
		return Cost{Other: y.Len()}
	case *graph.Multiply:
		a, b, y := m.input(o.A, true), m.input(o.B, true), m.output(o.Y)
		p, q := m.operand(a, y), m.operand(b, y)
		m.each(func(n int) { kernel.MultiplyRows(y.part(n), p(n), q(n), y.C) })
		return Cost{Other: y.Len()}
	case *graph.Plus:
		a, b, y := m.input(o.A, false), m.input(o.B, false), m.output(o.Y)
		p, q := m.operand(a, y), m.operand(b, y)
		m.each(func(n int) { kernel.PlusRows(y.part(n), p(n), q(n), y.C) })
		return Cost{Other: y.Len()}
	case *graph.Add:
		a, b, y := m.input(o.A, false), m.input(o.B, false), m.output(o.Y)
		m.each(func(n int) { kernel.Sum(y.part(n), a.part(n), b.part(n)) })
		return Cost{Other: y.Len()}
	case *graph.Concat:
		a, b, y := m.input(o.A, false), m.input(o.B, false), m.output(o.Y)
		m.each(func(n int) {
			to := y.part(n)
			kernel.CopyColumns(to, y.C, a.part(n), a.C, len(to)/y.C, a.C)
			kernel.CopyColumns(to[a.C:], y.C, b.part(n), b.C, len(to)/y.C, b.C)
		})
		return Cost{}
	case *graph.Linear:
		return m.linear(o)
	case *graph.ChannelConv:
		x, w, y := m.input(o.X, true), m.layer.order[o.Weight], m.output(o.Y)
		m.all(func() { kernel.ChannelConv(y.part(-1), x.part(-1), w.Data, x.C) })
		return Cost{MACs: y.Len() * Size(w.Shape)}
	case *graph.LayerNorm:
		return m.layerNorm(o)
	}
	return m.statistic(op)
}

// statistic adds the forward pass of an operation that sums or normalises over pixels or channels.
func (m *composing) statistic(op graph.Op) Cost {
	switch o := op.(type) {
	case *graph.GlobalPool:
		x, y := m.input(o.X, false), m.output(o.Y)
		m.byImage(func(n int) { kernel.MeanRows(y.part(n), x.part(n)) })
		return Cost{Other: x.Len()}
	case *graph.Reduce:
		x, y := m.input(o.X, o.Take == graph.Max), m.output(o.Y)
		factor := float32(o.Factor(m.g.Values[o.X].Shape))
		switch {
		case o.Channels && o.Take == graph.Max:
			m.each(func(n int) { kernel.MaxColumns(y.part(n), x.part(n), x.C) })
		case o.Channels:
			m.each(func(n int) { kernel.SumColumns(y.part(n), x.part(n), factor, x.C) })
		case o.Take == graph.Max:
			m.byImage(func(n int) { kernel.MaxRows(y.part(n), x.part(n)) })
		default:
			m.byImage(func(n int) { sumImage(y.part(n), x.part(n)) })
		}
		return Cost{Other: x.Len()}
	case *graph.Variance:
		return m.variance(o)
	case *graph.Softmax:
		x, y := m.input(o.X, false), m.output(o.Y)
		m.keep(y)
		m.byImage(func(n int) { kernel.SoftmaxRows(y.part(n), x.part(n), y.C) })
		return Cost{Other: 2 * x.Len()}
	}
	return m.elementwise(op)
}

// elementwise adds the forward pass of a function of single numbers.
func (m *composing) elementwise(op graph.Op) Cost {
	x, y := m.input(op.Reads()[0], false), m.output(op.Writes()[0])
	m.keep(y)
	switch o := op.(type) {
	case *graph.Clamp:
		m.each(func(n int) { kernel.Clamp(y.part(n), x.part(n), o.Ceiling) })
	case *graph.Sigmoid:
		m.each(func(n int) { kernel.Sigmoid(y.part(n), x.part(n)) })
	case *graph.Tanh:
		m.each(func(n int) { kernel.Tanh(y.part(n), x.part(n)) })
	case *graph.Root:
		m.each(func(n int) { kernel.Root(y.part(n), x.part(n), o.Epsilon, o.Inverse) })
	default:
		panic("nn: an operation that composed layers do not have")
	}
	return Cost{Other: y.Len()}
}

// sumImage writes the sum of the rows of x.
func sumImage(sum, x []float32) {
	kernel.Zero(sum)
	kernel.SumRows(sum, x)
}

func (m *composing) innerForward(o *layerOp) Cost {
	x := m.input(o.x, false)
	m.p.clock-- // which the layer counts on
	v := o.layer.Plan(m.p, Value{Shape: x.Shape, memory: x.memory, first: m.in.first, shared: true})
	m.now = m.p.clock
	y := &array{Shape: v.Shape, run: m.composedRun, memory: v.memory}
	m.values[o.y] = y
	m.call(func(c *Context) { y.set(o.layer.Forward(c, x.tensor())) })
	return Cost{}
}

func (m *composing) linear(o *graph.Linear) Cost {
	x, y, w := m.input(o.X, true), m.output(o.Y), m.layer.order[o.Weight]
	in, out := x.C, y.C
	m.all(func() {
		kernel.Gemm(false, false, m.images, out, in, 1, x.part(-1), in, w.Data, out, 0, y.part(-1), out)
	})
	if o.Bias != graph.None {
		bias := m.layer.order[o.Bias]
		m.all(func() { kernel.AddRow(y.part(-1), bias.Data) })
	}
	return Cost{MACs: y.Len() * in}
}

func (m *composing) layerNorm(o *graph.LayerNorm) Cost {
	x, y := m.input(o.X, false), m.output(o.Y)
	gamma, beta := m.layer.order[o.Gamma], m.layer.order[o.Beta]
	xhat, inv := m.array(x.Shape, false), m.array(Shape{x.N, x.H, x.W, 1}, false)
	m.keep(xhat)
	m.keep(inv)
	m.kept(o, xhat, inv)
	m.each(func(n int) {
		kernel.LayerNorm(y.part(n), xhat.part(n), inv.part(n), x.part(n), gamma.Data, beta.Data, o.Epsilon)
	})
	return Cost{Other: 2 * x.Len()}
}

func (m *composing) variance(o *graph.Variance) Cost {
	x, y := m.input(o.X, true), m.output(o.V)
	mean := m.array(y.Shape, false)
	m.keep(mean)
	m.kept(o, mean)
	s := kernel.Segments{N: 1, Pixels: x.Pixels(), Size: o.Cut.Rows}
	parts := m.array(Shape{x.N, s.Count(), 2, x.C}, false)
	factor := varianceFactor(x.Pixels(), o.Biased)
	m.byImage(func(n int) {
		all := parts.part(n)
		for i := range s.Count() {
			lo, hi := s.Range(i)
			to := all[i*2*x.C:][:2*x.C]
			kernel.Moments(to[:x.C], to[x.C:], x.part(n)[lo*x.C:hi*x.C])
		}
		kernel.CombineMoments(mean.part(n), y.part(n), all, s)
		kernel.Times(y.part(n), y.part(n), factor)
	})
	return Cost{Other: 2 * x.Len()}
}

// varianceFactor is what the mean of squared deviations is multiplied by.
func varianceFactor(pixels int, biased bool) float32 {
	if biased {
		return 1
	}
	return float32(float64(pixels) / float64(max(1, pixels-1)))
}
