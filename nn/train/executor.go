package train

import (
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/optim"
)

// cpu runs a network by its layers' fused passes, in the slabs of the network itself.
type cpu struct {
	net  *nn.Network
	loss *nn.CrossEntropy
	sgd  *optim.SGD  // nil: for Infer alone
	c    *nn.Context // of the pass under way
}

var _ graph.Executor = (*cpu)(nil)

func (e *cpu) images(x []float32) nn.Tensor {
	s := e.net.In
	s.N = len(x) / (s.H * s.W * s.C)
	return nn.Tensor{Shape: s, Data: x}
}

func (e *cpu) Infer(out, images []float32) error {
	e.c.Train = false
	copy(out, e.net.Forward(e.c, e.images(images)).Data)
	return nil
}

func (e *cpu) Step(s graph.Step, r graph.Result) error {
	e.c.Train = true
	e.c.Random.Seed, e.c.Random.Step = s.Seed, s.Number
	e.net.ZeroGrad()
	loss, grad := e.loss.Loss(e.c, e.net.Forward(e.c, e.images(s.Images)), s.Labels)
	copy(r.Losses, e.loss.Losses)
	copy(r.Ranks, e.loss.Ranks)
	if !finite(loss) {
		return nil
	}
	e.net.Backward(e.c, grad)
	e.sgd.Step(e.c, s.LR)
	return nil
}

func (e *cpu) Push(h graph.Host) error {
	each(host(e.net, e.sgd), h, kernel.Copy)
	return nil
}

func (e *cpu) Pull(h graph.Host) error {
	each(h, host(e.net, e.sgd), kernel.Copy)
	return nil
}

func (e *cpu) FirstNotFinite(images []float32) (string, error) {
	return e.net.FirstNotFinite(e.c, e.images(images)), nil
}

func (e *cpu) Close() error { return nil }

// each calls f with the slabs that both have, but for those that are the same memory.
func each(to, from graph.Host, f func(to, from []float32)) {
	pair := func(to, from []float32) {
		if len(to) > 0 && len(from) > 0 && &to[0] != &from[0] {
			f(to, from)
		}
	}
	pair(to.Params, from.Params)
	pair(to.Grads, from.Grads)
	pair(to.Buffers, from.Buffers)
	pair(to.Velocity[0], from.Velocity[0])
	pair(to.Velocity[1], from.Velocity[1])
}

// host is the memory of a network and of its optimizer, where there is one.
func host(net *nn.Network, sgd *optim.SGD) graph.Host {
	h := net.Host()
	if sgd != nil {
		h.Velocity = sgd.Velocity()
	}
	return h
}

// Open returns an executor of the network on a device, with the network's parameters and buffers and the optimizer's velocity; sgd
// is nil where nothing is trained. The error is one line.
func Open(d graph.Device, net *nn.Network, loss *nn.CrossEntropy, sgd *optim.SGD) (graph.Executor, error) {
	g, err := net.Lower()
	if err != nil {
		return nil, err
	}
	var o graph.Options
	if sgd != nil {
		o.Training = &graph.Training{
			Smoothing: loss.Smoothing,
			Momentum:  sgd.Momentum, WeightDecay: sgd.WeightDecay, Nesterov: sgd.Nesterov, DecayAll: sgd.DecayAll,
			Moving: sgd.Moving(),
		}
	}
	e, err := d.Open(g, o)
	if err != nil {
		return nil, err
	}
	h := host(net, sgd)
	h.Grads = nil
	if err := e.Push(h); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// On has all passes run on a device from now on, by an executor that Open returned for the trainer's network, which Close closes.
func (t *Trainer) On(e graph.Executor) {
	t.executor = e
	t.background = &background{executor: e, jobs: make(chan job), done: make(chan error)}
	for i := range t.batches {
		t.batches[i] = newBatch(t.net.In)
		if m, ok := e.(graph.HostMemory); ok {
			if x, err := m.HostMemory(t.net.In.Len()); err == nil { // else slower
				t.batches[i].x.Data = x
			}
		}
	}
	go t.background.serve()
}

// Executor is what the passes run on, for Checkpoint.
func (t *Trainer) Executor() graph.Executor { return t.executor }

// Pull copies parameters, gradients, buffers and velocity from the device to the network and the optimizer, where there is a device.
func (t *Trainer) Pull() error { return t.executor.Pull(host(t.net, t.cpu.sgd)) }

// background runs the passes of a device while the workers make the next batch.
type background struct {
	executor graph.Executor
	jobs     chan job
	done     chan error
}

// job is a call of Step or, where out is not nil, of Infer.
type job struct {
	step   graph.Step
	result graph.Result
	out    []float32
}

func (j *job) run(e graph.Executor) error {
	if j.out != nil {
		return e.Infer(j.out, j.step.Images)
	}
	return e.Step(j.step, j.result)
}

func (b *background) serve() {
	for j := range b.jobs {
		b.done <- j.run(b.executor)
	}
}

// pass runs a job on the batch at hand. On a device it loads the batch that begins at next of the same pass meanwhile, of n images;
// none where n is 0.
func (t *Trainer) pass(c *nn.Context, j job, next, n int) error {
	t.cpu.c = c
	if t.background == nil {
		return j.run(t.executor)
	}
	t.background.jobs <- j
	if n > 0 {
		b := &t.batches[1-t.turn]
		b.err = t.load(c, b, t.batches[t.turn].loader, next, n)
	}
	return <-t.background.done
}

// batch returns the batch of n images that begins at from of a loader's pass: the one that was loaded while the last pass ran, or one that
// it loads now.
func (t *Trainer) batch(c *nn.Context, l loader, from, n int) (*batch, error) {
	if t.background != nil {
		t.turn = 1 - t.turn
	}
	b := &t.batches[t.turn]
	if b.loader != l || b.from != from || b.x.N != n {
		b.err = t.load(c, b, l, from, n)
	}
	return b, b.err
}
