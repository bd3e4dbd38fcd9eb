package nn

import "cenet/nn/kernel"

// Where activations do not fit into the caches, a step takes as long as its passes over memory. A layer therefore does some of the work
// of the layer before or after it while the rows concerned are in cache. This file holds all of these fusions: which layer does whose
// work, and when. What a layer has to do for others is a small value in it (Epilogue, RecomputedInput, convFusion, normFusion,
// residualFusion), which it asks at the place in question; who it works for, it does not know.
//
// In the order of layers, found by Sequential and Residual before they plan them:
//
//	layer, rectifier                   the layer clamps its output as it writes it (Epilogue)
//	last layer of a branch, sum        the layer adds the shortcut to its output as it writes it (Epilogue)
//	convolution, affine layers         one convolution with a bias, in evaluation (folded)
//	shortcut: 1×1 convolution, norm    the convolution's output is computed once more rather than kept (convFusion.recomputeOutput)
//	identity shortcut, convolution     the branch's first convolution adds the shortcut's gradient to its own (convFusion.gradAddend)
//
// Between a layer that makes a value and the one layer that reads it, in training. The producer puts an offer into the value
// (fusionOffers), the reader takes it while it is planned:
//
//	norm → convolution, SE, CE, Compose the reader computes its input itself, by the image; in return it sums the gradient (RecomputedInput)
//	norm → convolution not by images   the reader has its input computed once more in its backward pass (recomputeRows)
//	convolution → norm                 the convolution hands its output on, by the image, for its moments (onWrite)
//	convolution ← norm                 the convolution computes its output's gradient, by the image (deferGradient)
//	convolution → norm                 the norm has its input computed once more in its backward pass (recomputeAll)
//
// Taps between layers do not stand in the way; while one is in use, the value is computed whole. A value that is Shared or has
// NoFusion takes part in none.

// fusionOffers are what the layer that made a value can do for the one layer that reads it. What is nil is not offered.
type fusionOffers struct {
	recomputed    *RecomputedInput           // the value need not be computed but by its reader
	recomputeRows rowsFunc                   // computes the value once more, in the backward pass
	recomputeAll  func(c *Context, y Tensor) // computes the whole value at once, at the beginning of its reader's backward pass
	onWrite       *writeFunc                 // set by the reader, called with the value as it is written
	deferred      *rowsFunc                  // set by the reader, computes the value's gradient just before it is used
}

// NoFusion returns v with nothing to be fused with it: the layer that reads it is handed the whole value, and hands back its whole
// gradient. It is for a layer that plans another one inside and does something to what that one returns.
func (v Value) NoFusion() Value {
	v.fusionOffers = fusionOffers{}
	return v
}

// A rowsFunc writes the rows lo to hi−1 of an activation or gradient to dst, the same bits in whatever order and parts.
type rowsFunc func(dst []float32, lo, hi int)

// A writeFunc is handed, in training, some images y of an output as soon as they are written, and the first of their rows.
type writeFunc func(lo int, y []float32)

// convFusion is what a convolution does for the layers before and after it.
type convFusion struct {
	source          *RecomputedInput // computes the input some images before they are used; nil: it is in memory
	recomputeInput  rowsFunc         // computes the input once more in the backward pass; nil: it is kept
	input           Tensor           // what recomputeInput writes
	onWrite         writeFunc        // or nil
	deferred        rowsFunc         // of the output's gradient, where the next layer leaves it to this one; or nil
	recomputeOutput bool             // costs less than to keep it
	gradAddend      Tensor           // added to the gradient with respect to the input, where it has Data
}

// take takes what is offered with the input x; byImages, the convolution can do all that concerns some images at a time.
func (f *convFusion) take(p *Plan, x Value, byImages bool) {
	*f = convFusion{recomputeOutput: f.recomputeOutput}
	if byImages {
		f.source = p.RecomputeInput(x)
	}
	if f.source == nil {
		f.recomputeInput = p.recomputeRows(&f.input, x)
	}
}

// offer offers with the output y what the convolution can do; again computes the output once more.
func (f *convFusion) offer(y *Value, byImages bool, again func(c *Context, y Tensor)) {
	y.deferred = &f.deferred
	if byImages {
		y.onWrite = &f.onWrite
	}
	if f.recomputeOutput && f.source == nil && f.recomputeInput == nil {
		y.recomputeAll = again
	}
}

// normFusion is what batch normalisation has the layers before and after it do.
type normFusion struct {
	output         RecomputedInput            // of the next layer
	onWrite        bool                       // the layer before hands on its output for the moments
	moments        []float32                  // (segments, 2, C), taken so
	deferred       bool                       // the layer before computes the gradient with respect to the input
	recomputeInput func(c *Context, x Tensor) // the layer before computes the input once more, for the backward pass; or nil
	input          Tensor                     // what recomputeInput writes
}

// plan takes what is offered with the input x, and offers the output y where the epilogue has no addend.
func (f *normFusion) plan(p *Plan, n *BatchNorm, x Value, y *Value) {
	f.output = RecomputedInput{}
	f.deferred = p.deferGradient(x, y, n.gradient)
	f.recomputeInput = p.recomputeAll(&f.input, x)
	f.onWrite = p.onWrite(x, n.takeMoments, &f.moments, n.segments.Count()*2*x.C)
	if e := &n.epilogue; f.recomputeInput == nil && (e.kind == noEpilogue || e.kind == clampOutput) {
		f.output = RecomputedInput{taps: e.taps[:len(e.taps):len(e.taps)], recompute: n.recomputeRows, addSums: n.addSums, len: 2 * x.C}
		y.recomputeRows, y.recomputed = n.recomputeRows, &f.output
	}
}

// residualFusion is how a residual sum runs.
type residualFusion struct {
	body Layer         // the branch without last
	last EpilogueLayer // of the branch, whose epilogue the sum is; nil where the sum runs by itself
	conv *convFusion   // of the first layer of the body, which adds the shortcut's gradient to its own; or nil
}

// fuseResidual finds what the layers of a branch and of a shortcut, nil for the identity, can do for their sum.
func fuseResidual(p *Plan, branch, shortcut Layer, kind epilogueKind) (f residualFusion) {
	if s, ok := shortcut.(*Sequential); ok && len(s.Layers) > 0 {
		if l, ok := s.Layers[0].(*Conv); ok { // its input is kept for the branch
			l.fusion.recomputeOutput = l.Kernel == 1
		}
	}
	f.body = branch
	layers := []Layer{branch}
	if s, ok := branch.(*Sequential); ok {
		layers = s.Layers
	}
	if before, last, taps := lastEpilogueLayer(p.fold(layers)); last != nil {
		f.body, f.last = NewSequential(before...), last
		*last.Epilogue() = Epilogue{kind: kind, ceiling: noCeiling, taps: taps}
	}
	return f
}

// addGradient has the first layer of the body, now planned, add the gradient of an identity shortcut to its own, where it can.
func (f *residualFusion) addGradient() {
	if l := firstConv(f.body); l != nil {
		f.conv = &l.fusion
	}
}

// firstConv returns the first layer that runs, if it is a convolution but not depthwise.
func firstConv(l Layer) *Conv {
	switch l := l.(type) {
	case *Conv:
		if !l.depthwise {
			return l
		}
	case *Sequential:
		if len(l.fused) > 0 {
			return firstConv(l.fused[0])
		}
	}
	return nil
}

// rectified is a layer with a ReLU or ReLU6 as its epilogue.
type rectified struct {
	EpilogueLayer
	rectifier *Rectifier
}

// Plan keeps the shape. The rectifier has a row of its own in the summary.
func (l rectified) Plan(p *Plan, x Value) Value {
	y := l.EpilogueLayer.Plan(p, x)
	p.path = l.rectifier.path
	p.Report(l.rectifier.kind, y, Cost{Other: y.Len()})
	return y
}

// fuse returns the layers as they run: a layer that can run an epilogue and a ReLU or ReLU6, with nothing but Taps between, are one; so
// are, in a network for inference, a convolution and what folds into it.
func (p *Plan) fuse(layers []Layer) (fused []Layer) {
	for layers = p.fold(layers); len(layers) > 0; {
		if l, ok := layers[0].(EpilogueLayer); ok {
			taps, rest := leadingTaps(layers[1:])
			if len(rest) > 0 {
				if r, ok := rest[0].(*Rectifier); ok && r.rectification == clamped {
					*l.Epilogue() = Epilogue{kind: clampOutput, ceiling: r.bound, taps: taps}
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

// lastEpilogueLayer returns the layer that can run an epilogue and that layers end with, with nothing but Taps after it, and what is
// before it; nil without one.
func lastEpilogueLayer(layers []Layer) (before []Layer, last EpilogueLayer, taps []*Tap) {
	for i := len(layers) - 1; i >= 0; i-- {
		if _, ok := layers[i].(*Tap); ok {
			continue
		}
		if l, ok := layers[i].(EpilogueLayer); ok {
			taps, _ = leadingTaps(layers[i+1:])
			return layers[:i], l, taps
		}
		break
	}
	return nil, nil, nil
}

// fold puts folded convolutions in the place of convolutions with affine layers after them, in a network for inference.
func (p *Plan) fold(layers []Layer) (out []Layer) {
	if p.Training {
		return layers
	}
	for len(layers) > 0 {
		conv, ok := layers[0].(*Conv)
		layers, out = layers[1:], append(out, layers[0])
		if !ok {
			continue
		}
		f := &folded{Conv: conv}
		for len(layers) > 0 {
			l, ok := layers[0].(Foldable)
			if !ok || !l.Folds() {
				break
			}
			f.layers, layers = append(f.layers, l), layers[1:]
		}
		if f.layers != nil {
			out[len(out)-1] = f
		}
	}
	return out
}

// idle reports whether no tap is in use.
func idle(taps []*Tap) bool {
	for _, tap := range taps {
		if tap.Observe != nil || tap.Replace != nil {
			return false
		}
	}
	return true
}

// recomputeRows returns a function that computes the input x once more, in the backward pass, and reserves memory for it
// there, so that x need not be kept. Where that is not offered it is kept, and the function is nil.
func (p *Plan) recomputeRows(t *Tensor, x Value) rowsFunc {
	if !p.Training || x.recomputeRows == nil || x.shared {
		p.read([]Value{x})
		return nil
	}
	p.pass(x)
	l := p.reserve(x.Len(), end-p.clock, end-p.clock)
	l.bind = append(l.bind, bindTensor(t, x.Shape, l))
	return x.recomputeRows
}

// deferGradient leaves the gradient with respect to the input x to the layer that made x, which computes it by f, some rows before it uses
// them, while they are in cache; it returns false where that layer does not. y is the layer's output. Reserve what f
// reads apart from x and the gradient of y with keepFor and gradFor.
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
func (p *Plan) onWrite(x Value, call writeFunc, s *[]float32, n int) bool {
	if !p.Training || x.onWrite == nil || x.shared {
		return false
	}
	*x.onWrite = call
	l := p.reserve(n, x.first, p.clock)
	l.bind = append(l.bind, bindSlice(s, n, l))
	return true
}

// recomputeAll returns a function that computes the input x once more at the beginning of the backward pass, and reserves memory for it
// from then to the backward pass of the layer that made x, so that x need not be kept. It is nil where x is not to be had so.
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
// once more in the backward pass, so that they are in cache, and the whole is never in memory. In return the layer passes on the gradient
// with respect to it, of which the layer before wants sums, as it writes it.
type RecomputedInput struct {
	active    bool
	taps      []*Tap // between the layers: the input is computed whole while one is in use
	recompute rowsFunc
	// addSums adds what the layer before needs of the gradient with respect to the rows from lo on.
	addSums func(sums []float32, lo int, dy []float32)

	segments kernel.Segments // of the input as planned
	sums     []float32       // (segments, len)
	len      int             // floats of a segment
	channels int
}

// skipsOutput reports whether the layer before leaves out its output in the pass that begins.
func (u *RecomputedInput) skipsOutput(c *Context) bool {
	return u.active && !c.checkingFinite && idle(u.taps)
}

// Rows writes the rows lo to hi−1 of the input to dst.
func (u *RecomputedInput) Rows(dst []float32, lo, hi int) { u.recompute(dst, lo, hi) }

// Gradient passes on the gradient dy with respect to the rows of the input from lo on: whole segments, see kernel.ImageSegments.
// Call it once for each segment, in any order.
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
