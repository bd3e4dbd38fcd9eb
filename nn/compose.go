package nn

import (
	"fmt"

	"cenet/nn/graph"
)

// Composed is a layer made of operations: see Compose.
type Composed struct {
	kind, path string
	channels   int
	list       func(o *Ops, x Node) Node

	params   map[string]*Param // by the names in list
	layers   map[string]Layer
	order    []*Param     // by graph.Param of the recorded operations
	replayed *graph.Graph // used instead of the list: see Replay
	epilogue Epilogue
	run      *composedRun
}

// Compose returns the layer that list describes: a function that takes a value x of shape (N, H, W, channels), calls operations of o on it
// and on what they return, and returns the output. Values may be read any number of times. Gradients, the reuse of memory, costs, and what
// runs on a device and in float64 follow from the list.
//
// Parameters are declared in the list, under names of its own: path/name in the network. The list is called several times, on images of
// different sizes, and must call the same operations each time. Kind is the word for the layer in a summary.
//
// The layer runs on the CPU and on a device with the same bits. It allocates nothing in a step. Compose panics where the operations do not
// fit each other; sizes of images that do not fit are an error of Build.
func Compose(b *Builder, kind, path string, channels int, list func(o *Ops, x Node) Node) *Composed {
	l := &Composed{kind: kind, path: path, channels: channels, list: list, params: map[string]*Param{}, layers: map[string]Layer{}}
	rehearse := &Plan{path: path, rowsOnly: true}
	defer func() {
		switch v := recover().(type) {
		case nil:
		case planError:
			panic("nn: " + v.Error())
		default:
			panic(v)
		}
	}()
	l.record(b, rehearse, Shape{2, 8, 8, channels})
	return l
}

// record runs the list on images of the shape given, and returns its operations and their output. New parameters and layers are made with
// b, which is nil when all have been made.
func (l *Composed) record(b *Builder, p *Plan, in Shape) (g *graph.Graph) {
	if l.replayed != nil {
		return l.replayed
	}
	l.order = nil
	o := &Ops{layer: l, graph: graph.NewBuilder(graph.Shape(in)), make: b, plan: p, rows: map[row]graph.Value{}}
	o.param = func(p *Param) graph.Param {
		for i, q := range l.order {
			if p == q {
				return graph.Param(i)
			}
		}
		l.order = append(l.order, p)
		return graph.Param(len(l.order) - 1)
	}
	y := o.value(l.list(o, Node{}))
	if y == 0 {
		o.fail("the output is the input")
	}
	if o.graph.Info(y).Fixed {
		o.fail("the output does not depend on the input")
	}
	return o.graph.Graph(y)
}

// Epilogue is what runs after the layer.
func (l *Composed) Epilogue() *Epilogue { return &l.epilogue }

// Plan refuses images of other channels, and those that an operation does not fit.
func (l *Composed) Plan(p *Plan, x Value) Value {
	p.Step(l.path)
	if x.C != l.channels {
		p.Failf("takes %d channels, not %d", l.channels, x.C)
	}
	g := l.record(nil, p, x.Shape)
	y, cost := l.planRun(p, g, x)
	p.path = l.path
	p.Report(l.kind, y, cost)
	return y
}

// Forward runs the operations.
func (l *Composed) Forward(c *Context, x Tensor) Tensor { return l.run.runForward(c, x, &l.epilogue) }

// Backward runs the reverse of the operations.
func (l *Composed) Backward(c *Context, dy Tensor) Tensor { return l.run.runBackward(c, dy) }

// Lower adds the operations of the list.
func (l *Composed) Lower(b *Lowering, x graph.Value) graph.Value {
	b.Layer(l.path)
	o := &Ops{layer: l, graph: b.Builder, param: b.Param, lowering: b, rows: map[row]graph.Value{}}
	return o.value(l.list(o, Node{value: x}))
}

// fail ends the planning of a layer.
func (o *Ops) fail(format string, args ...any) {
	panic(planError{fmt.Errorf("%s: %s", o.layer.path, fmt.Sprintf(format, args...))})
}
