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

// onWrite calls a function, in training, with each part of an output as soon as it is written: one of the chunks of images.
type onWrite struct {
	call   func(part int, y []float32)
	chunks kernel.Chunks // of the pass under way
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

// onWrite has call called with the parts of the input x as they are written, before the layer's forward pass, and reserves from then to
// that pass n floats for each part. It returns nil where the layer that made x does not do so.
func (p *Plan) onWrite(x Value, call func(part int, x []float32), s *[]float32, n int) *onWrite {
	if !p.Training || x.onWrite == nil || x.shared {
		return nil
	}
	x.onWrite.call = call
	n *= x.N
	l := p.reserve(n, x.first, p.clock)
	l.bind = append(l.bind, bindSlice(s, n, l))
	return x.onWrite
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

// RecomputeInput has the layer compute its input x itself, in so many parts at most in the backward pass. It returns nil where the layer
// before does not offer that. Forward is nevertheless handed x with Data where a tap before it is in use.
func (p *Plan) RecomputeInput(x Value, parts int) *RecomputedInput {
	u := x.recomputed
	if !p.Training || u == nil || x.shared {
		return nil
	}
	u.active = true
	p.gradFor(&u.sums, parts*u.len, x)
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

	sums  []float32 // (parts, len)
	len   int       // floats of a part
	parts int       // of the backward pass under way
}

// skipsOutput tells whether the layer before leaves out its output in the pass that begins.
func (u *RecomputedInput) skipsOutput(c *Context) bool {
	return u.active && !c.checkingFinite && idle(u.taps)
}

// Rows writes the rows lo to hi−1 of the input to dst.
func (u *RecomputedInput) Rows(dst []float32, lo, hi int) { u.recompute(dst, lo, hi) }

// Parts begins a backward pass, in so many parts.
func (u *RecomputedInput) Parts(n int) { u.parts = n }

// Gradient passes on the gradient dy with respect to the rows of the input from lo on, which belong to a part; first tells that they are
// the first of it. A part's rows are passed on one after the other, and in the same order for any number of workers.
func (u *RecomputedInput) Gradient(part int, first bool, lo int, dy []float32) {
	s := u.sums[part*u.len:][:u.len]
	if first {
		kernel.Zero(s)
	}
	u.addSums(s, lo, dy)
}
