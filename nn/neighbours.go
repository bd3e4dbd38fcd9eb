package nn

import "cenet/nn/kernel"

// Where activations do not fit into the caches, a step takes as long as its passes over memory. Neighbouring layers therefore do for
// each other what is to be done to some images while these are in cache.

// A neighbour is what the layer that made a value offers to the one layer that reads it. What is nil is not offered.
type neighbour struct {
	again  maker   // computes the value once more, in the backward pass
	unmade *Unmade // the value need not be computed but by its reader
	late   *maker  // set by the reader, computes the value's gradient just before it is used
	fresh  *fresh  // the value can be looked at as it is written

	remake func(c *Context, y Tensor) // computes the whole value once more, at the beginning of its reader's backward pass
}

// A maker writes the rows lo to hi−1 of an activation or gradient to dst, the same bits in whatever order and parts.
type maker func(dst []float32, lo, hi int)

// A fresh output is looked at, in training, as it is written: look is called with each part, one of the chunks of images.
type fresh struct {
	look   func(part int, y []float32)
	chunks kernel.Chunks // of the pass under way
}

// late leaves the gradient with respect to the input x to the layer that made x, which computes it by f, some rows before it uses them,
// while they are in cache; it returns false where that layer does not. y is the layer's output. What f reads besides x
// and the gradient of y is to be reserved by keepFor and gradFor.
func (p *Plan) late(x Value, y *Value, f maker) bool {
	if !p.Training || x.late == nil || x.shared {
		return false
	}
	*x.late = f
	x.memory.until = max(x.memory.until, end-x.first)
	y.first = min(y.first, x.first)
	return true
}

// fresh has look called with the parts of the input x as they are written, before the layer's forward pass, and reserves from then to
// that pass n floats for each part. It returns nil where the layer that made x does not do so.
func (p *Plan) fresh(x Value, look func(part int, x []float32), s *[]float32, n int) *fresh {
	if !p.Training || x.fresh == nil || x.shared {
		return nil
	}
	x.fresh.look = look
	n *= x.N
	l := p.lease(n, x.first, p.clock)
	l.bind = append(l.bind, bindSlice(s, n, l))
	return x.fresh
}

// remade returns a function that computes the input x once more at the beginning of the backward pass, and reserves memory for it from
// then to the backward pass of the layer that made x, so that x need not be kept. It is nil where x is not to be had so.
func (p *Plan) remade(t *Tensor, x Value) func(c *Context, x Tensor) {
	if !p.Training || x.remake == nil || x.shared {
		return nil
	}
	x.memory.until = p.clock
	l := p.lease(x.Len(), end-p.clock, end-x.first)
	l.bind = append(l.bind, bindTensor(t, x.Shape, l))
	return x.remake
}

// keepFor is Keep until the backward pass of the layer that made the layer's input x.
func (p *Plan) keepFor(s *[]float32, n int, x Value) {
	l := p.lease(n, p.clock, p.kept())
	if p.Training {
		l.until = end - x.first
	}
	l.bind = append(l.bind, bindSlice(s, n, l))
}

// gradFor reserves n floats from the layer's backward pass to that of the layer that made the layer's input x.
func (p *Plan) gradFor(s *[]float32, n int, x Value) {
	if p.Training {
		l := p.lease(n, end-p.clock, end-x.first)
		l.bind = append(l.bind, bindSlice(s, n, l))
	}
}

// Unmade has the layer compute its input x itself, in so many parts at most in the backward pass. It returns nil where x is not to be
// had so. Forward is nevertheless handed x with Data where somebody looks at it.
func (p *Plan) Unmade(x Value, parts int) *Unmade {
	u := x.unmade
	if !p.Training || u == nil || x.shared {
		return nil
	}
	u.is = true
	p.gradFor(&u.sums, parts*u.len, x)
	return u
}

// Unmade is an input that the layer which alone reads it computes itself, some rows before it uses them, in the forward pass and again
// in the backward pass, so that they are in cache, and the whole is never in memory. In return the layer shows the gradient with
// respect to it, of which the layer before wants sums, as it writes it.
type Unmade struct {
	is   bool
	taps []*Tap // between the layers: nobody must look at them
	rows maker
	add  func(sums []float32, lo int, dy []float32) // adds what the layer before wants of the gradient with respect to the rows from lo on

	sums  []float32 // (parts, len)
	len   int       // floats of a part
	parts int       // of the backward pass under way
}

// now tells whether the output of the pass that begins is unmade.
func (u *Unmade) now(c *Context) bool { return u.is && !c.watching && idle(u.taps) }

// Rows writes the rows lo to hi−1 of the input to dst.
func (u *Unmade) Rows(dst []float32, lo, hi int) { u.rows(dst, lo, hi) }

// Parts begins a backward pass, in so many parts.
func (u *Unmade) Parts(n int) { u.parts = n }

// Gradient shows the gradient dy with respect to the rows of the input from lo on, which belong to a part; first tells that they are
// the first of it that are shown. A part's are shown one after the other, and in the same order for any number of workers.
func (u *Unmade) Gradient(part int, first bool, lo int, dy []float32) {
	s := u.sums[part*u.len:][:u.len]
	if first {
		kernel.Zero(s)
	}
	u.add(s, lo, dy)
}
