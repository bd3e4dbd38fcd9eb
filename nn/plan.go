package nn

import (
	"cmp"
	"fmt"
	"slices"

	"cenet/nn/kernel"
)

// A Value is an activation in planning: what a Layer's Plan is handed and returns.
type Value struct {
	Shape
	memory *allocation
	first  int  // tick of the layer whose backward pass is the last to read the value's gradient
	shared bool // more than one layer reads it
	fixed  bool // no gradient is needed: the network's input
	needed bool // the backward pass of the layer that made it reads the value
	intact bool // the backward pass of the layer that made it does not write to the value's gradient

	fusionOffers
}

// Shared returns v marked as read by more than one layer, so that none may work in its place or in that of its gradient.
func (v Value) Shared() Value {
	v.shared, v.intact = true, false
	return v
}

// A Plan assigns memory. Its clock ticks once a layer, forward; the backward pass runs through the same ticks in reverse. Every
// reservation is an allocation: a size and the span of time in which its contents matter. When all is reserved, allocations whose
// spans do not meet may share the same memory.
type Plan struct {
	Workers   int  // for which there is scratch memory
	Training  bool // else Backward is never called
	Precision Precision

	clock       int
	path        string
	allocations []*allocation
	scratch     allocation // of the layer at hand; all layers share the largest
	largest     int
	layers      []LayerInfo
	prepare     []func()

	rowsOnly bool // the plan is for the summary, of one image whatever the batch
}

type allocation struct {
	size        int
	from, until int
	offset      int
	bind        []func(slab []float32)
}

// end is the time at which the backward pass of tick 0 ends; that of tick t begins and ends at end−t.
const end = 1 << 30

type planError struct{ error }

// Failf ends planning with an error that names the layer.
func (p *Plan) Failf(format string, args ...any) {
	panic(planError{fmt.Errorf("%s: %s", p.path, fmt.Sprintf(format, args...))})
}

// network plans the layers below root for inputs of the shape given, of which no gradient is needed where they are fixed. The error is that
// of Failf.
func (p *Plan) network(root Layer, in Shape, fixed bool) (out Value, err error) {
	if in.N < 1 || in.H < 1 || in.W < 1 || in.C < 1 {
		return Value{}, fmt.Errorf("nn: input of shape %v, expected positive numbers of images, rows, columns and channels", in)
	}
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(planError)
			if !ok {
				panic(v)
			}
			err = e.error
		}
	}()
	return root.Plan(p, Value{Shape: in, fixed: fixed, shared: true}), nil
}

// NeedsBatch ends planning of a layer that in training takes the variance of each channel over all pixels of the batch x, where
// these are one value.
func (p *Plan) NeedsBatch(x Value) {
	if p.Training && !p.rowsOnly && x.Rows() == 1 {
		p.Failf("a batch of one image of one pixel has no variance: larger batches or images")
	}
}

// Step begins the plan of a layer, naming it. Every leaf calls it first; so does a composite before the work of its own.
func (p *Plan) Step(path string) {
	p.clock++
	p.path = path
	p.scratch.size = 0
}

// Output reserves the layer's output, computed from the inputs given: in training until its backward pass, else until
// the last layer that names it as an input has run. No later layer works in its place in training.
func (p *Plan) Output(t *Tensor, s Shape, inputs ...Value) Value {
	y := p.Transient(t, s, inputs...)
	y.memory.until, y.needed = p.kept(), p.Training
	return y
}

// Transient is Output for a layer whose backward pass does not need its output, which lives on only where another's does.
func (p *Plan) Transient(t *Tensor, s Shape, inputs ...Value) Value {
	p.read(inputs)
	l := p.reserve(s.Len(), p.clock, p.clock)
	l.bind = append(l.bind, bindTensor(t, s, l))
	return Value{Shape: s, memory: l, first: p.clock}
}

// InPlace is Output, of the shape of x and in its memory where neither another layer reads x nor the backward pass of the layer that made
// it. The inputs besides x are those that the layer also reads; the gradient of the output is that of all of them.
func (p *Plan) InPlace(t *Tensor, x Value, others ...Value) Value {
	p.read(others)
	first := x.first
	for _, v := range others {
		first = min(first, v.first)
	}
	if x.shared || x.needed || x.memory == nil {
		y := p.Output(t, x.Shape, x)
		y.first = min(first, y.first)
		return y
	}
	p.read([]Value{x})
	x.memory.bind = append(x.memory.bind, bindTensor(t, x.Shape, x.memory))
	return Value{Shape: x.Shape, memory: x.memory, first: first, needed: p.Training}
}

// Grad reserves the gradient with respect to the input x: from the layer's backward pass to that of the layer which made
// x. Where it is not needed, nothing is reserved and the tensor keeps no Data.
func (p *Plan) Grad(t *Tensor, x Value) {
	*t = Tensor{Shape: x.Shape}
	if !p.Training || x.fixed {
		return
	}
	p.gradUntil(t, x.Shape, x.first)
}

// gradUntil reserves a gradient from the layer's backward pass to that of the layer whose tick is first.
func (p *Plan) gradUntil(t *Tensor, s Shape, first int) {
	l := p.reserve(s.Len(), end-p.clock, end-first)
	l.bind = append(l.bind, bindTensor(t, s, l))
}

// Keep reserves n floats that live from the layer's forward pass to its backward pass.
func (p *Plan) Keep(s *[]float32, n int) {
	l := p.reserve(n, p.clock, p.kept())
	l.bind = append(l.bind, bindSlice(s, n, l))
}

// Persistent reserves n floats that live as long as the network.
func (p *Plan) Persistent(s *[]float32, n int) {
	l := p.reserve(n, 0, end)
	l.bind = append(l.bind, bindSlice(s, n, l))
}

// Prepare has f called before the first pass, and whenever parameters or buffers have changed: see Network.Prepare.
func (p *Plan) Prepare(f func()) { p.prepare = append(p.prepare, f) }

// Scratch reserves n floats that live within one pass of the layer, forward or backward, and hold anything at its beginning.
func (p *Plan) Scratch(s *[]float32, n int) {
	at := &allocation{offset: p.scratch.size}
	p.scratch.size += kernel.AlignUp(n)
	p.largest = max(p.largest, p.scratch.size)
	p.scratch.bind = append(p.scratch.bind, bindSlice(s, n, at))
}

// backward reserves n floats that live within the backward pass of the layer. Unlike Scratch, they share memory with what lives at other
// times.
func (p *Plan) backward(s *[]float32, n int) {
	l := p.reserve(n, end-p.clock, end-p.clock)
	l.bind = append(l.bind, bindSlice(s, n, l))
}

// kept is the end of what lives from a layer's forward pass to its backward pass.
func (p *Plan) kept() int {
	if p.Training {
		return end - p.clock
	}
	return p.clock
}

// read keeps what the layer's passes read.
func (p *Plan) read(inputs []Value) {
	for _, v := range inputs {
		if v.memory != nil {
			v.memory.until = max(v.memory.until, p.kept())
		}
	}
}

// pass keeps what the layer reads in its forward pass alone.
func (p *Plan) pass(v Value) {
	if v.memory != nil {
		v.memory.until = max(v.memory.until, p.clock)
	}
}

func (p *Plan) reserve(size, from, until int) *allocation {
	l := &allocation{size: kernel.AlignUp(size), from: from, until: until}
	p.allocations = append(p.allocations, l)
	return l
}

func bindTensor(t *Tensor, s Shape, l *allocation) func([]float32) {
	return func(slab []float32) { *t = Tensor{s, slab[l.offset:][:s.Len():s.Len()]} }
}

func bindSlice(dst *[]float32, n int, l *allocation) func([]float32) {
	return func(slab []float32) { *dst = slab[l.offset:][:n:n] }
}

// place gives all allocations their offsets, the largest first, each the lowest at which it meets no other of its time. It returns
// the size of the slab in floats, without scratch.
//
// References:
//
//	Pisarchyk, Lee: Efficient memory management for deep neural net inference (2020), "greedy by size".
func (p *Plan) place() int {
	order := slices.Clone(p.allocations)
	slices.SortStableFunc(order, func(a, b *allocation) int { return cmp.Compare(b.size, a.size) })
	var placed []*allocation // by offset
	total := 0
	for _, l := range order {
		offset := 0
		for _, o := range placed {
			if o.until < l.from || l.until < o.from {
				continue
			}
			if offset+l.size <= o.offset {
				break
			}
			offset = max(offset, o.offset+o.size)
		}
		l.offset = offset
		at, _ := slices.BinarySearchFunc(placed, offset, func(o *allocation, offset int) int { return cmp.Compare(o.offset, offset) })
		placed = slices.Insert(placed, at, l)
		total = max(total, offset+l.size)
	}
	return total
}

// bind makes the slabs of the allocations, which place has placed, and of scratch.
func (p *Plan) bind() {
	total := 0
	for _, l := range p.allocations {
		total = max(total, l.offset+l.size)
	}
	slab := kernel.Aligned(total)
	for _, l := range p.allocations {
		for _, bind := range l.bind {
			bind(slab)
		}
	}
	scratch := kernel.Aligned(p.largest)
	for _, bind := range p.scratch.bind {
		bind(scratch)
	}
}

// LayerInfo is a layer's row in a network's summary. Costs are for the planned shape.
type LayerInfo struct {
	Path, Kind string
	Out        Shape
	MACs       int // multiply-accumulates of convolutions, linear maps and matrix products
	Other      int // elementary operations of everything else, see Cost
}

// Cost counts the work of one forward pass in evaluation by one rule for every layer. MACs: a multiplication with the addition
// that takes it counts 1, in convolutions, linear maps and matrix products. Other: an elementary operation on an element
// counts 1, so normalisation 2 an element (scale, shift), a rectifier 1, an addition 1, a pooling 1 an element that it
// reads, a product by channel 1.
type Cost struct{ MACs, Other int }

// Report adds the layer's row to the summary.
func (p *Plan) Report(kind string, out Value, c Cost) {
	p.layers = append(p.layers, LayerInfo{p.path, kind, out.Shape, c.MACs, c.Other})
}
