package nn

import "cenet/nn/kernel"

// A Layer is a differentiable function of one activation, with parameters of its own.
//
// The calls come in this order: Plan once; then, for each step, Forward and, in training, Backward. A network of training
// shape may be given fewer images than planned for, never more.
type Layer interface {
	// Plan takes the input, reserves in p the memory that the passes need, reports the layer's cost, and returns the
	// output. It fails by p.Failf where the shape does not fit.
	Plan(p *Plan, x Value) Value

	// Forward computes the output of x. In training (c.Train) it uses the statistics of the batch, moves running
	// averages, and keeps what Backward needs; x and the output stay as they are until then, unless a later layer
	// reuses their memory (Plan.InPlace).
	Forward(c *Context, x Tensor) Tensor

	// Backward takes the gradient with respect to the output of the last Forward, which must have been in training, adds
	// the gradients of the parameters to theirs, and returns that with respect to x (without Data where the plan says that
	// it is not needed). It may overwrite dy.
	Backward(c *Context, dy Tensor) Tensor
}

// A Context is what a pass runs in. One network runs in one Context at a time.
type Context struct {
	Train bool
	Pool  *kernel.WorkerPool

	// Random is of a step of training: what is random in it follows from seed and step; where Off, nothing is, and dropout drops nothing.
	Random struct {
		Seed, Step uint64
		Off        bool
	}

	checkingFinite bool   // for an output that is not finite
	notFinite      string // path of the first layer with one
}

// NewContext makes a context with a pool of the given number of workers (0: one for each processor). Close it after use.
func NewContext(workers int) *Context { return &Context{Pool: kernel.NewWorkerPool(workers)} }

// Close ends the workers.
func (c *Context) Close() { c.Pool.Close() }

// Run does all parts of a pass.
func (c *Context) Run(parts int, t kernel.Task) { c.Pool.Run(parts, t) }
