package nn

import "cenet/nn/kernel"

// Where activations do not fit into the caches, a step takes as long as its passes over memory. A layer therefore does some of the work
// of the layer before or behind it while the images concerned are in cache.

// fusionOffers are what the layer that made a value can do for the one layer that reads it. What is nil is not offered.
type fusionOffers struct {
	recomputeRows rowsFunc         // computes the value once more, in the backward pass
	recomputed    *RecomputedInput // the value need not be computed but by its reader
	deferred      *rowsFunc        // set by the reader, computes the value's gradient just before it is used
	onWrite       *onWrite         // the value can be read as it is written

	recomputeAll func(c *Context, y Tensor) // computes the whole value once more, at the beginning of its reader's backward pass
}

// A rowsFunc writes the rows lo to hi−1 of an activation or gradient to dst, the same bits in whatever order and parts.
type rowsFunc func(dst []float32, lo, hi int)

// onWrite calls a function, in training, with some images of an output as soon as they are written, and the first of their rows.
type onWrite struct {
	call func(lo int, y []float32)
}

// deferGradient leaves the gradient with respect to the input x to the layer that made x, which computes it by f, some rows before it uses them,
// while they are in cache; it returns false where that layer does not. y is the layer's output. What f reads besides x
// and the gradient of y is to be reserved by keepFor and gradFor.
func (p *Plan) deferGradient(x Value, y *Value, f rowsFunc) bool {
	if !p.Training || x.deferred == nil || x.shared {
		return false
	}
	*x.deferred = f
	x.memory.until = max(x.memory.until, end-x.first)
	y.first = min(y.first, x.first)
	return true
}

// onWrite has call called with the images of the input x as they are written, before the layer's forward pass, and reserves from then to
// that pass n floats. It returns false where the layer that made x does not do so.
func (p *Plan) onWrite(x Value, call func(lo int, x []float32), s *[]float32, n int) bool {
	if !p.Training || x.onWrite == nil || x.shared {
		return false
	}
	x.onWrite.call = call
	l := p.reserve(n, x.first, p.clock)
	l.bind = append(l.bind, bindSlice(s, n, l))
	return true
}

// recomputeAll returns a function that computes the input x once more at the beginning of the backward pass, and reserves memory for it from
// then to the backward pass of the layer that made x, so that x need not be kept. It is nil where x is not to be had so.
func (p *Plan) recomputeAll(t *Tensor, x Value) func(c *Context, x Tensor) {
	if !p.Training || x.recomputeAll == nil || x.shared {
		return nil
	}
	x.memory.until = p.clock
	l := p.reserve(x.Len(), end-p.clock, end-x.first)
	l.bind = append(l.bind, bindTensor(t, x.Shape, l))
	return x.recomputeAll
}

// keepFor is Keep until the backward pass of the layer that made the layer's input x.
func (p *Plan) keepFor(s *[]float32, n int, x Value) {
	l := p.reserve(n, p.clock, p.kept())
	if p.Training {
		l.until = end - x.first
	}
	l.bind = append(l.bind, bindSlice(s, n, l))
}

// gradFor reserves n floats from the layer's backward pass to that of the layer that made the layer's input x.
func (p *Plan) gradFor(s *[]float32, n int, x Value) {
	if p.Training {
		l := p.reserve(n, end-p.clock, end-x.first)
		l.bind = append(l.bind, bindSlice(s, n, l))
	}
}

// RecomputeInput has the layer compute its input x itself. It returns nil where the layer before does not offer that. Forward is
// nevertheless handed x with Data where a tap before it is in use.
func (p *Plan) RecomputeInput(x Value) *RecomputedInput {
	u := x.recomputed
	if !p.Training || u == nil || x.shared {
		return nil
	}
	u.active = true
	u.segments, u.channels = kernel.ImageSegments(x.N, x.Pixels(), x.C), x.C
	p.gradFor(&u.sums, u.segments.Count()*u.len, x)
	return u
}

// A RecomputedInput is an input that the layer which alone reads it computes itself, some rows before it uses them, in the forward pass and
// once more in the backward pass, so that they are in cache, and the whole is never in memory. In return the layer passes on the gradient with
// respect to it, of which the layer before wants sums, as it writes it.
type RecomputedInput struct {
	active    bool
	taps      []*Tap // between the layers: the input is computed whole while one is in use
	recompute rowsFunc
	addSums   func(sums []float32, lo int, dy []float32) // adds what the layer before wants of the gradient with respect to the rows from lo on

	segments kernel.Segments // of the input as planned
	sums     []float32       // (segments, len)
	len      int             // floats of a segment
	channels int
}

// skipsOutput tells whether the layer before leaves out its output in the pass that begins.
func (u *RecomputedInput) skipsOutput(c *Context) bool {
	return u.active && !c.checkingFinite && idle(u.taps)
}

// Rows writes the rows lo to hi−1 of the input to dst.
func (u *RecomputedInput) Rows(dst []float32, lo, hi int) { u.recompute(dst, lo, hi) }

// Gradient passes on the gradient dy with respect to the rows of the input from lo on: whole segments, see kernel.ImageSegments.
// It is to be called once for each of them, in any order.
func (u *RecomputedInput) Gradient(lo int, dy []float32) {
	for part := u.segments.At(lo); len(dy) > 0; part++ {
		first, end := u.segments.Range(part)
		rows := dy[:(end-first)*u.channels]
		s := u.sums[part*u.len:][:u.len]
		kernel.Zero(s)
		u.addSums(s, first, rows)
		dy = dy[len(rows):]
	}
}
