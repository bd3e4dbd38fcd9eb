package graph

// An Executor runs the graph of one network: on the CPU in package train, or on a device. One call runs at a time, and each returns
// when its results are on the host. An executor has parameters, gradients, buffers and velocity of its own; Push and Pull copy them.
// A steady Infer or Step allocates nothing on the host.
type Executor interface {
	// Infer computes, in evaluation, the output of the first len(images)/size images, size being the floats of one, and writes it to out.
	Infer(out, images []float32) error

	// Step sets gradients to 0 and runs a step of training on a whole batch: forward, loss, backward, SGD. Where the loss of an image is
	// not finite, no parameter and no velocity moves (buffers have).
	Step(s Step, r Result) error

	// Push copies what is not nil of the host's slabs to the executor, Pull the other way.
	Push(h Host) error
	Pull(h Host) error

	// FirstNotFinite runs the images forward, in training (buffers move) or evaluation as the last Step or Infer did, and returns
	// Graph.Paths of the first operation with an output that is not finite; "" where all are finite.
	FirstNotFinite(images []float32) (path string, err error)

	Close() error
}

// HostMemory is what an executor may offer as well: memory of the host, for images, from which it reads faster. It lives until Close.
type HostMemory interface {
	HostMemory(floats int) ([]float32, error)
}

// Step is what a step of training is given.
type Step struct {
	Images []float32 // (N, H, W, C)
	Labels []int     // (N)
	Seed   uint64    // with Number, of what is random
	Number uint64
	LR     float32
}

// Result is what a step returns: of each image its loss, and how many classes scored at least as much as the label (kernel.RankOf).
type Result struct {
	Losses []float64 // (N)
	Ranks  []int     // (N)
}

// Host is memory of the host with the layout of the graph's slabs. Velocity[0] goes with the first Decayed floats of Params,
// Velocity[1] with the rest. What is nil does not take part.
type Host struct {
	Params, Grads, Buffers []float32
	Velocity               [2][]float32
}

// Training says how an executor trains: softmax cross-entropy with label smoothing, averaged over the batch (kernel.SoftmaxCrossEntropy),
// and SGD (kernel.SGD), whose weight decay is of the first Graph.Decayed parameters, or of all with DecayAll.
type Training struct {
	Smoothing             float32
	Momentum, WeightDecay float32
	Nesterov, DecayAll    bool
	// Moving are the parts of the slabs of Host.Velocity that SGD moves: the first float of each, and the one after its last. The rest is
	// frozen.
	Moving [2][][2]int
}

// Options of Device.Open.
type Options struct {
	Training  *Training // nil: for Infer alone
	InputGrad bool      // Passes.Backward returns the gradient of the input
}

// Passes are the two halves of a step, which executors offer for tests.
type Passes interface {
	// Forward runs the images, a whole batch in training, and returns the output, valid until the next call.
	Forward(images []float32, r Random) (out []float32, err error)
	// Backward takes the gradient of the output of the last Forward, which must have been in training, adds those of the parameters, and
	// returns that of the input: nil without Options.InputGrad.
	Backward(dout []float32) (din []float32, err error)
	// ZeroGrad sets all gradients to 0.
	ZeroGrad() error
}

// Random is what a forward pass needs to know of its step: whether it is in training, and what is random in it follows from.
type Random struct {
	Train        bool
	Seed, Number uint64
	Off          bool // Dropout drops nothing
}

// A Device is something that runs graphs, such as a GPU.
type Device interface {
	Info() DeviceInfo
	// Open compiles and reserves what the graph needs. The error is one line that says what is missing and what to do.
	Open(g *Graph, o Options) (Executor, error)
}

// DeviceInfo describes a device.
type DeviceInfo struct {
	Name       string // as its driver calls it
	Platform   string // of the driver, with its version
	GPU        bool   // not a CPU
	Memory     int64  // bytes
	Arithmetic string // as kernel.Arithmetic: "fused" where results have the bits of the CPU's assembly, else a name of its own
}
