package nn

import "cenet/nn/kernel"

// Unmade is an input that the layer which alone reads it computes itself, some rows before it uses them, in the forward pass and again
// in the backward pass, so that they are in cache, and the whole is never in memory. In return the layer shows the gradient with
// respect to it, of which the layer before wants sums, as it writes it.
type Unmade struct {
	is   bool
	taps []*Tap // between the layers: nobody must look at them
	rows maker
	add  func(sums []float32, lo int, dy []float32) // adds what the layer before wants of the gradient with respect to the rows from lo on

	sums  []float32 // (parts, len)
	len   int
	parts int // of the backward pass under way
}

// Unmade has the layer compute its input x itself, in so many parts at most in the backward pass. It returns nil where x is not to be
// had so. Forward is nevertheless handed x with Data where somebody looks at it.
func (p *Plan) Unmade(x Value, parts int) *Unmade {
	u := x.unmade
	if !p.Training || u == nil || x.shared {
		return nil
	}
	u.is = true
	p.GradFor(&u.sums, parts*u.len, x)
	return u
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
