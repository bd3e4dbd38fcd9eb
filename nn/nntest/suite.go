// Package nntest holds the suite that every layer must pass.
package nntest

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/stream"
)

// A Case is a layer in the shape that it is tested in.
type Case struct {
	Name  string
	In    nn.Shape
	Build func(b *nn.Builder) nn.Layer
	Bad   []nn.Shape // inputs that must be refused with an error that names Path
	Path  string     // of the layer

	// Tolerance of gradients against those of the operations, of the largest entry; 0: 1e-5.
	Tolerance float64
	Input     func(i int, s *stream.Stream) (x float32) // the input's entries; nil: standard normal
	CPUOnly   bool                                      // the layer is no nn.Lowerer

	precision nn.Precision
}

// network is a layer built with an input, a gradient and a context.
type network struct {
	*nn.Network
	c     *nn.Context
	x, dy nn.Tensor
}

func (k Case) network(t testing.TB, workers int) *network {
	t.Helper()
	b := nn.NewBuilder()
	net, err := b.Build(k.Build(b), k.In, nn.Options{Seed: 5, Workers: workers, InputGrad: true, Precision: k.precision})
	if err != nil {
		t.Fatal(err)
	}
	n := &network{Network: net, c: nn.NewContext(workers), x: nn.NewTensor(k.In), dy: nn.NewTensor(net.Out)}
	t.Cleanup(n.c.Close)
	n.c.Train = true
	s := stream.New(1, "input")
	for i := range n.x.Data {
		if k.Input != nil {
			n.x.Data[i] = k.Input(i, &s)
		} else {
			n.x.Data[i] = float32(s.Normal())
		}
	}
	for i := range n.dy.Data {
		n.dy.Data[i] = float32(s.Normal())
	}
	for _, p := range net.Params { // away from 0 and 1, where gradients could hide
		for i := range p.Data {
			p.Data[i] += float32(0.1 * s.Normal())
		}
	}
	return n
}

// value is the inner product of the output and dy, a scalar whose gradient Backward computes, and its rounding error to expect: that
// of that many terms in float32, as much up as down.
func (n *network) value() (sum, rounding float64) {
	for i, y := range n.Forward(n.c, n.x).Data {
		term := float64(y) * float64(n.dy.Data[i])
		sum += term
		rounding += term * term
	}
	return sum, 0x1p-24 * math.Sqrt(rounding)
}

// step returns the output, the gradient of the input and those of all parameters.
func (n *network) step() (y, dx []float32, grads [][]float32) {
	n.ZeroGrad()
	y = slices.Clone(n.Forward(n.c, n.x).Data)
	dy := nn.Tensor{Shape: n.dy.Shape, Data: slices.Clone(n.dy.Data)}
	dx = slices.Clone(n.Backward(n.c, dy).Data)
	for _, p := range n.Params {
		grads = append(grads, slices.Clone(p.Grad))
	}
	return y, dx, grads
}

// Run tests a layer: its gradients against differences, that gradients accumulate, that a step gives the same bits with one
// worker and with three and allocates nothing, that evaluation takes fewer images, that bad shapes are refused, and that extreme
// inputs neither stop it nor make what is finite not finite, that it computes what the operations do that it says it is made of, that these
// make the same bits, by the kernels of composed layers where these have them and on a device, and that in bfloat16 it computes nearly the
// same.
func Run(t *testing.T, k Case) {
	t.Run(k.Name, func(t *testing.T) {
		t.Run("gradients", func(t *testing.T) { k.gradients(t) })
		t.Run("accumulation", k.accumulation)
		t.Run("workers", func(t *testing.T) { k.workers(t) })
		t.Run("allocations", k.allocations)
		t.Run("fewer images", k.fewer)
		t.Run("bad shapes", k.bad)
		t.Run("hostile", k.hostile)
		t.Run("operations", k.operations)
		t.Run("bits", func(t *testing.T) { k.bits(t) })
		t.Run("device", k.device)
		t.Run("bfloat16", k.bfloat16)
	})
}

// RunSteps is the part of Run that concerns steps of training: for many compositions of layers that pass Run by themselves.
func RunSteps(t *testing.T, k Case) {
	t.Run(k.Name, func(t *testing.T) {
		t.Run("gradients", func(t *testing.T) { k.gradients(t) })
		t.Run("workers", func(t *testing.T) { k.workers(t) })
		t.Run("allocations", k.allocations)
	})
}

// gradients compares gradients with difference quotients. What may be between them is a part of the largest gradient of the array,
// for the curvature, and the rounding of the quotient; an array whose gradients are all lost in that rounding tests nothing and fails.
func (k Case) gradients(t testing.TB) {
	n := k.network(t, 1)
	_, dx, grads := n.step()
	check := func(name string, data, grad []float32) {
		var size, largest float64
		for _, g := range grad {
			size = math.Max(size, math.Abs(float64(g)))
		}
		s := stream.New(2, name)
		for range min(len(data), 25) {
			i := s.IntN(len(data))
			const h = 1.0 / 256
			want, noise := n.quotient(&data[i], h)
			largest = math.Max(largest, noise)
			if near(grad[i], want, 5e-3*size, noise) {
				continue
			}
			// A maximum or a ReLU may have a kink within h.
			if closer, noise := n.quotient(&data[i], h/16); noise > 0.05*size || !near(grad[i], closer, 5e-3*size, noise) {
				t.Errorf("%s[%d]: gradient %g, difference quotient %g", name, i, grad[i], want)
			}
		}
		if len(data) > 0 && size < 2*largest {
			t.Errorf("%s: gradients of at most %g are lost in differences rounded by %g: Input or the case must change", name, size, largest)
		}
	}
	check("input", n.x.Data, dx)
	for i, p := range n.Params {
		check(p.Path, p.Data, grads[i])
	}
}

// quotient is the difference quotient of value along an entry, and its rounding error to expect.
func (n *network) quotient(x *float32, h float32) (slope, noise float64) {
	was := *x
	*x = was + h
	up, _ := n.value()
	*x = was - h
	down, rounding := n.value()
	*x = was
	return (up - down) / (2 * float64(h)), 4 * rounding / float64(h)
}

// near reports that a gradient is a difference quotient but for its curvature, a part of the largest gradient, and its rounding.
func near(grad float32, want, curvature, noise float64) bool {
	return math.Abs(float64(grad)-want) <= math.Max(curvature, 5e-3*math.Abs(want))+noise
}

func (k Case) accumulation(t *testing.T) {
	n := k.network(t, 1)
	_, _, once := n.step()
	n.Forward(n.c, n.x)
	n.Backward(n.c, nn.Tensor{Shape: n.dy.Shape, Data: slices.Clone(n.dy.Data)})
	for i, p := range n.Params {
		for j, g := range p.Grad {
			if want := 2 * once[i][j]; math.Abs(float64(g-want)) > 1e-4*math.Max(1, math.Abs(float64(want))) {
				t.Fatalf("%s[%d]: %g after two passes, want %g", p.Path, j, g, want)
			}
		}
	}
}

func (k Case) workers(t testing.TB) {
	k.checkWorkers(t)
	k.In.N = max(k.In.N, severalParts/(k.In.Len()/k.In.N))
	k.checkWorkers(t)
}

// severalParts is how many floats of a batch are cut into several parts, see kernel.RowChunks.
const severalParts = 5 << 14

func (k Case) checkWorkers(t testing.TB) {
	y1, dx1, g1 := k.network(t, 1).step()
	y3, dx3, g3 := k.network(t, 3).step()
	if !slices.Equal(y1, y3) || !slices.Equal(dx1, dx3) {
		t.Error("output or input gradient depends on the number of workers")
	}
	for i := range g1 {
		if !slices.Equal(g1[i], g3[i]) {
			t.Errorf("gradient %d depends on the number of workers", i)
		}
	}
}

func (k Case) allocations(t *testing.T) {
	n := k.network(t, 1)
	dy := nn.NewTensor(n.Out)
	for _, train := range []bool{true, false} {
		n.c.Train = train
		if a := testing.AllocsPerRun(3, func() {
			n.Forward(n.c, n.x)
			if train {
				copy(dy.Data, n.dy.Data)
				n.Backward(n.c, dy)
			}
		}); a != 0 {
			t.Errorf("a pass (training %v) allocates %v times", train, a)
		}
	}
}

// bfloat16 compares a step in bfloat16 with one in float32. Both operands of a product are off by 2⁻⁹ at most, of which some part remains
// in a sum of several; a rectifier or a maximum may decide otherwise here and there.
func (k Case) bfloat16(t *testing.T) {
	single := k.network(t, 1)
	k.precision = nn.BFloat16
	bfloat := k.network(t, 1)
	y, dx, grads := single.step()
	gotY, gotDX, gotGrads := bfloat.step()
	near := func(name string, got, want []float32) {
		var difference, size float64
		for i, v := range want {
			difference += math.Pow(float64(got[i]-v), 2)
			size += math.Pow(float64(v), 2)
		}
		if !(difference <= 0.05*0.05*size) {
			t.Errorf("%s: %.3g of its size away from float32", name, math.Sqrt(difference/size))
		}
	}
	near("output", gotY, y)
	near("input gradient", gotDX, dx)
	for i, p := range single.Params {
		near(p.Path, gotGrads[i], grads[i])
	}
	k.checkWorkers(t)
	k.allocations(t)
	k.fewer(t)
}

func (k Case) fewer(t *testing.T) {
	n := k.network(t, 1)
	n.step()
	n.c.Train = false
	all := slices.Clone(n.Forward(n.c, n.x).Data)
	one := n.Forward(n.c, n.x.First(1)).Data
	for i, v := range one {
		if d := math.Abs(float64(v - all[i])); d > 1e-5*math.Max(1, math.Abs(float64(v))) {
			t.Fatalf("evaluation of one image differs from that of %d by %g", k.In.N, d)
		}
	}
}

func (k Case) bad(t *testing.T) {
	for _, s := range k.Bad {
		b := nn.NewBuilder()
		_, err := b.Build(k.Build(b), s, nn.Options{})
		if err == nil {
			t.Errorf("images of %v are taken", s)
		} else if !strings.HasPrefix(err.Error(), k.Path+": ") {
			t.Errorf("the error does not name the layer: %v", err)
		}
	}
}

// Step returns what a step of training of the layer makes, for comparisons: its output, the gradients of the input and of all parameters,
// the buffers, and the output in evaluation afterwards.
func Step(t testing.TB, k Case) (results [][]float32) {
	n := k.network(t, 2)
	y, dx, grads := n.step()
	results = append([][]float32{y, dx}, grads...)
	for _, b := range n.Buffers {
		results = append(results, slices.Clone(b.Data))
	}
	n.c.Train = false
	return append(results, slices.Clone(n.Forward(n.c, n.x).Data))
}
