//go:build opencl

package opencl

import (
	"fmt"
	"strings"
	"testing"

	"cenet/nn/graph"
	"cenet/nn/kernel"
)

// Sizes of images, pixels and channels: fewer and more channels than the partial sums of a row, and no multiples of them.
var composedSizes = []struct{ n, pixels, c int }{{1, 1, 1}, {3, 1, 7}, {2, 5, 1}, {3, 7, 9}, {2, 49, 33}, {5, 12, 64}}

func TestColumnSums(t *testing.T) {
	b := newBench(t)
	for _, s := range composedSizes {
		rows, size := s.n*s.pixels, s.n*s.pixels*s.c
		x, z, dy := b.spread(size), b.spread(size), b.values(rows)
		dX, dZ, dY := b.on(x), b.on(z), b.on(dy)
		one, whole := make([]float32, rows), make([]float32, size)
		got, wide := b.empty(rows), b.empty(size)
		at := func(what string) string { return fmt.Sprintf("%s of %v", what, s) }

		kernel.SumColumns(one, x, 0.3, s.c)
		b.run(at("sum"), got, one, b.each("sum_columns", rows, got, dX, float32(0.3), s.c))
		kernel.DotColumns(one, x, z, s.c)
		b.run(at("inner product"), got, one, b.each("dot_columns", rows, got, dX, dZ, s.c))
		kernel.SpreadColumns(whole, dy, 0.3, s.c)
		b.run(at("spread"), wide, whole, b.each("spread_columns", size, wide, dY, float32(0.3), s.c))
		kernel.MaxColumns(one, x, s.c)
		b.run(at("maximum"), got, one, b.each("maximum", rows, got, dX, 1, s.c, s.c, 1))
		kernel.MaxColumnsBackward(whole, dy, x, s.c)
		b.run(at("maximum back"), wide, whole, b.each("maximum_backward", rows, wide, dY, dX, 1, s.c, s.c, 1))
	}
}

func TestImageStatistics(t *testing.T) {
	b := newBench(t)
	for _, s := range composedSizes {
		image := s.pixels * s.c
		x, z := b.values(s.n*image), b.values(s.n*image)
		dy, mean := b.values(s.n*s.c), b.values(s.n*s.c)
		dX, dZ, dY, dMean := b.on(x), b.on(z), b.on(dy), b.on(mean)
		few, whole := make([]float32, s.n*s.c), make([]float32, s.n*image)
		each := func(f func(x, z, whole, dy, mean, few []float32)) {
			for i := range s.n {
				lo, hi, p, q := i*image, (i+1)*image, i*s.c, (i+1)*s.c
				f(x[lo:hi], z[lo:hi], whole[lo:hi], dy[p:q], mean[p:q], few[p:q])
			}
		}
		got, wide := b.empty(s.n*s.c), b.empty(s.n*image)
		at := func(what string) string { return fmt.Sprintf("%s of %v", what, s) }

		each(func(x, _, _, _, _, few []float32) { kernel.MaxRows(few, x) })
		b.run(at("maximum"), got, few, b.each("maximum", s.n*s.c, got, dX, s.c, image, s.pixels, s.c))
		each(func(x, _, whole, dy, _, _ []float32) { kernel.MaxRowsBackward(whole, dy, x) })
		b.run(at("maximum back"), wide, whole, b.each("maximum_backward", s.n*s.c, wide, dY, dX, s.c, image, s.pixels, s.c))
		each(func(x, _, whole, _, _, _ []float32) { kernel.SoftmaxRows(whole, x, s.c) })
		b.run(at("softmax"), wide, whole, b.each("softmax_rows", s.n*s.c, wide, dX, s.pixels, s.c))
		each(func(x, z, whole, _, _, _ []float32) { kernel.SoftmaxRowsBackward(whole, x, z, s.c) })
		b.run(at("softmax back"), wide, whole, b.each("softmax_rows_backward", s.n*s.c, wide, dX, dZ, s.pixels, s.c))
		each(func(x, _, whole, dy, mean, _ []float32) { kernel.CentredRows(whole, x, mean, dy) })
		b.run(at("centred"), wide, whole, b.rows("centred_rows", Rows{s.n, s.pixels, s.c, true}, wide, dX, dMean, dY))
	}
}

func TestFunctions(t *testing.T) {
	b := newBench(t)
	for _, n := range []int{1, 7, 301} {
		x, y := b.values(n), b.values(n)
		for i := range x {
			x[i] *= 12
		}
		dX, dY, got, want := b.on(x), b.on(y), b.empty(n), make([]float32, n)
		kernel.Tanh(want, x)
		b.run("tanh", got, want, b.each("hyperbolic_tangent", n, got, dX))
		kernel.TanhBackward(want, x, y)
		b.run("tanh back", got, want, b.each("hyperbolic_tangent_backward", n, got, dX, dY))
		kernel.Times(want, x, 0.3)
		b.run("times", got, want, b.each("times", n, got, dX, float32(0.3)))
		for _, inverse := range []bool{false, true} {
			kernel.Root(want, x, 1e-5, inverse)
			b.run("root", got, want, b.each("root", n, got, dX, 1e-5, flag(inverse)))
			kernel.RootBackward(want, x, y, inverse)
			b.run("root back", got, want, b.each("root_backward", n, got, dX, dY, flag(inverse)))
		}
	}
}

// odd is an operation that no device has.
type odd struct{ x, y graph.Value }

func (o *odd) Reads() []graph.Value   { return []graph.Value{o.x} }
func (o *odd) Writes() []graph.Value  { return []graph.Value{o.y} }
func (o *odd) Weights() []graph.Param { return nil }

// A graph with an operation that the device lacks is refused, and the error names the operation and its layer.
func TestMissingOperation(t *testing.T) {
	d := open(t)
	s := graph.Shape{N: 1, H: 2, W: 2, C: 3}
	b := graph.NewBuilder(s)
	b.Layer("stage1/block")
	o := &odd{}
	g := b.Graph(b.Append(o, s, &o.y))
	_, err := Processor(d.Info).Open(g, graph.Options{})
	if err == nil || !strings.Contains(err.Error(), "odd of layer stage1/block") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
