//go:build opencl

package opencl

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/optim"
	"cenet/nn/train"
)

var testBlocks = map[string]nn.Factory{
	"none": nil,
	"se":   func(b *nn.Builder, s nn.Site) nn.Layer { return nn.NewSE(b, s.Path, s.Channels, 16, 4) },
	"eca":  func(b *nn.Builder, s nn.Site) nn.Layer { return nn.NewECA(b, s.Path, s.Channels) },
	"ce": func(b *nn.Builder, s nn.Site) nn.Layer {
		o := ce.Official()
		o.Variance = ce.Biased // images become single pixels
		return ce.New(b, s, o)
	},
	"composed": func(b *nn.Builder, s nn.Site) nn.Layer {
		return nn.Compose(b, "composed", s.Path, s.Channels, func(o *nn.Ops, x nn.Node) nn.Node {
			w, bias := o.Param("w", true, nn.Constant(1), s.Channels), o.Param("b", false, nn.Constant(0), s.Channels)
			y := o.Add(x, o.Mul(x, o.Sigmoid(o.Add(o.Mul(o.Std(x, 1e-5), w), bias))))
			return o.Mul(y, o.Sigmoid(o.Conv("conv", o.Concat(o.ChannelMax(y), o.ChannelMean(y)),
				nn.ConvSpec{In: 2, Out: 1, Kernel: 3, Stride: 1, Pad: 1})))
		})
	},
}

// A trainee is a network with all that it is trained by on the CPU.
type trainee struct {
	net  *nn.Network
	loss *nn.CrossEntropy
	sgd  *optim.SGD
}

func newTrainee(t testing.TB, backbone, block string, precision nn.Precision, s nn.Shape, spec model.Spec) *trainee {
	t.Helper()
	b := nn.NewBuilder()
	spec.Inputs, spec.Block = 3, testBlocks[block]
	root, err := model.Backbones[backbone].New(b, spec)
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, s, nn.Options{Seed: 1, Workers: 2, Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	return &trainee{net, nn.NewCrossEntropy(s.N, spec.Classes, 0.1), optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 1e-4})}
}

// on opens the trainee on a device.
func (r *trainee) on(t testing.TB, d *Device) *Executor {
	t.Helper()
	e, err := train.Open(Processor(d.Info), r.net, r.loss, r.sgd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e.(*Executor)
}

// step is a step on the CPU.
func (r *trainee) step(c *nn.Context, s graph.Step) ([]float64, []int) {
	c.Train = true
	c.Random.Seed, c.Random.Step = s.Seed, s.Number
	r.net.ZeroGrad()
	_, grad := r.loss.Loss(c, r.net.Forward(c, nn.Tensor{Shape: r.net.In, Data: s.Images}), s.Labels)
	r.net.Backward(c, grad)
	r.sgd.Step(c, s.LR)
	return r.loss.Losses, r.loss.Ranks
}

// Networks trained on a device have the bits of the CPU's: losses, ranks, parameters, gradients, buffers and velocity of every step, and
// the outputs in evaluation, also where one goes on with what the other began.
func TestNetworks(t *testing.T) {
	if kernel.Arithmetic() != "fused" {
		t.Skip("this processor has no fused kernels to compare with")
	}
	d := open(t)
	backbones := []string{"resnet18", "resnet50", "mobilenetv2", "shufflenetv2-0.5", "resnext50"}
	if names := os.Getenv("CENET_TEST_BACKBONES"); names != "" {
		backbones = strings.Split(names, ",")
	} else if testing.Short() {
		backbones = backbones[:1]
	}
	for _, backbone := range backbones {
		for _, block := range []string{"none", "se", "eca", "ce", "composed"} {
			for _, precision := range []nn.Precision{nn.Float32, nn.BFloat16} {
				t.Run(fmt.Sprintf("%s/%s/%v", backbone, block, precision), func(t *testing.T) { testNetwork(t, d, backbone, block, precision) })
			}
		}
	}
}

func testNetwork(t *testing.T, d *Device, backbone, block string, precision nn.Precision) {
	const n = 9
	s := nn.Shape{N: n, H: 32, W: 32, C: 3}
	spec := model.Spec{Classes: 5, Width: 0.125, Small: true}
	cpu, gpu := newTrainee(t, backbone, block, precision, s, spec), newTrainee(t, backbone, block, precision, s, spec)
	e := gpu.on(t, d)
	c := nn.NewContext(2)
	defer c.Close()
	losses, ranks := make([]float64, n), make([]int, n)
	for i := range 4 {
		step := graph.Step{Images: random(s.Len(), uint64(i)), Labels: []int{0, 1, 2, 3, 4, 0, 1, 2, 3}, Seed: 3, Number: uint64(i), LR: 0.05}
		if i == 2 { // what the CPU has goes on on the device
			if err := e.Push(slabs(cpu)); err != nil {
				t.Fatal(err)
			}
		}
		wantLosses, wantRanks := cpu.step(c, step)
		if err := e.Step(step, graph.Result{Losses: losses, Ranks: ranks}); err != nil {
			t.Fatal(err)
		}
		for j := range losses {
			if losses[j] != wantLosses[j] || ranks[j] != wantRanks[j] {
				t.Errorf("step %d, image %d: loss %v and rank %d, not %v and %d", i, j, losses[j], ranks[j], wantLosses[j], wantRanks[j])
				break
			}
		}
		if err := e.Pull(slabs(gpu)); err != nil {
			t.Fatal(err)
		}
		compare(t, fmt.Sprint("step ", i), e.g, gpu, cpu)
		if t.Failed() {
			return
		}
	}
	for _, m := range []int{n, 4} {
		x := random(m*s.H*s.W*s.C, 7)
		c.Train = false
		want := cpu.net.Forward(c, nn.Tensor{Shape: nn.Shape{N: m, H: s.H, W: s.W, C: s.C}, Data: x}).Data
		out := make([]float32, len(want))
		if err := e.Infer(out, x); err != nil {
			t.Fatal(err)
		}
		equal(t, fmt.Sprintf("output of %d images", m), out, want)
	}
}

func slabs(r *trainee) graph.Host {
	h := r.net.Host()
	h.Velocity = r.sgd.Velocity()
	return h
}

// compare reports the first parameter, gradient and buffer that differs, gradients from the last on, as they are computed.
func compare(t *testing.T, when string, g *graph.Graph, got, want *trainee) {
	t.Helper()
	a, b := slabs(got), slabs(want)
	for _, s := range []struct {
		what   string
		x, y   []float32
		arrays []graph.Array
		last   bool
	}{
		{"buffer", a.Buffers, b.Buffers, g.Buffers, false}, {"gradient", a.Grads, b.Grads, g.Params, true},
		{"parameter", a.Params, b.Params, g.Params, false},
	} {
		for i := range s.arrays {
			p := s.arrays[i]
			if s.last {
				p = s.arrays[len(s.arrays)-1-i]
			}
			for j := p.Offset; j < p.Offset+p.Len; j++ {
				if math.Float32bits(s.x[j]) != math.Float32bits(s.y[j]) {
					t.Errorf("%s: %s %s, entry %d, is %v, not %v", when, s.what, p.Path, j-p.Offset, s.x[j], s.y[j])
					break
				}
			}
			if t.Failed() {
				break
			}
		}
	}
	equal(t, when+": velocity", a.Velocity[0], b.Velocity[0])
	equal(t, when+": velocity without decay", a.Velocity[1], b.Velocity[1])
}
