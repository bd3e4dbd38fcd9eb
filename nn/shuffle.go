package nn

import "cenet/nn/kernel"

// Shuffle runs two branches and interleaves the channels of their outputs, left[0] right[0] left[1] right[1] …, which is their
// concatenation with the channels shuffled in two groups. Without a left branch, the first half of the channels passes and the right branch
// gets the second half.
//
// References:
//
//	Ma et al.: ShuffleNet V2 (2018), figure 3 (c) and (d).
type Shuffle struct {
	path        string
	left, right Layer // left may be nil

	half, y, dl, dr, dx Tensor
	x, a, b, out        Tensor // of the pass under way
}

// NewShuffle returns the layer; left may be nil.
func NewShuffle(path string, left, right Layer) *Shuffle {
	return &Shuffle{path: path, left: left, right: right}
}

// Plan refuses an odd number of channels without a left branch, and branches of different shapes.
func (l *Shuffle) Plan(p *Plan, x Value) Value {
	x = x.Shared()
	a, b := x, x
	if l.left == nil {
		p.Step(l.path)
		if x.C%2 != 0 {
			p.Failf("cannot halve %d channels", x.C)
		}
		half := x.Shape
		half.C /= 2
		b = p.Transient(&l.half, half)
		p.pass(x)
		a.Shape = half
	} else {
		a = l.left.Plan(p, x)
	}
	b = l.right.Plan(p, b)
	p.Step(l.path)
	if a.Shape != b.Shape {
		p.Failf("the left branch makes %v, the right one %v", a.Shape, b.Shape)
	}
	shape := a.Shape
	shape.C *= 2
	y := p.Transient(&l.y, shape)
	y.intact = true
	p.pass(a)
	p.pass(b)
	p.Grad(&l.dr, b)
	if l.left == nil {
		p.Grad(&l.dx, x)
	} else {
		p.Grad(&l.dl, a)
	}
	p.Report("concat, shuffle", y, Cost{})
	return y
}

// Forward runs the branches.
func (l *Shuffle) Forward(c *Context, x Tensor) Tensor {
	l.x, l.a = x, x
	if l.left == nil {
		l.b = l.half.First(x.N)
		c.Run(rows(l.b).Count(), (*shuffleHalf)(l))
		l.b = l.right.Forward(c, l.b)
	} else {
		l.a = l.left.Forward(c, x)
		l.b = l.right.Forward(c, x)
	}
	l.out = l.y.First(x.N)
	c.Run(rows(l.out).Count(), (*shuffleForward)(l))
	return l.out
}

// Backward hands each branch its half of the gradient.
func (l *Shuffle) Backward(c *Context, dy Tensor) Tensor {
	l.out, l.b = dy, l.dr.First(dy.N)
	if l.left == nil {
		l.a = l.dx
		if l.a.Data != nil {
			l.a = l.dx.First(dy.N)
		}
		c.Run(rows(dy).Count(), (*shuffleBackward)(l))
		l.b = l.right.Backward(c, l.b)
		if l.a.Data != nil {
			c.Run(rows(l.b).Count(), (*shuffleWhole)(l))
		}
		return l.a
	}
	l.a = l.dl.First(dy.N)
	c.Run(rows(dy).Count(), (*shuffleBackward)(l))
	l.b = l.right.Backward(c, l.b)
	l.a = l.left.Backward(c, l.a)
	if l.b.Data != nil {
		c.Run(rows(l.b).Count(), (*shuffleSum)(l))
	}
	return l.b
}

type (
	shuffleHalf     Shuffle
	shuffleForward  Shuffle
	shuffleBackward Shuffle
	shuffleWhole    Shuffle
	shuffleSum      Shuffle
)

// Do of shuffleHalf copies the second half of the channels for the right branch.
func (l *shuffleHalf) Do(_, part int) {
	lo, hi := rows(l.b).Range(part)
	c := l.b.C
	kernel.CopyColumns(l.b.Between(lo, hi), c, l.x.Between(lo, hi)[c:], l.x.C, hi-lo, c)
}

func (l *shuffleForward) Do(_, part int) {
	lo, hi := rows(l.out).Range(part)
	kernel.Interleave(l.out.Between(lo, hi), l.a.Between(lo, hi), l.a.C, l.b.Between(lo, hi), l.b.C, hi-lo, l.b.C)
}

func (l *shuffleBackward) Do(_, part int) {
	lo, hi := rows(l.out).Range(part)
	if l.a.Data == nil { // the network's input: the right branch alone has a use for its gradient
		kernel.Deinterleave(l.b.Between(lo, hi), l.b.C, l.b.Between(lo, hi), l.b.C, l.out.Between(lo, hi), hi-lo, l.b.C)
		return
	}
	kernel.Deinterleave(l.a.Between(lo, hi), l.a.C, l.b.Between(lo, hi), l.b.C, l.out.Between(lo, hi), hi-lo, l.b.C)
}

// Do of shuffleWhole puts the gradient of the second half of the channels next to that of the first.
func (l *shuffleWhole) Do(_, part int) {
	lo, hi := rows(l.b).Range(part)
	c := l.b.C
	kernel.CopyColumns(l.a.Between(lo, hi)[c:], l.a.C, l.b.Between(lo, hi), c, hi-lo, c)
}

func (l *shuffleSum) Do(_, part int) {
	lo, hi := rows(l.b).Range(part)
	kernel.Add(l.b.Between(lo, hi), l.a.Between(lo, hi))
}
