package nn

import (
	"strings"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// A Node is a value in the list of operations of a composed layer. Its shape is (N, H, W, C), where H and W, C, or all three may be 1:
// operations on two values repeat the smaller one. A parameter of n numbers has the shape (1, 1, 1, n) and is repeated over the images.
type Node struct {
	value graph.Value
	row   // of a parameter, where that is not nil
}

// row is n numbers of a parameter, from the first given on.
type row struct {
	param    *Param
	first, n int
}

// Ops are the operations of a composed layer. In their comments x is (N, H, W, C).
type Ops struct {
	layer    *Composed
	graph    *graph.Builder
	param    func(p *Param) graph.Param
	rows     map[row]graph.Value // values of parameters
	make     *Builder            // of parameters and layers, the first time
	plan     *Plan               // else
	lowering *Lowering           // the network's
}

// value is the number of a node in the graph.
func (o *Ops) value(x Node) graph.Value {
	if x.param == nil {
		return x.value
	}
	v, ok := o.rows[x.row]
	if !ok {
		v = o.graph.Parameter(o.param(x.param), x.first, x.n)
		o.rows[x.row] = v
	}
	return v
}

// do adds an operation that read the values of some nodes; the error where they do not fit names it.
func (o *Ops) do(name string, add func(v []graph.Value) graph.Value, nodes ...Node) Node {
	values, shapes := make([]graph.Value, len(nodes)), make([]string, len(nodes))
	for i, n := range nodes {
		values[i] = o.value(n)
		shapes[i] = Shape(o.graph.Shape(values[i])).String()
	}
	defer func() {
		switch v := recover(); v {
		case nil:
		case graph.Misfit:
			o.fail("%s does not fit %s", name, strings.Join(shapes, " and "))
		default:
			panic(v)
		}
	}()
	return Node{value: add(values)}
}

// Param declares a parameter under a name of the layer's own, with a shape, an initial value, and whether weight decay applies to it. Most
// operations read it as (1, 1, 1, n), n being its size; Linear and ChannelConv take it as their weight.
func (o *Ops) Param(name string, decay bool, init Init, shape ...int) Node {
	p := o.layer.params[name]
	if p == nil {
		p = o.new().Param(o.layer.path+"/"+name, decay, init, shape...)
		o.layer.params[name] = p
	}
	return Node{row: row{p, 0, Size(p.Shape)}}
}

// new is the builder of what the list declares for the first time.
func (o *Ops) new() *Builder {
	if o.make == nil {
		panic("nn: the list of " + o.layer.path + " declares something else than the last time")
	}
	return o.make
}

// Row is row i of a parameter of shape (rows, n).
func (o *Ops) Row(w Node, i int) Node {
	n := w.param.Shape[len(w.param.Shape)-1]
	if (i+1)*n > Size(w.param.Shape) {
		o.fail("no row %d of %v", i, w.param)
	}
	return Node{row: row{w.param, i * n, n}}
}

// Shape is that of a value. N is 1 for what is made of parameters alone.
func (o *Ops) Shape(x Node) Shape { return Shape(o.graph.Shape(o.value(x))) }

// Add is x + y, the smaller repeated.
func (o *Ops) Add(x, y Node) Node {
	return o.do("Add", func(v []graph.Value) graph.Value {
		if o.graph.Info(v[0]) == o.graph.Info(v[1]) {
			return o.graph.Add(v[0], v[1])
		}
		return o.graph.Plus(v[0], v[1])
	}, x, y)
}

// Mul is x·y element by element, the smaller repeated.
func (o *Ops) Mul(x, y Node) Node {
	return o.do("Mul", func(v []graph.Value) graph.Value {
		for range 2 {
			s, t := o.graph.Info(v[0]), o.graph.Info(v[1])
			if !s.Fixed && !t.Fixed && s.Pixels() > 1 && t.Pixels() == 1 && s.C == t.C {
				return o.graph.Scale(v[0], v[1])
			}
			v[0], v[1] = v[1], v[0]
		}
		return o.graph.Multiply(v[0], v[1])
	}, x, y)
}

// Scale is x·a, where a (N, 1, 1, C) has one number for each image and channel. Unlike Mul it gives the same bits on images of one pixel as
// on larger ones where a is made of the mean of x: see graph.Pooled.
func (o *Ops) Scale(x, a Node) Node {
	return o.do("Scale", func(v []graph.Value) graph.Value { return o.graph.Scale(v[0], v[1]) }, x, a)
}

// Mean is the mean of each channel over the pixels: (N, 1, 1, C).
func (o *Ops) Mean(x Node) Node {
	return o.do("Mean", func(v []graph.Value) graph.Value { return o.graph.GlobalPool(v[0]) }, x)
}

// Sum is the sum of each channel over the pixels: (N, 1, 1, C).
func (o *Ops) Sum(x Node) Node { return o.reduce("Sum", x, graph.Sum, false) }

// Max is the largest value of each channel over the pixels: (N, 1, 1, C).
func (o *Ops) Max(x Node) Node { return o.reduce("Max", x, graph.Max, false) }

// ChannelMean is the mean of each pixel over the channels: (N, H, W, 1).
func (o *Ops) ChannelMean(x Node) Node { return o.reduce("ChannelMean", x, graph.Mean, true) }

// ChannelSum is the sum of each pixel over the channels: (N, H, W, 1).
func (o *Ops) ChannelSum(x Node) Node { return o.reduce("ChannelSum", x, graph.Sum, true) }

// ChannelMax is the largest value of each pixel over the channels: (N, H, W, 1).
func (o *Ops) ChannelMax(x Node) Node { return o.reduce("ChannelMax", x, graph.Max, true) }

func (o *Ops) reduce(name string, x Node, take graph.Reduction, channels bool) Node {
	return o.do(name, func(v []graph.Value) graph.Value {
		return o.graph.Reduce(v[0], take, channels)
	}, x)
}

// Variance is the variance of each channel over the pixels, (N, 1, 1, C): the squared deviations from the mean, summed and divided by the
// number of pixels − 1, or 0 of one pixel.
func (o *Ops) Variance(x Node) Node {
	return o.do("Variance", func(v []graph.Value) graph.Value {
		s := o.graph.Shape(v[0])
		cut := graph.Cut{Rows: kernel.ImageSegments(s.N, s.Pixels(), s.C).Size, PerImage: true}
		return o.graph.Variance(graph.Variance{X: v[0], Cut: cut}).V
	}, x)
}

// Std is √(Variance(x) + epsilon).
func (o *Ops) Std(x Node, epsilon float64) Node { return o.Sqrt(o.Variance(x), epsilon) }

// Sqrt is √(x + epsilon).
func (o *Ops) Sqrt(x Node, epsilon float64) Node { return o.root("Sqrt", x, epsilon, false) }

// Rsqrt is 1/√(x + epsilon).
func (o *Ops) Rsqrt(x Node, epsilon float64) Node { return o.root("Rsqrt", x, epsilon, true) }

func (o *Ops) root(name string, x Node, epsilon float64, inverse bool) Node {
	return o.do(name, func(v []graph.Value) graph.Value {
		return o.graph.Root(v[0], epsilon, inverse)
	}, x)
}

// Sigmoid is 1/(1 + exp(−x)).
func (o *Ops) Sigmoid(x Node) Node {
	return o.do("Sigmoid", func(v []graph.Value) graph.Value { return o.graph.Sigmoid(v[0]) }, x)
}

// Tanh is the hyperbolic tangent.
func (o *Ops) Tanh(x Node) Node {
	return o.do("Tanh", func(v []graph.Value) graph.Value { return o.graph.Tanh(v[0]) }, x)
}

// ReLU is max(x, 0).
func (o *Ops) ReLU(x Node) Node {
	return o.do("ReLU", func(v []graph.Value) graph.Value {
		return o.graph.Clamp(v[0], noCeiling)
	}, x)
}

// Softmax is exp(x)/Σexp(x) for each channel, the sum being over the pixels of an image.
func (o *Ops) Softmax(x Node) Node {
	return o.do("Softmax", func(v []graph.Value) graph.Value { return o.graph.Softmax(v[0]) }, x)
}

// Concat has the channels of x, then those of y.
func (o *Ops) Concat(x, y Node) Node {
	return o.do("Concat", func(v []graph.Value) graph.Value { return o.graph.Concat(v[0], v[1]) }, x, y)
}

// Linear is x·w + bias for x of one pixel, w being a parameter of shape (C, out) and bias one of shape (out), or Node{} for none.
func (o *Ops) Linear(x, w, bias Node) Node {
	return o.do("Linear", func(v []graph.Value) graph.Value {
		in, ok := o.graph.Info(v[0]), w.param != nil && len(w.param.Shape) == 2 && w.param.Shape[0] == o.graph.Shape(v[0]).C
		if !ok || in.Fixed {
			o.fail("Linear takes a parameter of shape (%d, out) for its weight", in.C)
		}
		l := graph.Linear{Weight: o.param(w.param), Bias: graph.None}
		if bias.param != nil {
			l.Bias = o.param(bias.param)
		}
		return o.graph.Linear(v[0], l, w.param.Shape[1]).Y
	}, x)
}

// ChannelConv convolves the channels of x, of one pixel, with w, a parameter of an odd number of weights, with zeros beyond both ends.
func (o *Ops) ChannelConv(x, w Node) Node {
	return o.do("ChannelConv", func(v []graph.Value) graph.Value {
		if s := o.graph.Info(v[0]); w.param == nil || w.n%2 == 0 || s.Pixels() > 1 || s.Fixed {
			panic(graph.Misfit)
		}
		return o.graph.ChannelConv(v[0], o.param(w.param))
	}, x)
}

// LayerNorm normalises the channels of every pixel and multiplies them by gamma and adds beta, parameters of shape (C).
func (o *Ops) LayerNorm(x, gamma, beta Node, epsilon float64) Node {
	return o.do("LayerNorm", func(v []graph.Value) graph.Value {
		if s := o.graph.Info(v[0]); gamma.n != s.C || beta.n != s.C || s.Fixed {
			panic(graph.Misfit)
		}
		return o.graph.LayerNorm(v[0], graph.LayerNorm{Gamma: o.param(gamma.param), Beta: o.param(beta.param), Epsilon: epsilon}).Y
	}, x)
}

// Conv convolves x with a weight declared under the name given, without bias: see NewConv.
func (o *Ops) Conv(name string, x Node, s ConvSpec) Node {
	return o.Layer(name, x, func(b *Builder, path string) Layer { return NewConv(b, path, s) })
}

// Bias adds to every channel a number of its own, declared under the name given: see NewBias.
func (o *Ops) Bias(name string, x Node) Node {
	return o.Layer(name, x, func(b *Builder, path string) Layer { return NewBias(b, path, o.Shape(x).C) })
}

// BatchNorm normalises x over all images and pixels, with parameters and running averages declared under the name given: see NewBatchNorm.
func (o *Ops) BatchNorm(name string, x Node, gamma float32) Node {
	return o.Layer(name, x, func(b *Builder, path string) Layer { return NewBatchNorm(b, path, o.Shape(x).C, gamma) })
}

// Layer applies a layer to x, which make makes the first time, under the name given.
func (o *Ops) Layer(name string, x Node, make func(b *Builder, path string) Layer) Node {
	l := o.layer.layers[name]
	if l == nil {
		l = make(o.new(), o.layer.path+"/"+name)
		o.layer.layers[name] = l
	}
	if _, linear := l.(*Linear); linear {
		panic("nn: " + o.layer.path + ": use Linear of the operations") // whose gradient is divided as it is computed: see graph.Pooled
	}
	v := o.value(x)
	if o.graph.Info(v).Fixed {
		o.fail("%s takes images, not parameters", name)
	}
	if o.lowering != nil {
		y := o.lowering.Part(l, v)
		o.lowering.Layer(o.layer.path)
		return Node{value: y}
	}
	p := &Plan{Workers: 1, Training: true, path: o.plan.path, rowsOnly: true} // for the shape alone
	y := l.Plan(p, Value{Shape: Shape(o.graph.Shape(v)), fixed: true, shared: true})
	op := &layerOp{layer: l, x: v}
	return Node{value: o.graph.Append(op, graph.Shape(y.Shape), &op.y)}
}

// layerOp is a layer among the operations of a composed one.
type layerOp struct {
	layer Layer
	x, y  graph.Value
}

func (o *layerOp) Reads() []graph.Value   { return []graph.Value{o.x} }
func (o *layerOp) Writes() []graph.Value  { return []graph.Value{o.y} }
func (o *layerOp) Weights() []graph.Param { return nil }
