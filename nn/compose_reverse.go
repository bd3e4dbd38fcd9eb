package nn

import (
	"slices"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// planBackward plans the reverse of all operations, from the last. What several of them contribute to the gradient of a value is added in
// that order.
func (m *composing) planBackward(y *array) {
	m.stages = &m.backward
	m.dy = &array{Shape: y.Shape, run: m.composedRun}
	m.gradients[m.g.Out] = m.dy
	if m.boundFirst {
		m.now = end - m.ticks[len(m.ticks)-1]
		m.byImage(m.boundImage)
	}
	for i := range slices.Backward(m.g.Ops) {
		o := m.g.Ops[i]
		m.now, m.once, m.op, m.reads = end-m.ticks[i], m.whole[i], i, m.readsBack[o]
		if dy := m.gradients[o.Writes()[0]]; dy != nil {
			m.reverseOf(o, m.read(dy))
		}
	}
	if m.in.fixed {
		return
	}
	if m.dx = m.gradients[m.g.In]; m.dx != nil {
		if source := m.source; source != nil {
			pixels := m.x.Pixels()
			m.now, m.reads = end-m.ticks[0], false
			m.byImage(func(n int) { source.Gradient(n*pixels, m.dx.part(n)) })
		}
		m.now = end - m.in.first
		m.read(m.dx)
	}
}

// kept names what an operation keeps for its reverse.
func (m *composing) kept(o graph.Op, list ...*array) {
	if m.keptOf == nil {
		m.keptOf = map[graph.Op][]*array{}
	}
	m.keptOf[o] = list
}

// wants reports whether the gradient of a value is needed.
func (m *composing) wants(v graph.Value) bool { return v != m.g.In || !m.in.fixed }

// part adds a contribution to the gradient of a value: write writes it to an array of the value's shape.
func (m *composing) part(v graph.Value, write func(to *array)) {
	if !m.wants(v) {
		return
	}
	a := m.values[v]
	to := m.array(a.Shape, a.fixed)
	write(to)
	if earlier := m.gradients[v]; earlier != nil {
		m.read(earlier)
		m.sum(v, func(n int) { kernel.Add(to.part(n), earlier.part(n)) })
	}
	m.gradients[v] = to
}

// sum adds a step on the gradient of a value.
func (m *composing) sum(v graph.Value, f func(n int)) {
	if m.values[v].fixed || m.once && m.values[v].Pixels() == 1 {
		m.all(func() { f(-1) })
		return
	}
	m.byImage(f)
}

// pass makes the gradient g that of a value, or adds it to what others contributed.
func (m *composing) pass(v graph.Value, g *array) {
	if !m.wants(v) {
		return
	}
	earlier := m.gradients[v]
	if earlier == nil {
		g.shared = true
		m.gradients[v] = g
		return
	}
	m.gradients[v] = nil
	m.part(v, func(to *array) {
		m.read(earlier)
		m.sum(v, func(n int) { kernel.Sum(to.part(n), earlier.part(n), g.part(n)) })
	})
}

// reverseOf adds the reverse of an operation, dy being the gradient of what it wrote.
func (m *composing) reverseOf(op graph.Op, dy *array) {
	switch o := op.(type) {
	case *graph.Parameter:
		p := m.layer.order[o.Param]
		m.all(func() { kernel.Add(p.Grad[o.First:][:dy.C], dy.part(-1)) })
	case *layerOp:
		m.innerReverse(o, dy)
	case *graph.Scale:
		m.scaleReverse(o, dy)
	case *graph.GlobalPool:
		m.poolReverse(o, dy)
	case *graph.Multiply:
		m.factorReverse(o.A, o.B, o.Y, dy)
		m.factorReverse(o.B, o.A, o.Y, dy)
	case *graph.Plus:
		for _, v := range []graph.Value{o.A, o.B} {
			if r := graph.BroadcastOf(m.g.Values[v], m.g.Values[o.Y]); r.None() {
				m.pass(v, dy)
			} else {
				m.part(v, func(to *array) { m.sumTo(to, dy, r) })
			}
		}
	case *graph.Add:
		m.pass(o.A, dy)
		m.pass(o.B, dy)
	case *graph.Concat:
		first := 0
		for _, v := range []graph.Value{o.A, o.B} {
			at := first
			m.part(v, func(to *array) {
				m.each(func(n int) {
					d := dy.part(n)
					kernel.CopyColumns(to.part(n), to.C, d[at:], dy.C, len(d)/dy.C, to.C)
				})
			})
			first += m.values[v].C
		}
	case *graph.Linear:
		m.linearReverse(o, dy)
	case *graph.ChannelConv:
		x, w, k := m.values[o.X], m.layer.order[o.Weight], m.factor(o.X)
		m.all(func() { kernel.ChannelConvWeight(w.Grad, dy.part(-1), x.part(-1), x.C) })
		m.part(o.X, func(to *array) {
			m.all(func() { kernel.ChannelConvInput(to.part(-1), dy.part(-1), w.Data, x.C, k) })
		})
	case *graph.LayerNorm:
		xhat, inv := m.keptOf[o][0], m.keptOf[o][1]
		gamma, beta := m.layer.order[o.Gamma], m.layer.order[o.Beta]
		m.all(func() {
			kernel.DotRows(gamma.Grad, dy.part(-1), xhat.part(-1))
			kernel.SumRows(beta.Grad, dy.part(-1))
		})
		m.part(o.X, func(to *array) {
			m.each(func(n int) { kernel.LayerNormBackward(to.part(n), dy.part(n), xhat.part(n), inv.part(n), gamma.Data) })
		})
	default:
		m.part(op.Reads()[0], func(to *array) { m.inputReverse(op, to, dy) })
	}
}

// inputReverse adds the reverse of an operation that has one input and no parameters.
func (m *composing) inputReverse(op graph.Op, dx, dy *array) {
	x, y := m.values[op.Reads()[0]], m.values[op.Writes()[0]]
	switch o := op.(type) {
	case *graph.Clamp:
		m.each(func(n int) { kernel.ClampBackward(dx.part(n), dy.part(n), y.part(n), o.Ceiling) })
	case *graph.Sigmoid:
		m.each(func(n int) { kernel.SigmoidBackward(dx.part(n), dy.part(n), y.part(n)) })
	case *graph.Tanh:
		m.each(func(n int) { kernel.TanhBackward(dx.part(n), dy.part(n), y.part(n)) })
	case *graph.Root:
		m.each(func(n int) { kernel.RootBackward(dx.part(n), dy.part(n), y.part(n), o.Inverse) })
	case *graph.Softmax:
		m.byImage(func(n int) { kernel.SoftmaxRowsBackward(dx.part(n), dy.part(n), y.part(n), y.C) })
	case *graph.Variance:
		mean, scale := m.keptOf[o][0], m.array(y.Shape, false)
		k := varianceFactor(x.Pixels(), o.Biased) * 2 / float32(x.Pixels())
		m.byImage(func(n int) {
			kernel.Times(scale.part(n), dy.part(n), k)
			kernel.CentredRows(dx.part(n), x.part(n), mean.part(n), scale.part(n))
		})
	case *graph.Reduce:
		m.reduceReverse(o, dx, dy, x)
	}
}

func (m *composing) reduceReverse(o *graph.Reduce, dx, dy, x *array) {
	factor := float32(o.Factor(m.g.Values[o.X].Shape))
	switch {
	case o.Channels && o.Take == graph.Max:
		m.each(func(n int) { kernel.MaxColumnsBackward(dx.part(n), dy.part(n), x.part(n), x.C) })
	case o.Channels:
		m.each(func(n int) { kernel.SpreadColumns(dx.part(n), dy.part(n), factor, x.C) })
	case o.Take == graph.Max:
		m.byImage(func(n int) { kernel.MaxRowsBackward(dx.part(n), dy.part(n), x.part(n)) })
	default:
		m.byImage(func(n int) { kernel.FillRows(dx.part(n), dy.part(n)) })
	}
}

// innerReverse runs the reverse of a layer, on a copy of the gradient where others read it: the layer may overwrite it, and return it.
func (m *composing) innerReverse(o *layerOp, dy *array) {
	given := dy
	if dy.shared {
		given = m.array(dy.Shape, false)
		m.byImage(func(n int) { kernel.Copy(given.part(n), dy.part(n)) })
	}
	reverse := m.now
	m.now = end - m.in.first
	m.read(given)
	m.now = reverse
	dx := &array{Shape: m.values[o.x].Shape, run: m.composedRun}
	m.call(func(c *Context) { dx.set(o.layer.Backward(c, given.tensor())) })
	m.pass(o.x, dx)
	dx.shared = false
}

// factorReverse adds the gradient of the factor a of y = a·b.
func (m *composing) factorReverse(a, b, y graph.Value, dy *array) {
	other, r := m.values[b], graph.BroadcastOf(m.g.Values[a], m.g.Values[y])
	whole := graph.BroadcastOf(m.g.Values[b], m.g.Values[y]).None()
	m.part(a, func(to *array) {
		switch {
		case r == graph.Broadcast{Channels: true} && whole:
			m.each(func(n int) { kernel.DotColumns(to.part(n), dy.part(n), other.part(n), dy.C) })
			return
		case r == graph.Broadcast{Pixels: true} && whole:
			m.byImage(func(n int) { dotImage(to.part(n), dy.part(n), other.part(n)) })
			return
		}
		product := to
		if !r.None() {
			product = m.array(dy.Shape, dy.fixed)
		}
		p, q := m.operand(dy, dy), m.operand(other, dy)
		m.each(func(n int) { kernel.MultiplyRows(product.part(n), p(n), q(n), dy.C) })
		if !r.None() {
			m.sumTo(to, product, r)
		}
	})
}

// dotImage writes the inner products of the columns of a and b.
func dotImage(sum, a, b []float32) {
	kernel.Zero(sum)
	kernel.DotRows(sum, a, b)
}

// sumTo writes to the gradient of a repeated operand the sums of that of the result: over channels, over pixels, over images.
func (m *composing) sumTo(to, from *array, r graph.Broadcast) {
	next := func(s Shape, last bool) *array {
		if last {
			return to
		}
		return m.array(s, from.fixed)
	}
	s := from.Shape
	if r.Channels {
		s.C = 1
		x, y := from, next(s, !r.Pixels && !r.Images)
		m.each(func(n int) { kernel.SumColumns(y.part(n), x.part(n), 1, x.C) })
		from = y
	}
	if r.Pixels {
		s.H, s.W = 1, 1
		x, y := from, next(s, !r.Images)
		m.byImage(func(n int) { sumImage(y.part(n), x.part(n)) })
		from = y
	}
	if r.Images {
		x := from
		m.all(func() {
			kernel.Zero(to.part(-1))
			kernel.Reduce(to.part(-1), x.part(-1), m.images)
		})
	}
}

// factor is what the gradient of a value is multiplied by as it is computed: see graph.Pooled.
func (m *composing) factor(v graph.Value) float32 {
	for _, p := range m.rule {
		if p.Pool.Y == v && p.Divided {
			return 1 / float32(m.values[p.Pool.X].Pixels())
		}
	}
	return 1
}

func (m *composing) linearReverse(o *graph.Linear, dy *array) {
	x, w, k := m.values[o.X], m.layer.order[o.Weight], m.factor(o.X)
	in, out := x.C, dy.C
	m.all(func() {
		kernel.Gemm(true, false, in, out, m.images, 1, x.part(-1), in, dy.part(-1), out, 1, w.Grad, out)
	})
	if o.Bias != graph.None {
		bias := m.layer.order[o.Bias]
		m.all(func() { kernel.SumRows(bias.Grad, dy.part(-1)) })
	}
	m.part(o.X, func(to *array) {
		m.all(func() {
			kernel.Gemm(false, true, m.images, in, out, k, dy.part(-1), out, w.Data, out, 0, to.part(-1), in)
		})
	})
}

// scaleReverse leaves the gradient of what is scaled to the reverse of a mean of it, where there is one: see graph.Pooled.
func (m *composing) scaleReverse(o *graph.Scale, dy *array) {
	x, a := m.values[o.X], m.values[o.A]
	m.part(o.A, func(to *array) {
		m.byImage(func(n int) { dotImage(to.part(n), dy.part(n), x.part(n)) })
	})
	if p := m.rule[o]; p != nil {
		m.scaled[p] = dy
		return
	}
	m.part(o.X, func(to *array) {
		m.byImage(func(n int) { kernel.ScaleRows(to.part(n), dy.part(n), a.part(n)) })
	})
}

func (m *composing) poolReverse(o *graph.GlobalPool, dm *array) {
	p := m.rule[o]
	if p == nil {
		m.part(o.X, func(to *array) {
			m.byImage(func(n int) { kernel.SpreadMean(to.part(n), dm.part(n)) })
		})
		return
	}
	dy, a, mean := m.read(m.scaled[p]), m.read(m.values[p.Scale.A]), dm
	if !p.Divided {
		mean = m.array(dm.Shape, false)
		k := 1 / float32(m.values[o.X].Pixels())
		m.byImage(func(n int) { kernel.Times(mean.part(n), dm.part(n), k) })
	}
	m.part(o.X, func(to *array) {
		m.byImage(func(n int) { kernel.Affine(to.part(n), dy.part(n), a.part(n), mean.part(n)) })
	})
}
