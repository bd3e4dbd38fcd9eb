//go:build opencl

package opencl

import (
	"fmt"
	"math"

	"cenet/nn/graph"
)

// A builder turns the operations of a graph into calls, in the order in which they will run. It is gone through twice with the same
// results: dry, to learn when which memory is used, and then with memory placed. A pass of an operation asks for its buffers and emits
// its calls; what it asked for lives from the first pass that asks to the last.
type builder struct {
	d     *Device
	g     *graph.Graph
	n     int  // images
	train bool // statistics are those of the batch

	params, grads, buffers Buffer            // the slabs
	images                 Buffer            // the graph's input
	absorbed               map[graph.Op]bool // which others compute with their own
	fused                  map[graph.Op]*fusion
	pooled                 map[graph.Op]*graph.Pooled
	wantsInput             bool // the gradient of the graph's input is asked for

	dry     bool
	clock   int       // counts passes
	objects []*object // in the order of their making
	next    int       // of objects, when they were made before
	arenas  []Buffer

	values     map[graph.Value]*object
	parameters map[graph.Value]*graph.Parameter
	aliases    map[graph.Value]graph.Value
	scaled     map[*graph.Pooled]*object // gradients of what a Scale wrote, until the pass of the mean
	gradient   map[graph.Value]*object   // the sum so far
	kept       map[keptName]*object
	pending    []pendingSum
	calls      *[]*Call
	once       *[]*Call // those of evaluation that need not run again until parameters or buffers change; nil: among calls
	onStep     []func(s graph.Step, off bool)
}

// An object is memory that is used from one pass to another.
type object struct {
	n           int // entries of 4 bytes
	first, last int
	arena, at   int
}

type keptName struct {
	op   graph.Op
	name string
}

// A pendingSum is a gradient that must be added to what other operations contributed, once the pass has emitted its calls.
type pendingSum struct {
	v    graph.Value
	part Buffer
}

// shape is the shape of an activation, for the builder's number of images.
func (b *builder) shape(v graph.Value) graph.Shape { return b.g.Values[v].For(b.n) }

// size is the number of entries of a value: a statistic has two for each of its numbers.
func (b *builder) size(v graph.Value) int {
	if b.g.Values[v].Statistic {
		return 2 * b.shape(v).Len()
	}
	return b.shape(v).Len()
}

// granule is what places in memory are multiples of, in entries.
const granule = 64

// object makes memory of n entries.
func (b *builder) object(n int) *object {
	if !b.dry {
		o := b.objects[b.next]
		b.next++
		return o
	}
	o := &object{n: n, first: b.clock, last: b.clock}
	b.objects = append(b.objects, o)
	return o
}

// at is the memory of an object, used now.
func (b *builder) at(o *object) Buffer {
	o.last = max(o.last, b.clock)
	if b.dry {
		return Buffer{memory: 1, n: o.n} // not to be used
	}
	return b.arenas[o.arena].Slice(o.at, o.at+o.n)
}

// value is the memory of a value, for reading or writing.
func (b *builder) value(v graph.Value) Buffer {
	if x, ok := b.aliases[v]; ok {
		return b.value(x)
	}
	if v == b.g.In {
		return b.images.Slice(0, b.size(v))
	}
	if p := b.parameters[v]; p != nil {
		return b.param(p.Param).Slice(p.First, p.First+b.size(v))
	}
	o := b.values[v]
	if o == nil {
		o = b.object(b.size(v))
		b.values[v] = o
	}
	return b.at(o)
}

// aliasValue lets y be the memory of x.
func (b *builder) aliasValue(y, x graph.Value) { b.aliases[y] = x }

// dy is the gradient of a value that the backward pass of the operation that wrote it reads; it is the zero Buffer where nothing that
// reads the value has a gradient.
func (b *builder) dy(v graph.Value) Buffer {
	if o := b.gradient[v]; o != nil {
		return b.at(o)
	}
	return Buffer{}
}

// wants reports whether a gradient of v is asked for.
func (b *builder) wants(v graph.Value) bool {
	return v != graph.None && (v != b.g.In || b.wantsInput)
}

// dx is where a backward pass writes its part of the gradient of a value. What others contributed before is added to it after the pass.
func (b *builder) dx(v graph.Value) Buffer {
	part := b.object(b.size(v))
	if b.gradient[v] == nil {
		b.gradient[v] = part
		return b.at(part)
	}
	p := b.at(part)
	b.pending = append(b.pending, pendingSum{v, p})
	return p
}

// dxAdd is dx for a kernel that itself adds what others contributed, addend, which is the zero Buffer without them.
func (b *builder) dxAdd(v graph.Value) (dst, addend Buffer) {
	addend = b.dy(v)
	b.gradient[v] = b.object(b.size(v))
	return b.at(b.gradient[v]), addend
}

// aliasGrad makes the gradient of y the gradient of x, or adds it to that.
func (b *builder) aliasGrad(x, y graph.Value) {
	o := b.gradient[y]
	if o == nil {
		return
	}
	if b.gradient[x] == nil {
		b.gradient[x] = o
		b.at(o)
		return
	}
	b.pending = append(b.pending, pendingSum{x, b.at(o)})
}

// keep is memory of n entries that an operation keeps between its passes under a name, and in evaluation from one run to the next.
func (b *builder) keep(op graph.Op, name string, n int) Buffer {
	k := keptName{op, name}
	o := b.kept[k]
	if o == nil {
		o = b.object(n)
		b.kept[k] = o
		if !b.train {
			o.first, o.last = 0, math.MaxInt32
		}
	}
	return b.at(o)
}

// scratch is memory of n entries for this pass alone.
func (b *builder) scratch(n int) Buffer { return b.at(b.object(n)) }

// param is a parameter, dparam its gradient, which passes add to, and buffer a buffer.
func (b *builder) param(p graph.Param) Buffer   { return array(b.params, b.g.Params[p]) }
func (b *builder) dparam(p graph.Param) Buffer  { return array(b.grads, b.g.Params[p]) }
func (b *builder) buffer(p graph.Buffer) Buffer { return array(b.buffers, b.g.Buffers[p]) }

func array(slab Buffer, a graph.Array) Buffer { return slab.Slice(a.Offset, a.Offset+a.Len) }

// emit appends a call, see Device.Call, and returns it; nil when dry.
func (b *builder) emit(name string, groups, local []int, args ...any) *Call {
	if b.dry {
		return nil
	}
	c := b.d.Call(name, groups, local, args...)
	*b.calls = append(*b.calls, c)
	return c
}

// emitOnce has the calls of f, of evaluation, which depend on parameters and buffers alone and write to what keep returned, run but once.
func (b *builder) emitOnce(f func()) {
	if b.once != nil {
		defer func(calls *[]*Call) { b.calls = calls }(b.calls)
		b.calls = b.once
	}
	f()
}

// constant is memory that holds the numbers given, for as long as the device is open.
func (b *builder) constant(x []int32) Buffer {
	if b.dry {
		return Buffer{memory: 1, n: len(x)}
	}
	m, err := b.d.Alloc(len(x))
	if err != nil {
		b.d.fail("preparing a network", err)
		return Buffer{n: len(x)}
	}
	b.d.WriteInts(m, x)
	return m
}

// step has f called before each step, to set what changes from one to the next; off switches everything random off.
func (b *builder) step(f func(s graph.Step, off bool)) {
	if !b.dry {
		b.onStep = append(b.onStep, f)
	}
}

// pass runs f as one pass of an operation.
func (b *builder) pass(f func()) {
	f()
	for _, p := range b.pending {
		earlier := b.dy(p.v)
		sum := b.object(b.size(p.v))
		b.gradient[p.v] = sum
		b.flat("sum", b.at(sum), earlier, p.part)
	}
	b.pending = b.pending[:0]
	b.clock++
}

// build goes through run twice, the second time with memory, and returns the entries of memory that were reserved and the largest
// number in use at one time.
func (b *builder) build(run func()) (reserved, used int, err error) {
	start := func(dry bool) {
		b.dry, b.clock, b.next = dry, 0, 0
		b.values, b.gradient, b.kept = map[graph.Value]*object{}, map[graph.Value]*object{}, map[keptName]*object{}
		b.pending, b.scaled, b.aliases = b.pending[:0], map[*graph.Pooled]*object{}, map[graph.Value]graph.Value{}
		b.parameters = map[graph.Value]*graph.Parameter{}
	}
	start(true)
	run()
	sizes, used := place(b.objects, int(min(b.d.MaxBuffer/4, 1<<30)))
	for i, n := range sizes {
		reserved += n
		if i < len(b.arenas) && b.arenas[i].Len() >= n { // of an earlier build
			continue
		}
		a, err := b.d.Alloc(n)
		if err != nil {
			return 0, 0, err
		}
		b.arenas = append(b.arenas[:min(i, len(b.arenas))], a)
	}
	start(false)
	run()
	if b.next != len(b.objects) {
		panic(fmt.Sprintf("opencl: %d objects of memory, then %d", len(b.objects), b.next))
	}
	return reserved, used, b.d.Err()
}
