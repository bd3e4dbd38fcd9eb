package nntest

import (
	"math"
	"testing"

	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// gain multiplies by a parameter and a small factor. It is wrong as its fields say.
type gain struct {
	p               *nn.Param
	y, dx           nn.Tensor
	x               nn.Tensor
	factor          float32
	forgets, unlike bool // the gradient of the parameter; parts after the first are others where there are several workers
	workers         int
}

func (l *gain) Plan(p *nn.Plan, x nn.Value) nn.Value {
	p.Step("l")
	y := p.Output(&l.y, x.Shape, x)
	p.Grad(&l.dx, x)
	p.Report("gain", y, nn.Cost{})
	return y
}

func (l *gain) Forward(c *nn.Context, x nn.Tensor) nn.Tensor {
	l.x, l.workers = x, c.Pool.Workers()
	c.Run(kernel.RowChunks(x.Rows(), x.C).Count(), (*gainForward)(l))
	return l.y.First(x.N)
}

func (l *gain) Backward(_ *nn.Context, dy nn.Tensor) nn.Tensor {
	for i, d := range dy.Data {
		l.dx.Data[i] = d * l.factor * l.p.Data[0]
		if !l.forgets {
			l.p.Grad[0] += d * l.factor * l.x.Data[i]
		}
	}
	return l.dx.First(dy.N)
}

type gainForward gain

func (l *gainForward) Do(_, part int) {
	lo, hi := kernel.RowChunks(l.x.Rows(), l.x.C).Range(part)
	y := l.y.Between(lo, hi)
	for i, v := range l.x.Between(lo, hi) {
		y[i] = v * l.factor * l.p.Data[0]
	}
	if l.unlike && part > 0 && l.workers > 1 {
		y[0]++
	}
}

// reports is a test that keeps whether it failed to itself.
type reports struct {
	testing.TB
	failed bool
}

func (r *reports) Errorf(string, ...any) { r.failed = true }
func (r *reports) Error(...any)          { r.failed = true }

// The suite passes a layer with small gradients that are right, and fails one that leaves them out or whose bits depend on the workers,
// though one part alone shows nothing.
func TestSuite(t *testing.T) {
	for _, c := range []struct {
		name               string
		layer              gain
		gradients, workers bool // fail
	}{
		{"right", gain{factor: 1e-3}, false, false},
		{"no gradient", gain{factor: 1e-3, forgets: true}, true, false},
		{"depends on the workers", gain{factor: 1e-3, unlike: true}, false, true},
	} {
		k := Case{In: nn.Shape{N: 2, H: 3, W: 3, C: 4}, Path: "l", Build: func(b *nn.Builder) nn.Layer {
			l := c.layer
			l.p = b.Param("l/p", true, nn.Constant(1), 1)
			return &l
		}}
		g := &reports{TB: t}
		if k.gradients(g); g.failed != c.gradients {
			t.Errorf("%s: that gradients fail is %v", c.name, g.failed)
		}
		w := &reports{TB: t}
		if k.workers(w); w.failed != c.workers {
			t.Errorf("%s: that workers fail is %v", c.name, w.failed)
		}
	}
}

// rounded changes the output of a layer by rounding alone, or with halves not at all.
type rounded struct {
	nn.Layer
	halves bool
}

func (l rounded) Forward(c *nn.Context, x nn.Tensor) nn.Tensor {
	y := l.Layer.Forward(c, x)
	for i := range y.Data {
		if l.halves {
			y.Data[i] = y.Data[i] * 2 / 2
		} else {
			y.Data[i] = y.Data[i] / 3 * 3
		}
	}
	return y
}

func (l rounded) Lower(b *nn.Lowering, x graph.Value) graph.Value { return b.Part(l.Layer, x) }

// The suite fails a layer whose operations round otherwise, within every tolerance.
func TestSuiteComparesBits(t *testing.T) {
	for _, halves := range []bool{true, false} {
		k := Case{In: nn.Shape{N: 2, H: 3, W: 3, C: 4}, Path: "l", Build: func(b *nn.Builder) nn.Layer {
			return rounded{nn.NewSE(b, "l", 4, 2, 2), halves}
		}}
		r := &reports{TB: t}
		if k.bits(r); r.failed == halves {
			t.Errorf("halves %v: that bits fail is %v", halves, r.failed)
		}
	}
}

// Close fails an entry that is no number, also before others that are right.
func TestCloseRefusesNaN(t *testing.T) {
	nan := float32(math.NaN())
	for _, got := range [][]float32{{nan, 1, 2}, {1, nan, 2}, {1, 1, nan}, {1, 1.1, 2}} {
		r := &reports{TB: t}
		if Close(r, "x", got, []float64{1, 1, 2}, 1e-5, 0); !r.failed {
			t.Errorf("%v is close to 1, 1, 2", got)
		}
	}
	r := &reports{TB: t}
	if Close(r, "x", []float32{1, 1, 2}, []float64{1, 1, 2}, 1e-5, 0); r.failed {
		t.Error("the same is not close")
	}
}
