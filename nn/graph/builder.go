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

// windows is the shape of the given number of channels at every place of a window.
func (b *Builder) windows(x Value, size, stride, pad, channels int) Shape {
	s := b.Shape(x)
	need(s.H+2*pad >= size && s.W+2*pad >= size)
	return Shape{s.N, (s.H+2*pad-size)/stride + 1, (s.W+2*pad-size)/stride + 1, channels}
}
