package nn

import (
	"slices"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// composedRun is what a composed layer does in a pass on the CPU. Work on whole images is done image by image, in parallel; what comes
// between, on a few numbers for each image, is done by one worker. Neighbouring operations that work by image run together on one image
// while it is in cache.
type composedRun struct {
	images   int // of the pass under way
	x, y     *array
	dy, dx   *array // of the output and of the input; dx is nil where it is not needed
	forward  []stage
	backward []stage

	source *RecomputedInput // of the input, where no other layer computes it
	inputs []float32        // (workers, H, W, C): what source writes

	copied     *array          // the output, where the epilogue must not overwrite y
	operations kernel.Epilogue // of the pass under way
	epilogue   *Epilogue
}

// An array is memory of a composed layer: a value, a gradient or something kept. It has N images, or is fixed.
type array struct {
	Shape
	fixed  bool
	run    *composedRun
	data   []float32
	memory *allocation // nil where it is another layer's
	slots  [][]float32 // by image, where data is nil: those at hand

	param *Param // whose floats it is, from the first on; nil: data
	first int

	shared bool // of a gradient: of more than one value
}

// part returns the floats of image n, or with n < 0 of all images of the pass under way.
func (a *array) part(n int) []float32 {
	size := a.Pixels() * a.C
	switch {
	case a.param != nil:
		return a.param.Data[a.first:][:size]
	case a.fixed:
		return a.data[:size]
	case n < 0:
		return a.data[:a.run.images*size]
	case a.data == nil:
		return a.slots[n]
	}
	return a.data[n*size:][:size]
}

// tensor is the array of the pass under way.
func (a *array) tensor() Tensor {
	s := a.Shape
	s.N = a.run.images
	return Tensor{s, a.part(-1)}
}

// set makes the array that of a tensor.
func (a *array) set(t Tensor) { a.data = t.Data }

// A stage is a number of steps that run one after the other: of each image, or once.
type stage struct {
	tick    int
	input   bool // steps on an image read the input
	byImage []func(n int)
	once    []func(c *Context)
	task    kernel.Task
}

// imageTask runs steps on one image, with the input where they read it.
type imageTask struct {
	steps []func(n int)
	input *composedRun // nil where they do not read it
}

func (t *imageTask) Do(worker, n int) {
	if t.input != nil {
		t.input.computeInput(worker, n)
	}
	for _, f := range t.steps {
		f(n)
	}
}

func (s *stage) do(c *Context, images int) {
	if s.task != nil {
		c.Run(images, s.task)
		return
	}
	for _, f := range s.once {
		f(c)
	}
}

// computeInput computes an image of the input that the layer before has left to this one.
func (r *composedRun) computeInput(worker, n int) {
	if r.x.data != nil {
		return
	}
	pixels := r.x.Pixels()
	size := pixels * r.x.C
	r.x.slots[n] = r.inputs[worker*size:][:size]
	r.source.Rows(r.x.slots[n], n*pixels, (n+1)*pixels)
}

// finish makes the tasks of stages.
func (r *composedRun) finish(list []stage) []stage {
	for i := range list {
		s := &list[i]
		if s.byImage == nil {
			continue
		}
		t := &imageTask{steps: s.byImage}
		if s.input && r.source != nil {
			t.input = r
		}
		s.task = t
	}
	return list
}

func (r *composedRun) runForward(c *Context, x Tensor, e *Epilogue) Tensor {
	r.images, r.epilogue = x.N, e
	r.x.set(x)
	if r.fuses() {
		r.operations = e.Fuse()
	}
	for i := range r.forward {
		r.forward[i].do(c, r.images)
	}
	if r.copied != nil {
		return e.Apply(c, r.copied.tensor())
	}
	return e.Apply(c, r.y.tensor())
}

// fuses reports that the steps on each image end with the epilogue.
func (r *composedRun) fuses() bool {
	return r.epilogue.kind != noEpilogue && r.forward[len(r.forward)-1].task != nil
}

// finishImage does the epilogue on an image of the output.
func (r *composedRun) finishImage(n int) {
	y := r.y.part(n)
	if r.copied != nil {
		kernel.Copy(r.copied.part(n), y)
		y = r.copied.part(n)
	}
	e := r.operations
	if e.Addend != nil {
		e.Addend = r.epilogue.addend.Image(n)
	}
	e.Apply(y)
}

func (r *composedRun) runBackward(c *Context, dy Tensor) Tensor {
	r.dy.set(dy)
	for i := range r.backward {
		r.backward[i].do(c, r.images)
	}
	if r.dx == nil {
		s := r.x.Shape
		s.N = r.images
		return Tensor{Shape: s}
	}
	return r.dx.tensor()
}

// boundImage bounds the gradient of an image as the epilogue bounds the output.
func (r *composedRun) boundImage(n int) {
	if ceiling, ok := r.epilogue.Bounded(); ok {
		y := r.y
		if r.copied != nil {
			y = r.copied
		}
		kernel.ClampBackward(r.dy.part(n), r.dy.part(n), y.part(n), ceiling)
	}
}

// A composing is the planning of a composed layer's passes.
type composing struct {
	*composedRun
	layer *Composed
	p     *Plan
	g     *graph.Graph
	in    Value
	rule  map[graph.Op]*graph.Pooled

	values []*array // by graph.Value
	ticks  []int    // of operations
	whole  []bool   // operations that do not work by image

	stages *[]stage
	reads  bool // the pass of the operation at hand reads the input
	now    int  // the time of the pass of the operation at hand
	once   bool // it does not work by image
	op     int  // its number

	readsBack  map[graph.Op]bool // operations whose reverse reads the input
	gradients  []*array          // by graph.Value, the sum so far
	scaled     map[*graph.Pooled]*array
	keptOf     map[graph.Op][]*array // for the reverse
	boundFirst bool
	dyUntil    int // when the gradient of the output is read last
}

// planRun plans the passes and returns the output.
func (l *Composed) planRun(p *Plan, g *graph.Graph, x Value) (Value, Cost) {
	r := &composedRun{epilogue: &l.epilogue}
	l.run = r
	m := &composing{
		composedRun: r, layer: l, p: p, g: g, in: x, rule: graph.PooledScales(g.Ops),
		values: make([]*array, len(g.Values)), ticks: make([]int, len(g.Ops)), whole: make([]bool, len(g.Ops)),
		gradients: make([]*array, len(g.Values)), scaled: map[*graph.Pooled]*array{}, readsBack: map[graph.Op]bool{},
	}
	r.x = &array{Shape: x.Shape, run: r, memory: x.memory}
	m.values[g.In] = r.x
	m.recompute()
	var cost Cost
	m.stages = &r.forward
	for i, o := range g.Ops {
		m.whole[i] = m.wholeBatch(o)
		if _, nothing := o.(*graph.Parameter); nothing && i > 0 {
			m.whole[i] = m.whole[i-1]
		}
		if i > 0 && (m.whole[i] || m.whole[i-1]) {
			p.clock++
		}
		m.ticks[i], m.now, m.once, m.op = p.clock, p.clock, m.whole[i], i
		m.reads = slices.Contains(o.Reads(), g.In)
		c := m.forwardOf(o)
		m.ticks[i] = p.clock // an inner layer has counted on
		cost.MACs += c.MACs
		cost.Other += c.Other
	}
	y := m.values[g.Out]
	m.y = y
	out := Value{Shape: y.Shape, memory: y.memory}
	m.planEpilogue(&out)
	if p.Training {
		m.planBackward(y)
		out.first = end - m.dyUntil
	}
	r.forward, r.backward = r.finish(r.forward), r.finish(r.backward)
	return out, cost
}

// planEpilogue has the last stage end with the epilogue.
func (m *composing) planEpilogue(out *Value) {
	last := m.g.Ops[len(m.g.Ops)-1]
	m.now, m.reads = m.p.clock, false
	if m.whole[len(m.whole)-1] || last.Writes()[0] != m.g.Out {
		m.p.clock++
		m.now = m.p.clock
	}
	out.needed = m.keepsOutput(last)
	if m.layer.epilogue.kind == noEpilogue {
		return
	}
	if out.needed {
		m.copied = m.array(m.y.Shape, false)
		m.read(m.y)
		out.memory = m.copied.memory
	}
	m.byImage(m.finishImage)
	if _, bounded := m.layer.epilogue.Bounded(); bounded && m.p.Training {
		out.memory.until = max(out.memory.until, end-m.ticks[len(m.ticks)-1])
		m.boundFirst, out.needed = true, true
	}
}

// wholeBatch reports that an operation does not work by image: it concerns a few numbers for each image, or several images at once.
func (m *composing) wholeBatch(o graph.Op) bool {
	switch o := o.(type) {
	case *layerOp, *graph.Linear, *graph.ChannelConv, *graph.Parameter:
		return true
	case *graph.GlobalPool, *graph.Scale, *graph.Variance, *graph.Softmax:
		return false
	case *graph.Reduce:
		return o.Channels && m.g.Values[o.X].Pixels() == 1
	default:
		return m.g.Values[o.Writes()[0]].Pixels() == 1
	}
}

// array reserves memory, from now on.
func (m *composing) array(s Shape, fixed bool) *array {
	a := &array{Shape: s, fixed: fixed, run: m.composedRun}
	a.memory = m.p.reserve(s.Len(), m.now, m.now)
	a.memory.bind = append(a.memory.bind, bindSlice(&a.data, s.Len(), a.memory))
	return a
}

// output reserves a value that an operation writes.
func (m *composing) output(v graph.Value) *array {
	i := m.g.Values[v]
	m.values[v] = m.array(Shape(i.Shape), i.Fixed)
	return m.values[v]
}

// read has an array live until now.
func (m *composing) read(a *array) *array {
	if a.memory != nil {
		a.memory.until = max(a.memory.until, m.now)
	} else if a == m.dy {
		m.dyUntil = max(m.dyUntil, m.now)
	}
	return a
}

// input is a value that the operation reads; with keep, also in its reverse.
func (m *composing) input(v graph.Value, keep bool) *array {
	a := m.read(m.values[v])
	if keep {
		m.keep(a)
		if v == m.g.In {
			m.readsBack[m.g.Ops[m.op]] = true
		}
	}
	return a
}

// recompute has the layer compute its input itself, an image at a time, where the layer before offers that and all that read the input work
// by image: then the input is not kept.
func (m *composing) recompute() {
	for _, o := range m.g.Ops {
		if slices.Contains(o.Reads(), m.g.In) && m.wholeBatch(o) {
			return
		}
	}
	if m.source = m.p.RecomputeInput(m.in); m.source != nil {
		m.x.memory, m.x.slots = nil, make([][]float32, m.in.N)
		m.p.Scratch(&m.inputs, m.p.Workers*m.in.Pixels()*m.in.C)
	}
}

// keep has an array live until the reverse of the operation at hand.
func (m *composing) keep(a *array) {
	if a.memory != nil && m.p.Training {
		a.memory.until = max(a.memory.until, end-m.now)
	}
}

// each adds a step of the operation at hand: on every image n, or once with n < 0.
func (m *composing) each(f func(n int)) {
	if m.once {
		m.all(func() { f(-1) })
		return
	}
	m.byImage(f)
}

// byImage adds a step on every image.
func (m *composing) byImage(f func(n int)) {
	list := *m.stages
	if k := len(list); k > 0 && list[k-1].byImage != nil && list[k-1].tick == m.now {
		list[k-1].byImage = append(list[k-1].byImage, f)
		list[k-1].input = list[k-1].input || m.reads
		return
	}
	*m.stages = append(list, stage{tick: m.now, byImage: []func(int){f}, input: m.reads})
}

// all adds a step that runs once.
func (m *composing) all(f func()) { m.call(func(*Context) { f() }) }

// call adds a step that runs once and may use all workers.
func (m *composing) call(f func(c *Context)) {
	list := *m.stages
	if k := len(list); k > 0 && list[k-1].once != nil {
		list[k-1].once = append(list[k-1].once, f)
		return
	}
	*m.stages = append(list, stage{tick: m.now, once: []func(*Context){f}})
}

// operand is an array as one of A·B or A+B, which makes y.
func (m *composing) operand(a, y *array) func(n int) kernel.Operand {
	row, column := a.C, 1
	if a.fixed && !y.fixed || a.Pixels() == 1 && y.Pixels() > 1 {
		row = 0
	}
	if a.C == 1 && y.C > 1 {
		column = 0
	}
	return func(n int) kernel.Operand { return kernel.Operand{Data: a.part(n), Row: row, Column: column} }
}

// readers counts what reads a value.
func (m *composing) readers(v graph.Value) (n int) {
	for _, o := range m.g.Ops {
		for _, r := range o.Reads() {
			if r == v {
				n++
			}
		}
	}
	return n
}

// keepsOutput reports that the reverse of an operation reads what it wrote.
func (m *composing) keepsOutput(o graph.Op) bool {
	switch o.(type) {
	case *graph.Clamp, *graph.Sigmoid, *graph.Tanh, *graph.Root, *graph.Softmax, *layerOp:
		return m.p.Training
	}
	return m.readers(m.g.Out) > 0 || !slices.Contains(o.Writes(), m.g.Out)
}
