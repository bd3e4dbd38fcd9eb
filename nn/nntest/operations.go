package nntest

import (
	"math"
	"testing"

	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/graph/reference"
	"cenet/nn/kernel"
	"cenet/nn/stream"
)

// operations compares a step of the layer, and an evaluation after it, with the operations that it says it is made of, run in float64.
func (k Case) operations(t *testing.T) {
	n := k.network(t, 1)
	g, err := n.Lower()
	if k.CPUOnly {
		if err == nil {
			t.Error("the layer says what operations it is made of: CPUOnly is not true of it")
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	in := reference.New(g)
	in.Push(n.Host())
	random := graph.Random{Train: true, Seed: n.c.Random.Seed, Number: n.c.Random.Step, Off: n.c.Random.Off}
	x, dy := widened(n.x.Data), widened(n.dy.Data)

	k.derivative(t, in, g, random, x, dy)
	in.Push(n.Host())

	y, dx, grads := n.step()
	Close(t, "output", y, in.Forward(x, random), 1e-5, 1e-3)
	clear(in.Grads)
	Close(t, "input gradient", dx, in.Backward(dy), k.tolerance(), 1e-3)
	for i, p := range n.Params {
		a := g.Params[i]
		Close(t, p.Path, grads[i], in.Grads[a.Offset:][:a.Len], k.tolerance(), 1e-3)
	}
	for i, b := range n.Buffers {
		a := g.Buffers[i]
		Close(t, b.Path, b.Data, in.Buffers[a.Offset:][:a.Len], 1e-5, 1e-3)
	}
	n.c.Train, random.Train = false, false
	Close(t, "evaluation", n.Forward(n.c, n.x).Data, in.Forward(x, random), 1e-5, 1e-3)
}

// bits compares, bit for bit, a step of the layer and an evaluation with its operations run by the kernels of composed layers, where these
// have them all: what rounds otherwise than its operations gives other results on a device than on the CPU.
func (k Case) bits(t testing.TB) {
	n := k.network(t, 1)
	b := nn.NewBuilder()
	replay, err := nn.Replay(b, n.Network)
	if err != nil {
		t.Skip(err)
	}
	net, err := b.Build(replay, k.In, nn.Options{Workers: 1, InputGrad: true})
	if err != nil {
		t.Fatal(err)
	}
	other := *n
	other.Network = net
	for i, p := range net.Params {
		copy(p.Data, n.Params[i].Data)
	}
	y, dx, grads := n.step()
	gotY, gotX, gotGrads := other.step()
	sameBits(t, "output", y, gotY)
	sameBits(t, "input gradient", dx, gotX)
	for i, p := range net.Params {
		sameBits(t, "gradient of "+p.Path, grads[i], gotGrads[i])
	}
	n.c.Train = false
	sameBits(t, "evaluation", n.Forward(n.c, n.x).Data, net.Forward(n.c, n.x).Data)
}

// sameBits reports the first entry of a layer's result that is another than that of its operations.
func sameBits(t testing.TB, what string, got, want []float32) {
	t.Helper()
	for i, v := range want {
		if math.Float32bits(got[i]) != math.Float32bits(v) && (v == v || got[i] == got[i]) {
			t.Errorf("%s[%d] is %v, its operations make it %v: the layer rounds otherwise than what it says it is made of", what, i, got[i], v)
			return
		}
	}
}

// tolerance of gradients.
func (k Case) tolerance() float64 {
	if k.Tolerance > 0 {
		return k.Tolerance
	}
	return 1e-5
}

// derivative compares the gradients of the operations, along a random direction, with differences of their output.
func (k Case) derivative(t *testing.T, in *reference.Interpreter, g *graph.Graph, r graph.Random, x, dy []float64) {
	s := stream.New(3, "direction")
	direction := func(like []float64) []float64 {
		d := make([]float64, len(like))
		for i := range d {
			d[i] = s.Normal()
		}
		return d
	}
	alongX, alongW := direction(x), direction(in.Params)
	params := append([]float64(nil), in.Params...)
	at := func(h float64) (value float64) {
		moved := append([]float64(nil), x...)
		for i := range moved {
			moved[i] += h * alongX[i]
		}
		for i := range in.Params {
			in.Params[i] = params[i] + h*alongW[i]
		}
		for i, y := range in.Forward(moved, r) {
			value += y * dy[i]
		}
		return value
	}
	quotient := func(h float64) float64 { return (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h) }
	const h = 2e-4
	want, closer := quotient(h), quotient(h/16) // a maximum or a ReLU may have a kink within h
	at(0)
	clear(in.Grads)
	var got, size float64
	add := func(d, along []float64) {
		for i, v := range d {
			got += v * along[i]
			size += math.Abs(v * along[i])
		}
	}
	add(in.Backward(dy), alongX)
	for _, a := range g.Params {
		add(in.Grads[a.Offset:][:a.Len], alongW[a.Offset:][:a.Len])
	}
	tolerance := 1e-9
	for _, o := range g.Ops {
		if v, ok := o.(*graph.Variance); ok && v.Norm != nil { // its factor moves with the input, but is a constant to the gradient
			tolerance = 1e-7
		}
	}
	if limit := tolerance * math.Max(1, size); math.Abs(got-want) > limit && math.Abs(got-closer) > limit {
		t.Errorf("the operations' gradient along a direction is %.12g, their difference quotient %.12g", got, want)
	}
}

func widened(x []float32) []float64 {
	wide := make([]float64, len(x))
	kernel.Widen(wide, x)
	return wide
}

// Close reports entries of got that are further from want than tolerance times the largest entry, or times least where that is larger.
func Close(t testing.TB, name string, got []float32, want []float64, tolerance, least float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", name, len(got), len(want))
	}
	var size, worst float64
	at := 0
	for i, w := range want {
		size = math.Max(size, math.Abs(w))
		d := math.Abs(float64(got[i]) - w)
		if math.IsNaN(d) {
			worst, at = d, i
			break // any further entry would take its place
		}
		if d > worst {
			worst, at = d, i
		}
	}
	if !(worst <= tolerance*math.Max(size, least)) {
		t.Errorf("%s[%d] is %g, the operations make it %g: off by %.2g of the largest entry", name, at, got[at], want[at], worst/size)
	}
}
