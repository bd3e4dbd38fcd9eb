package graph

// A Builder makes a Graph, one operation after the other. Its methods take operations without the values that they write, which they
// set; they panic where shapes do not fit, which the plan of a network has checked.
type Builder struct {
	g    Graph
	path string
}

// NewBuilder returns a builder of a graph whose input has the shape given.
func NewBuilder(in Shape) *Builder {
	b := &Builder{}
	b.g.In = b.value(in)
	return b
}

// Layer names the layer that the operations to come belong to.
func (b *Builder) Layer(path string) { b.path = path }

// Ops are the operations so far.
func (b *Builder) Ops() []Op { return b.g.Ops }

// Info is what is known of a value.
func (b *Builder) Info(v Value) Info { return b.g.Values[v] }

// Append adds an operation of a type of the caller's, whose output has the shape s; y is the field that names it.
func (b *Builder) Append(o Op, s Shape, y *Value) Value { return b.shaped(o, s, y) }

// Shape is that of a value.
func (b *Builder) Shape(v Value) Shape { return b.g.Values[v].Shape }

// Tap names a value.
func (b *Builder) Tap(path string, v Value) { b.g.Taps = append(b.g.Taps, Tap{path, v}) }

// Graph returns what was built, with out for its output; its slabs are the caller's to set.
func (b *Builder) Graph(out Value) *Graph {
	g := b.g
	g.Out = out
	return &g
}

func (b *Builder) value(s Shape) Value {
	b.g.Values = append(b.g.Values, Info{Shape: s})
	return Value(len(b.g.Values) - 1)
}

func (b *Builder) statistic(s Shape) Value {
	v := b.value(s)
	b.g.Values[v].Statistic = true
	return v
}

func (b *Builder) add(o Op) {
	b.g.Ops = append(b.g.Ops, o)
	b.g.Paths = append(b.g.Paths, b.path)
}

// Misfit is what a Builder panics with where shapes do not fit.
const Misfit = "graph: shapes do not fit"

// need panics where shapes do not fit.
func need(ok bool) {
	if !ok {
		panic(Misfit)
	}
}

// keep adds an operation whose output y has the shape of x, and is fixed where x is.
func (b *Builder) keep(o Op, x Value, y *Value) Value {
	b.shaped(o, b.Shape(x), y)
	b.g.Values[*y].Fixed = b.g.Values[x].Fixed
	return *y
}

// shaped adds an operation whose output y has the shape s.
func (b *Builder) shaped(o Op, s Shape, y *Value) Value {
	*y = b.value(s)
	b.add(o)
	return *y
}

// windows is the shape of so many channels at every place of a window.
func (b *Builder) windows(x Value, size, stride, pad, channels int) Shape {
	s := b.Shape(x)
	need(s.H+2*pad >= size && s.W+2*pad >= size)
	return Shape{s.N, (s.H+2*pad-size)/stride + 1, (s.W+2*pad-size)/stride + 1, channels}
}

// Conv convolves to so many channels.
func (b *Builder) Conv(o Conv, channels int) Value {
	need(o.Groups > 0 && b.Shape(o.X).C%o.Groups == 0 && channels%o.Groups == 0)
	return b.shaped(&o, b.windows(o.X, o.Kernel, o.Stride, o.Pad, channels), &o.Y)
}

// Linear multiplies to so many channels.
func (b *Builder) Linear(o Linear, channels int) *Linear {
	s := b.Shape(o.X)
	need(s.Pixels() == 1)
	b.shaped(&o, Shape{s.N, 1, 1, channels}, &o.Y)
	return &o
}

// BatchNorm normalises; the operation returned is what Variance.Norm takes.
func (b *Builder) BatchNorm(o BatchNorm) *BatchNorm {
	b.keep(&o, o.X, &o.Y)
	return &o
}

// LayerNorm normalises the channels of every pixel.
func (b *Builder) LayerNorm(o LayerNorm) *LayerNorm {
	b.keep(&o, o.X, &o.Y)
	return &o
}

// GroupNorm normalises groups.
func (b *Builder) GroupNorm(o GroupNorm) Value {
	need(b.Shape(o.X).C%o.Groups == 0)
	return b.keep(&o, o.X, &o.Y)
}

// The operations that keep the shape.

func (b *Builder) Bias(o Bias) Value               { return b.keep(&o, o.X, &o.Y) }
func (b *Builder) Clamp(o Clamp) Value             { return b.keep(&o, o.X, &o.Y) }
func (b *Builder) Leaky(o Leaky) Value             { return b.keep(&o, o.X, &o.Y) }
func (b *Builder) ELU(o ELU) Value                 { return b.keep(&o, o.X, &o.Y) }
func (b *Builder) ChannelConv(o ChannelConv) Value { return b.keep(&o, o.X, &o.Y) }
func (b *Builder) Sigmoid(x Value) Value           { o := Sigmoid{X: x}; return b.keep(&o, x, &o.Y) }
func (b *Builder) Dropout(o Dropout) Value         { return b.keep(&o, o.X, &o.Y) }

// Add adds two values of one shape.
func (b *Builder) Add(x, y Value) Value {
	need(b.Shape(x) == b.Shape(y))
	o := Add{A: x, B: y}
	return b.keep(&o, x, &o.Y)
}

// MaxPool takes the largest.
func (b *Builder) MaxPool(o MaxPool) Value {
	return b.shaped(&o, b.windows(o.X, o.Size, o.Stride, o.Pad, b.Shape(o.X).C), &o.Y)
}

// AvgPool takes the mean.
func (b *Builder) AvgPool(o AvgPool) Value {
	return b.shaped(&o, b.windows(o.X, o.Size, o.Stride, o.Pad, b.Shape(o.X).C), &o.Y)
}

// GlobalPool takes the mean over the image.
func (b *Builder) GlobalPool(x Value) Value {
	s, o := b.Shape(x), GlobalPool{X: x}
	return b.shaped(&o, Shape{s.N, 1, 1, s.C}, &o.Y)
}

// Scale multiplies the channels of each image.
func (b *Builder) Scale(x, a Value) Value {
	s := b.Shape(x)
	need(b.Shape(a) == Shape{s.N, 1, 1, s.C})
	o := Scale{X: x, A: a}
	return b.keep(&o, x, &o.Y)
}

// Slice takes so many channels from the first given on.
func (b *Builder) Slice(x Value, first, channels int) Value {
	s, o := b.Shape(x), Slice{X: x, First: first}
	need(first >= 0 && first+channels <= s.C)
	s.C = channels
	return b.shaped(&o, s, &o.Y)
}

// Interleave interleaves the channels of two values of one shape.
func (b *Builder) Interleave(x, y Value) Value {
	s, o := b.Shape(x), Interleave{A: x, B: y}
	need(s == b.Shape(y))
	s.C *= 2
	return b.shaped(&o, s, &o.Y)
}

// Flatten makes one pixel of an image.
func (b *Builder) Flatten(x Value) Value {
	s, o := b.Shape(x), Flatten{X: x}
	return b.shaped(&o, Shape{s.N, 1, 1, s.Pixels() * s.C}, &o.Y)
}

// Covariance takes mean and covariance.
func (b *Builder) Covariance(o Covariance) *Covariance {
	c := b.Shape(o.X).C
	need(o.G > 0 && c%o.G == 0)
	o.Mean, o.Sigma = b.statistic(Shape{1, 1, 1, c}), b.statistic(Shape{c / o.G, o.G, o.G, 1})
	b.add(&o)
	return &o
}

// Newton iterates.
func (b *Builder) Newton(o Newton) *Newton {
	o.P = b.statistic(b.Shape(o.Sigma))
	b.add(&o)
	return &o
}

// Recall moves a running average, or recalls it.
func (b *Builder) Recall(o Recall) *Recall {
	o.Y = b.statistic(b.Shape(o.X))
	b.add(&o)
	return &o
}

// Variance takes the variance of channels within images.
func (b *Builder) Variance(o Variance) *Variance {
	s := b.Shape(o.X)
	b.shaped(&o, Shape{s.N, 1, 1, s.C}, &o.V)
	return &o
}

// RootMean takes the root of the mean.
func (b *Builder) RootMean(o RootMean) *RootMean {
	o.S = b.statistic(Shape{1, 1, 1, 1})
	b.add(&o)
	return &o
}

// Lambda is a number between 0 and 1.
func (b *Builder) Lambda(o Lambda) *Lambda {
	o.Y = b.statistic(Shape{1, 1, 1, 1})
	b.add(&o)
	return &o
}

// Mix applies the block of Channel Equilibrium.
func (b *Builder) Mix(o Mix) Value { return b.keep(&o, o.X, &o.Y) }
