//go:build opencl

package nntest

import (
	"fmt"
	"slices"
	"testing"

	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/opencl"
)

// device compares, bit for bit, a step of the layer and an evaluation with what every device makes of the operations that the layer says it
// is made of. A layer that rounds otherwise than its operations fails.
func (k Case) device(t *testing.T) {
	if k.CPUOnly {
		t.Skip("the layer does not say what operations it is made of")
	}
	if kernel.Arithmetic() != "fused" {
		t.Skip("this processor has no fused kernels to compare with")
	}
	devices, err := opencl.Graphs()
	if err != nil || len(devices) == 0 {
		t.Skipf("no OpenCL device: %v", err)
	}
	for _, d := range devices {
		t.Run(d.Info().Name, func(t *testing.T) { k.on(t, d) })
	}
}

func (k Case) on(t *testing.T, d graph.Device) {
	n := k.network(t, 2)
	g, err := n.Lower()
	if err != nil {
		t.Fatal(err)
	}
	e, err := d.Open(g, graph.Options{Training: &graph.Training{}, InputGrad: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if err := e.Push(n.Host()); err != nil {
		t.Fatal(err)
	}
	x := slices.Clone(n.x.Data)
	y, dx, grads := n.step()
	passes := e.(graph.Passes)
	got, err := passes.Forward(x, graph.Random{Train: true, Seed: n.c.Random.Seed, Number: n.c.Random.Step, Off: n.c.Random.Off})
	if err != nil {
		t.Fatal(err)
	}
	sameBits(t, "output", y, got)
	if got, err = passes.Backward(n.dy.Data); err != nil {
		t.Fatal(err)
	}
	sameBits(t, "input gradient", dx, got)
	host := graph.Host{Grads: make([]float32, g.ParamLen), Buffers: make([]float32, g.BufferLen)}
	if err := e.Pull(host); err != nil {
		t.Fatal(err)
	}
	for i, p := range n.Params {
		sameBits(t, "gradient of "+p.Path, grads[i], host.Grads[g.Params[i].Offset:][:len(grads[i])])
	}
	for i, b := range n.Buffers {
		sameBits(t, b.Path, b.Data, host.Buffers[g.Buffers[i].Offset:][:len(b.Data)])
	}
	n.c.Train = false
	for _, images := range []int{k.In.N, 1} {
		x := n.x.First(images)
		want := n.Forward(n.c, x).Data
		got := make([]float32, len(want))
		if err := e.Infer(got, x.Data); err != nil {
			t.Fatal(err)
		}
		sameBits(t, fmt.Sprintf("evaluation of %d images", images), want, got)
	}
}
