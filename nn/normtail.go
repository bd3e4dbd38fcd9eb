package nn

import "cenet/nn/kernel"

// A normTail is what runs behind a BatchNorm in the same passes over memory: a rectifier, or an addition and a rectifier.
//
// The backward pass of a rectifier needs no output: whether the normalised value was within the bounds is computed again from
// the input, to the same bits. With an addition, the gradient behind the rectifier replaces dy, being that of the addend too.
type normTail struct {
	kind    tailKind
	ceiling float32
	taps    []*Tap // between the normalisation and what follows

	addend, in, out Tensor // of the pass under way
	fused           bool   // in the pass under way
}

type tailKind int

const (
	none   tailKind = iota
	clamps          // bounded by 0 and the ceiling
	adds            // the addend is added, then as above
)

// idle tells whether nobody looks at what is between the normalisation and the rest.
func (t *normTail) idle() bool {
	for _, tap := range t.taps {
		if tap.Observe != nil || tap.Replace != nil {
			return false
		}
	}
	return true
}

// apart runs the taps, then the rest in a pass of its own, in place.
func (t *normTail) apart(c *Context, y Tensor) {
	t.in, t.out = y, y
	for _, tap := range t.taps {
		t.in = tap.Forward(c, t.in)
	}
	c.Run(rows(y).Count(), t)
}

// Do is one part of apart.
func (t *normTail) Do(_, part int) {
	lo, hi := rows(t.out).Range(part)
	y, x := t.out.Between(lo, hi), t.in.Between(lo, hi)
	if t.kind == adds {
		kernel.SumClamp(y, x, t.addend.Between(lo, hi), t.ceiling)
	} else {
		kernel.Clamp(y, x, t.ceiling)
	}
}

// normRectifier is a BatchNorm with a Rectifier as its tail.
type normRectifier struct {
	*BatchNorm
	rectifier *Rectifier
}

// Plan keeps the shape. The rectifier has a row of its own in the summary.
func (n normRectifier) Plan(p *Plan, x Value) Value {
	y := n.BatchNorm.Plan(p, x)
	p.path = n.rectifier.path
	p.Report(n.rectifier.kind, y, Cost{Other: y.Len()})
	return y
}

// fuse returns the layers as they run: a BatchNorm and a Rectifier, with nothing but Taps between, are one.
func fuse(layers []Layer) (fused []Layer) {
	for len(layers) > 0 {
		if norm, ok := layers[0].(*BatchNorm); ok {
			taps, rest := leadingTaps(layers[1:])
			if len(rest) > 0 {
				if r, ok := rest[0].(*Rectifier); ok {
					norm.tail = normTail{kind: clamps, ceiling: r.ceiling, taps: taps}
					fused = append(fused, normRectifier{norm, r})
					layers = rest[1:]
					continue
				}
			}
		}
		fused = append(fused, layers[0])
		layers = layers[1:]
	}
	return fused
}

func leadingTaps(layers []Layer) (taps []*Tap, rest []Layer) {
	for i, l := range layers {
		tap, ok := l.(*Tap)
		if !ok {
			return taps, layers[i:]
		}
		taps = append(taps, tap)
	}
	return taps, nil
}

// lastNorm returns the BatchNorm that layers end with, nothing but Taps being behind it, and what is before it; nil if there
// is none.
func lastNorm(layers []Layer) (before []Layer, norm *BatchNorm, taps []*Tap) {
	for i := len(layers) - 1; i >= 0; i-- {
		switch l := layers[i].(type) {
		case *Tap:
			continue
		case *BatchNorm:
			taps, _ = leadingTaps(layers[i+1:])
			return layers[:i], l, taps
		}
		break
	}
	return nil, nil, nil
}
