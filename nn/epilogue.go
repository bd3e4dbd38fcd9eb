package nn

import "cenet/nn/kernel"

// An Epilogue is what runs after a layer in the same passes over memory: a rectifier, or an addition with or without one. Taps may be
// between the layer and the epilogue; while they are in use, the epilogue runs in a pass of its own.
type Epilogue struct {
	kind    epilogueKind
	ceiling float32
	taps    []*Tap

	addend, in, out Tensor // of the pass under way
	fused           bool   // in the pass under way
}

// EpilogueLayer is a layer that can run an epilogue.
//
// Forward asks Fuse what to do with the output as it writes it, hands the output to Apply, and returns what that returns. Backward sets
// the dy that it is handed to the gradient before the epilogue where the epilogue has an addend: see Bounded.
type EpilogueLayer interface {
	Layer
	Epilogue() *Epilogue
}

type epilogueKind int

const (
	noEpilogue  epilogueKind = iota
	clampOutput              // bounded by 0 and the ceiling
	addClamp                 // the addend is added, then as above
	addOnly                  // the addend is added
)

// Fuse returns what the layer is to do with its output as it writes it, for the pass that begins: nothing if a tap is in use. Addends are
// of the shape of the output.
func (t *Epilogue) Fuse() kernel.Epilogue {
	t.fused = t.kind != noEpilogue && idle(t.taps)
	if !t.fused {
		return kernel.Epilogue{}
	}
	return t.operations()
}

// operations is what a layer does with its output where no tap is in use.
func (t *Epilogue) operations() kernel.Epilogue {
	switch t.kind {
	case clampOutput:
		return kernel.Epilogue{Clamp: true, Ceiling: t.ceiling}
	case addClamp:
		return kernel.Epilogue{Addend: t.addend.Data, Clamp: true, Ceiling: t.ceiling}
	case addOnly:
		return kernel.Epilogue{Addend: t.addend.Data}
	}
	return kernel.Epilogue{}
}

// Apply does what Fuse left out: the taps, and the epilogue, which overwrites the output y of the layer.
func (t *Epilogue) Apply(c *Context, y Tensor) Tensor {
	t.in, t.out = y, y
	if t.kind == noEpilogue || t.fused {
		return y
	}
	for _, tap := range t.taps {
		t.in = tap.Forward(c, t.in)
	}
	c.Run(rows(y).Count(), (*epilogueApply)(t))
	return y
}

// Bounded reports whether the output is bounded by 0 and a ceiling: then the gradient before the epilogue, and that of the addend, is
// dy where the output is between the bounds, else 0.
func (t *Epilogue) Bounded() (ceiling float32, ok bool) {
	return t.ceiling, t.kind == clampOutput || t.kind == addClamp
}

// EpilogueOutput is Output of a layer whose backward pass reads its output where an epilogue bounds it, and Transient elsewhere.
func (p *Plan) EpilogueOutput(t *Tensor, s Shape, e *Epilogue, inputs ...Value) Value {
	if _, bounded := e.Bounded(); bounded {
		return p.Output(t, s, inputs...)
	}
	return p.Transient(t, s, inputs...)
}

type epilogueApply Epilogue

func (t *epilogueApply) Do(_, part int) {
	lo, hi := rows(t.out).Range(part)
	y, x := t.out.Between(lo, hi), t.in.Between(lo, hi)
	switch t.kind {
	case clampOutput:
		kernel.Clamp(y, x, t.ceiling)
	case addClamp:
		kernel.SumClamp(y, x, t.addend.Between(lo, hi), t.ceiling)
	case addOnly:
		kernel.Sum(y, x, t.addend.Between(lo, hi))
	}
}
