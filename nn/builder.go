package nn

import (
	"fmt"
	"math"

	"cenet/nn/kernel"
	"cenet/nn/stream"
)

// A Param is a learned array with its gradient.
type Param struct {
	Path  string
	Shape []int // row-major
	Decay bool  // weight decay applies: weights, not biases and not what normalisation scales and shifts by
	Data  []float32
	Grad  []float32
	init  Init
}

// A Buffer is an array that training moves without a gradient: running statistics.
type Buffer struct {
	Path  string
	Shape []int // row-major
	Data  []float32
	fill  func([]float32)
}

// A Builder collects the parameters and buffers that the constructors of layers ask for.
type Builder struct {
	params  []*Param
	buffers []*Buffer
	paths   map[string]bool
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder { return &Builder{paths: map[string]bool{}} }

// Param adds a parameter. Its memory comes with Build. It panics if the path is taken or an axis of the shape has no elements.
func (b *Builder) Param(path string, decay bool, init Init, shape ...int) *Param {
	b.claim(path, shape...)
	p := &Param{Path: path, Shape: shape, Decay: decay, init: init}
	b.params = append(b.params, p)
	return p
}

// Buffer adds a buffer that fill sets at the start. Its memory comes with Build. It panics if the path is taken or an axis of the shape has
// no elements.
func (b *Builder) Buffer(path string, fill func([]float32), shape ...int) *Buffer {
	b.claim(path, shape...)
	v := &Buffer{Path: path, Shape: shape, fill: fill}
	b.buffers = append(b.buffers, v)
	return v
}

// Adopt takes over the parameters and buffers of another builder. It panics if a path is taken.
func (b *Builder) Adopt(other *Builder) {
	for path := range other.paths {
		b.claim(path)
	}
	b.params = append(b.params, other.params...)
	b.buffers = append(b.buffers, other.buffers...)
}

func (b *Builder) claim(path string, shape ...int) {
	if b.paths[path] {
		panic("nn: two parameters or buffers are called " + path)
	}
	for _, n := range shape {
		if n < 1 {
			panic(fmt.Sprintf("nn: %s has the shape %v, expected positive numbers", path, shape))
		}
	}
	b.paths[path] = true
}

// Size is the number of elements of a shape.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

// An Init sets a parameter to its value before training, drawing from the stream given.
type Init func(data []float32, s *stream.Stream)

// Constant is an Init that sets every element to v.
func Constant(v float32) Init { return func(data []float32, _ *stream.Stream) { kernel.Fill(data, v) } }

// Normal is an Init that draws from a normal distribution of mean 0 and the given standard deviation.
func Normal(sd float64) Init {
	return func(data []float32, s *stream.Stream) {
		for i := range data {
			data[i] = float32(sd * s.Normal())
		}
	}
}

// Uniform is an Init that draws from the interval (−bound, bound).
func Uniform(bound float64) Init {
	return func(data []float32, s *stream.Stream) {
		for i := range data {
			data[i] = float32(bound * (2*s.Float64() - 1))
		}
	}
}

// He is Normal with variance 2/fan, which keeps the variance of activations (fan in) or of gradients (fan out) through a
// convolution and a ReLU.
//
// References:
//
//	He et al.: Delving deep into rectifiers (2015), section 2.2.
func He(fan int) Init { return Normal(math.Sqrt(2 / float64(fan))) }

// Options of Build.
type Options struct {
	Seed      uint64
	Workers   int  // workers of the Context in which the network will run, at least 1
	Inference bool // no Backward: less memory, and what follows a convolution is folded into it
	InputGrad bool // Backward returns the gradient with respect to the input
	Lazy      bool // memory for passes is reserved by the first one: it may be that they all run on a device
	Precision Precision
}

// A Precision is what the products of layers round their operands to. They always sum in float32.
type Precision int

const (
	// Float32 rounds nothing.
	Float32 Precision = iota
	// BFloat16 rounds operands of Conv, unless it is depthwise, and of Linear, forward and backward: see kernel.NewBFloatConv. Everything
	// else is as in Float32: parameters and their gradients, the optimizer, normalisation, losses, and the products within channel blocks.
	BFloat16
)

var precisionNames = [...]string{"float32", "bf16"}

func (p Precision) String() string { return precisionNames[p] }

// PrecisionNames are the names of all precisions.
func PrecisionNames() []string { return precisionNames[:] }

// PrecisionNamed returns the precision of a name, Float32 of the empty one; it panics if there is no such name.
func PrecisionNamed(name string) Precision {
	for p, s := range precisionNames {
		if s == name || name == "" {
			return Precision(p)
		}
	}
	panic("nn: no precision is called " + name)
}

// Build plans the memory of the network that root makes of images of the shape given, sets its parameters to their initial
// values, each from a random stream of its own derived from the seed and its path, and returns it. The error names the
// layer that a shape does not fit, or whose settings are not possible.
func (b *Builder) Build(root Layer, in Shape, o Options) (net *Network, err error) {
	p := &Plan{Workers: max(1, o.Workers), Training: !o.Inference, Precision: o.Precision}
	out, err := p.network(root, in, !o.InputGrad)
	if err != nil {
		return nil, err
	}
	net = b.Parameters(o)
	net.workers = p.Workers
	net.Root, net.In, net.Out, net.Layers, net.prepare = root, in, out.Shape, p.layers, p.prepare
	net.Precision = o.Precision
	net.Memory = 4 * (p.place() + p.largest + len(net.data) + len(net.grad) + len(net.state))
	net.reserve = p.bind
	if !o.Lazy {
		net.Reserve()
	}
	return net, nil
}

// Parameters returns a network that has the parameters and buffers of the layers made so far, with the initial values that Build gives
// them, and no layers. They can be read from files and written, whatever size of images the layers are for; passes panic.
func (b *Builder) Parameters(o Options) *Network {
	net := &Network{Buffers: b.buffers}
	for _, decay := range []bool{true, false} {
		for _, v := range b.params {
			if v.Decay == decay {
				net.Params = append(net.Params, v)
			}
		}
		if decay {
			net.decayed = len(net.Params)
		}
	}
	net.place(o)
	for _, v := range net.Params {
		s := stream.New(o.Seed, "init "+v.Path)
		v.init(v.Data, &s)
	}
	for _, v := range net.Buffers {
		v.fill(v.Data)
	}
	return net
}

// Describe returns the rows of the summary and the parameters without reserving any memory.
func (b *Builder) Describe(root Layer, in Shape) (layers []LayerInfo, params []*Param, err error) {
	p := &Plan{Workers: 1, Training: true, rowsOnly: true} // in training nothing is folded
	if _, err := p.network(root, in, true); err != nil {
		return nil, nil, err
	}
	return p.layers, b.params, nil
}

// Params returns the parameters of the layers made so far, in their order. They have no memory before Build.
func (b *Builder) Params() []*Param { return b.params }

// Count returns how many values the parameters of the layers made so far have, and how many the buffers.
func (b *Builder) Count() (params, buffers int) {
	for _, p := range b.params {
		params += Size(p.Shape)
	}
	for _, k := range b.buffers {
		buffers += Size(k.Shape)
	}
	return params, buffers
}

// Measure returns the bytes of all slabs that Build would reserve, without reserving any; where Lazy, of those for passes none.
func (b *Builder) Measure(root Layer, in Shape, o Options) (bytes int, err error) {
	p := &Plan{Workers: max(1, o.Workers), Training: !o.Inference, Precision: o.Precision}
	if _, err := p.network(root, in, !o.InputGrad); err != nil {
		return 0, err
	}
	floats := 0
	if !o.Lazy {
		floats = p.place() + p.largest
	}
	for _, v := range b.params {
		floats += kernel.AlignUp(Size(v.Shape))
		if !o.Inference {
			floats += kernel.AlignUp(Size(v.Shape))
		}
	}
	for _, v := range b.buffers {
		floats += kernel.AlignUp(Size(v.Shape))
	}
	return 4 * floats, nil
}

func (p *Param) String() string { return fmt.Sprintf("%s %v", p.Path, p.Shape) }
