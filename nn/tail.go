package nn

import "cenet/nn/kernel"

// A Tail is what runs behind a layer in the same passes over memory: a rectifier, or an addition with or without one. Taps may stand
// between the layer and the rest; if they are in use, the rest runs in a pass of its own.
type Tail struct {
	kind    tailKind
	ceiling float32
	taps    []*Tap

	addend, in, out Tensor // of the pass under way
	joined          bool   // in the pass under way
}

// Tailed is a layer that can run a tail.
//
// Forward asks Join what to do with the output, hands it to Finish, and returns it. Backward sets dy, which it is handed, to the
// gradient before the tail where the tail has an addend: see Bounded.
type Tailed interface {
	Layer
	Tail() *Tail
}

type tailKind int

const (
	none   tailKind = iota
	clamps          // bounded by 0 and the ceiling
	adds            // the addend is added, then as above
	sums            // the addend is added
)

// Join returns what the layer is to do with its output as it writes it, for the pass that begins: nothing if somebody looks at
// a tap. Addends are of the shape of the output.
func (t *Tail) Join() kernel.Tail {
	t.joined = t.kind != none && idle(t.taps)
	if !t.joined {
		return kernel.Tail{}
	}
	return t.fused()
}

// fused is what a layer with nothing looked at does with its output.
func (t *Tail) fused() kernel.Tail {
	switch t.kind {
	case clamps:
		return kernel.Tail{Clamp: true, Ceiling: t.ceiling}
	case adds:
		return kernel.Tail{Addend: t.addend.Data, Clamp: true, Ceiling: t.ceiling}
	case sums:
		return kernel.Tail{Addend: t.addend.Data}
	}
	return kernel.Tail{}
}

// Finish does what Join did not ask for: the taps, and the rest in place of the layer's output y.
func (t *Tail) Finish(c *Context, y Tensor) Tensor {
	t.in, t.out = y, y
	if t.kind == none || t.joined {
		return y
	}
	for _, tap := range t.taps {
		t.in = tap.Forward(c, t.in)
	}
	c.Run(rows(y).Count(), (*tailApart)(t))
	return y
}

// Bounded tells whether the output is bounded by 0 and a ceiling: then the gradient before the tail, and that of the addend, is
// dy where the output is between the bounds, else 0.
func (t *Tail) Bounded() (ceiling float32, ok bool) {
	return t.ceiling, t.kind == clamps || t.kind == adds
}

// idle tells whether no tap is in use.
func idle(taps []*Tap) bool {
	for _, tap := range taps {
		if tap.Observe != nil || tap.Replace != nil {
			return false
		}
	}
	return true
}

type tailApart Tail

func (t *tailApart) Do(_, part int) {
	lo, hi := rows(t.out).Range(part)
	y, x := t.out.Between(lo, hi), t.in.Between(lo, hi)
	switch t.kind {
	case clamps:
		kernel.Clamp(y, x, t.ceiling)
	case adds:
		kernel.SumClamp(y, x, t.addend.Between(lo, hi), t.ceiling)
	case sums:
		kernel.Sum(y, x, t.addend.Between(lo, hi))
	}
}

// rectified is a layer with a Rectifier as its tail.
type rectified struct {
	Tailed
	rectifier *Rectifier
}

// Plan keeps the shape. The rectifier has a row of its own in the summary.
func (l rectified) Plan(p *Plan, x Value) Value {
	y := l.Tailed.Plan(p, x)
	p.path = l.rectifier.path
	p.Report(l.rectifier.kind, y, Cost{Other: y.Len()})
	return y
}

// fuse returns the layers as they run: a layer that can run a tail and a Rectifier, with nothing but Taps between, are one.
func fuse(layers []Layer) (fused []Layer) {
	for len(layers) > 0 {
		if l, ok := layers[0].(Tailed); ok {
			taps, rest := leadingTaps(layers[1:])
			if len(rest) > 0 {
				if r, ok := rest[0].(*Rectifier); ok {
					*l.Tail() = Tail{kind: clamps, ceiling: r.ceiling, taps: taps}
					fused = append(fused, rectified{l, r})
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

// lastTailed returns the layer that can run a tail and that layers end with, nothing but Taps being behind it, and what is
// before it; nil if there is none.
func lastTailed(layers []Layer) (before []Layer, last Tailed, taps []*Tap) {
	for i := len(layers) - 1; i >= 0; i-- {
		if _, ok := layers[i].(*Tap); ok {
			continue
		}
		if l, ok := layers[i].(Tailed); ok {
			taps, _ = leadingTaps(layers[i+1:])
			return layers[:i], l, taps
		}
		break
	}
	return nil, nil, nil
}
