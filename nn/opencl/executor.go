//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// processor is a device that runs graphs.
type processor struct {
	info      Info
	profiling bool
}

// Processor returns the device as one that runs graphs.
func Processor(i Info) graph.Device { return processor{info: i} }

func (p processor) Info() graph.DeviceInfo {
	return graph.DeviceInfo{
		Name: p.info.Name, Platform: p.info.Platform + ", " + p.info.Driver, GPU: p.info.GPU, Memory: p.info.Memory, Arithmetic: "fused",
	}
}

// Open compiles the kernels that the graph needs and reserves its memory.
func (p processor) Open(g *graph.Graph, o graph.Options) (graph.Executor, error) {
	d, err := Open(p.info, p.profiling)
	if err != nil {
		return nil, err
	}
	e, err := newExecutor(d, g, o)
	if err != nil {
		d.Close()
		return nil, err
	}
	return e, nil
}

// Executor runs a graph on a device. See graph.Executor.
type Executor struct {
	*Device
	g                      *graph.Graph
	options                graph.Options
	params, grads, buffers Buffer
	velocity               [2]Buffer
	images                 Buffer
	labels, ranks, losses  Buffer
	stop, found            Buffer
	arenas                 []Buffer
	size, n                int // floats of an image, images of a batch

	infer    map[int]*infer // by the number of images
	training *training      // nil: for Infer alone
	checks   [2][]*Call     // FirstNotFinite's, in evaluation and in training
	checkN   int
	trained  bool   // the last call was Step
	ready    *infer // whose once has run, and nothing else since that changes memory

	hostLabels, hostRanks, hostFound []int32
	reserved, used                   int // entries of activations, and the most in use at one time
}

var (
	_ graph.Executor = (*Executor)(nil)
	_ graph.Passes   = (*Executor)(nil)
)

type infer struct {
	once  []*Call // before the first run, and where something else ran since
	calls []*Call
	out   Buffer
}

type training struct {
	forward, loss, backward, update []*Call
	out, dout, din                  Buffer
	onStep                          []func(s graph.Step, off bool)
}

func newExecutor(d *Device, g *graph.Graph, o graph.Options) (*Executor, error) {
	s := g.Values[g.In].Shape
	e := &Executor{
		Device: d, g: g, options: o, size: s.H * s.W * s.C, n: s.N, infer: map[int]*infer{},
		hostLabels: make([]int32, s.N), hostRanks: make([]int32, s.N), hostFound: make([]int32, 1),
	}
	training := o.Training != nil
	for _, a := range []struct {
		b    *Buffer
		n    int
		zero bool
		want bool
	}{
		{&e.params, g.ParamLen, true, true}, {&e.buffers, g.BufferLen, true, true}, {&e.images, s.Len(), false, true},
		{&e.grads, g.ParamLen, true, training}, {&e.velocity[0], g.Decayed, true, training},
		{&e.velocity[1], g.ParamLen - g.Decayed, true, training},
		{&e.labels, s.N, true, true}, {&e.ranks, s.N, true, true}, {&e.losses, 2 * s.N, true, true}, {&e.stop, 1, true, true},
		{&e.found, 1, true, true},
	} {
		if !a.want {
			continue
		}
		var err error
		if *a.b, err = d.Alloc(a.n); err != nil {
			return nil, err
		}
		if a.zero {
			d.Zero(*a.b)
		}
	}
	if training {
		if err := e.buildTraining(); err != nil {
			return nil, err
		}
	} else if _, err := e.inferOf(s.N); err != nil {
		return nil, err
	}
	return e, d.Finish()
}

func (e *Executor) builder(n int, train bool) *builder {
	return &builder{
		d: e.Device, g: e.g, n: n, train: train, params: e.params, grads: e.grads, buffers: e.buffers, images: e.images, arenas: e.arenas,
		wantsInput: e.options.InputGrad, absorbed: absorbed(e.g), fused: fusions(e.g), pooled: graph.PooledScales(e.g.Ops),
	}
}

func (e *Executor) build(b *builder, run func()) error {
	reserved, used, err := b.build(run)
	e.arenas = b.arenas
	e.reserved, e.used = max(e.reserved, reserved), max(e.used, used)
	return err
}

func (e *Executor) buildTraining() error {
	b, t, o := e.builder(e.n, true), &training{}, e.options.Training
	err := e.build(b, func() {
		b.calls = &t.forward
		for _, op := range e.g.Ops {
			b.pass(func() { b.forward(op) })
		}
		b.calls = &t.loss
		b.pass(func() {
			t.out, t.dout = b.value(e.g.Out), b.dx(e.g.Out)
			classes := b.shape(e.g.Out).C
			b.crossEntropy(e.losses, e.ranks, t.dout, e.stop, t.out, e.labels, o.Smoothing, e.n, classes)
		})
		b.calls = &t.backward
		for i := range e.g.Ops {
			b.pass(func() { b.backward(e.g.Ops[len(e.g.Ops)-1-i]) })
		}
		b.pass(func() {
			if b.wantsInput {
				t.din = b.dy(e.g.In)
			}
		})
	})
	if err != nil {
		return err
	}
	t.onStep = b.onStep
	decay := [2]float32{o.WeightDecay, 0}
	if o.DecayAll {
		decay[1] = o.WeightDecay
	}
	at := 0
	b.calls = &t.update
	for i, v := range e.velocity {
		for _, part := range o.Moving[i] {
			lo, hi := part[0], part[1]
			b.sgd(e.params.Slice(at+lo, at+hi), e.grads.Slice(at+lo, at+hi), v.Slice(lo, hi), e.stop, o.Momentum, decay[i], o.Nesterov)
		}
		at += v.n
	}
	e.training = t
	return e.Err()
}

// inferOf returns the calls of evaluation for n images.
func (e *Executor) inferOf(n int) (*infer, error) {
	if i := e.infer[n]; i != nil {
		return i, nil
	}
	i := &infer{}
	b := e.builder(n, false)
	b.calls, b.once = &i.calls, &i.once
	err := e.build(b, func() {
		for _, op := range e.g.Ops {
			b.pass(func() { b.forward(op) })
		}
		b.pass(func() { i.out = b.value(e.g.Out) })
	})
	if err != nil {
		return nil, err
	}
	e.infer[n] = i
	return i, nil
}

// run puts calls into the queue.
func run(calls []*Call) {
	for _, c := range calls {
		c.Run()
	}
}

// Infer runs the network in evaluation.
func (e *Executor) Infer(out, images []float32) error {
	i, err := e.inferOf(len(images) / e.size)
	if err != nil {
		return err
	}
	e.trained = false
	e.WriteLater(e.images, images)
	if e.ready != i {
		run(i.once)
		e.ready = i
	}
	run(i.calls)
	return e.Read(out[:i.out.n], i.out)
}

// Step is a step of training.
func (e *Executor) Step(s graph.Step, r graph.Result) error {
	t := e.training
	e.trained, e.ready = true, nil
	for i, l := range s.Labels {
		e.hostLabels[i] = int32(l)
	}
	e.WriteLater(e.images, s.Images)
	e.WriteIntsLater(e.labels, e.hostLabels)
	e.Zero(e.grads)
	e.Zero(e.stop)
	for _, f := range t.onStep {
		f(s, false)
	}
	for _, c := range t.update {
		c.SetFloat(sgdRate, s.LR)
	}
	run(t.forward)
	run(t.loss)
	run(t.backward)
	run(t.update)
	if err := e.ReadDoubles(r.Losses, e.losses); err != nil {
		return err
	}
	if err := e.ReadInts(e.hostRanks, e.ranks); err != nil {
		return err
	}
	for i, n := range e.hostRanks {
		r.Ranks[i] = int(n)
	}
	return nil
}

// Forward, Backward and ZeroGrad are the halves of a step.
func (e *Executor) Forward(images []float32, r graph.Random) ([]float32, error) {
	if !r.Train {
		i, err := e.inferOf(len(images) / e.size)
		if err != nil {
			return nil, err
		}
		out := make([]float32, i.out.n)
		return out, e.Infer(out, images)
	}
	t := e.training
	e.trained, e.ready = true, nil
	e.WriteLater(e.images, images)
	for _, f := range t.onStep {
		f(graph.Step{Seed: r.Seed, Number: r.Number}, r.Off)
	}
	run(t.forward)
	out := make([]float32, t.out.n)
	return out, e.Read(out, t.out)
}

func (e *Executor) Backward(dout []float32) ([]float32, error) {
	t := e.training
	e.ready = nil
	e.WriteLater(t.dout, dout)
	run(t.backward)
	if t.din.Nil() {
		return nil, e.Finish()
	}
	din := make([]float32, t.din.n)
	return din, e.Read(din, t.din)
}

func (e *Executor) ZeroGrad() error {
	e.Zero(e.grads)
	return e.Err()
}

// slabs calls f with what the executor and the host both have.
func (e *Executor) slabs(h graph.Host, f func(b Buffer, x []float32)) {
	host := [][]float32{h.Params, h.Grads, h.Buffers, h.Velocity[0], h.Velocity[1]}
	for i, b := range []Buffer{e.params, e.grads, e.buffers, e.velocity[0], e.velocity[1]} {
		if len(host[i]) > 0 && !b.Nil() {
			f(b, host[i])
		}
	}
}

// Push copies slabs to the device.
func (e *Executor) Push(h graph.Host) error {
	e.ready = nil
	e.slabs(h, e.Write)
	return e.Finish()
}

// Pull copies slabs from the device.
func (e *Executor) Pull(h graph.Host) error {
	e.slabs(h, func(b Buffer, x []float32) { e.Read(x[:min(len(x), b.n)], b) })
	return e.Err()
}

// FirstNotFinite runs the images again and looks at what every operation wrote.
func (e *Executor) FirstNotFinite(images []float32) (string, error) {
	e.ready = nil
	n, mode := len(images)/e.size, 0
	if e.trained {
		mode = 1
	}
	if e.checks[mode] == nil || e.checkN != n {
		b := e.builder(n, e.trained)
		b.fused = nil // every output is checked
		var calls []*Call
		b.calls = &calls
		err := e.build(b, func() {
			for i, op := range e.g.Ops {
				b.pass(func() {
					b.forward(op)
					for _, v := range op.Writes() {
						if b.values[v] == nil || e.g.Values[v].Statistic {
							continue
						}
						b.flat("first_not_finite", b.value(v), e.found, i)
					}
				})
			}
		})
		if err != nil {
			return "", err
		}
		e.checks[mode], e.checkN = calls, n
	}
	e.hostFound[0] = math.MaxInt32
	e.WriteInts(e.found, e.hostFound)
	e.WriteLater(e.images, images)
	run(e.checks[mode])
	if err := e.ReadInts(e.hostFound, e.found); err != nil {
		return "", err
	}
	if e.hostFound[0] == math.MaxInt32 {
		return "", nil
	}
	return e.g.Paths[e.hostFound[0]], nil
}

// Close releases everything.
func (e *Executor) Close() error {
	err := e.Finish()
	e.Device.Close()
	return err
}

// absorbed are the operations that the Mix of a block of Channel Equilibrium computes with its own.
func absorbed(g *graph.Graph) map[graph.Op]bool {
	by := map[graph.Value]graph.Op{}
	for _, op := range g.Ops {
		for _, v := range op.Writes() {
			by[v] = op
		}
	}
	list := map[graph.Op]bool{}
	for _, op := range g.Ops {
		m, ok := op.(*graph.Mix)
		if !ok {
			continue
		}
		var take func(v graph.Value)
		take = func(v graph.Value) {
			if v == m.X || v == graph.None || by[v] == nil || list[by[v]] {
				return
			}
			list[by[v]] = true
			for _, r := range by[v].Reads() {
				take(r)
			}
		}
		for _, v := range []graph.Value{m.P, m.Mean, m.A, m.S, m.Lambda} {
			take(v)
		}
		for _, r := range []*graph.RunningAverage{m.Parts.RunningMean, m.Parts.RunningMatrix, m.Parts.RunningScale} {
			if r != nil {
				take(r.Y)
			}
		}
	}
	return list
}

// geometry is a convolution's.
func (b *builder) geometry(o *graph.Conv) (*kernel.Conv, kernel.Window) {
	x, y := b.shape(o.X), b.shape(o.Y)
	w := kernel.NewWindow(x.H, x.W, x.C, o.Kernel, o.Kernel, o.Stride, o.Pad)
	if o.Depthwise(x.C, y.C) {
		return nil, w
	}
	if o.BFloat16 {
		return kernel.NewBFloatConv(w, y.C, o.Groups), w
	}
	return kernel.NewConv(w, y.C, o.Groups), w
}

// notLowered reports an operation that has no kernels.
func (b *builder) notLowered(op graph.Op) {
	path := b.g.Paths[slices.Index(b.g.Ops, op)]
	name := strings.TrimPrefix(fmt.Sprintf("%T", op), "*graph.")
	b.d.fail("preparing a network", fmt.Errorf("the device has no kernel for the operation %s of layer %s: train it on the CPU", name, path))
}

// Graphs lists the devices as ones that run graphs, GPUs first.
func Graphs() ([]graph.Device, error) {
	list, err := Devices()
	var all []graph.Device
	for _, i := range list {
		if i.Float64 {
			all = append(all, Processor(i))
		}
	}
	return all, err
}
