//go:build opencl

package opencl

import (
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unsafe"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/graph"
	"cenet/nn/kernel"
	"cenet/nn/median"
	"cenet/nn/model"
	"cenet/nn/train"
)

// tiny reports that benchmarks run on small networks, to try them where there is no GPU.
func tiny() bool { return os.Getenv("CENET_BENCH") == "tiny" }

// wanted reports whether CENET_BENCH_ONLY, parts of names, is empty or has part of the name.
func wanted(name string) bool {
	only := os.Getenv("CENET_BENCH_ONLY")
	if only == "" {
		return true
	}
	for _, part := range strings.Split(only, ",") {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}

// BenchmarkTrain takes images a second of whole steps, images being on the host, and the share of time of each kernel.
func BenchmarkTrain(b *testing.B) {
	d := open(b)
	for _, m := range []struct {
		name, backbone string
		size, batch    int
		spec           model.Spec
	}{
		{"resnet18-cifar-128", "resnet18", 32, 128, model.Spec{Classes: 100, Width: 1, Small: true}},
		{"resnet50-224-64", "resnet50", 224, 64, model.Spec{Classes: 1000, Width: 1}},
		{"resnet50-224-256", "resnet50", 224, 256, model.Spec{Classes: 1000, Width: 1}},
	} {
		for _, block := range []string{"none", "se", "ce"} {
			if !wanted(m.name + "/" + block) {
				continue
			}
			b.Run(m.name+"/"+block, func(b *testing.B) {
				if tiny() {
					m.batch, m.size, m.spec.Width = 4, 32+m.size/7, 0.125
				}
				s := nn.Shape{N: m.batch, H: m.size, W: m.size, C: 3}
				profile := os.Getenv("CENET_PROFILE") != ""
				e := openBench(b, d, newBenchee(b, m.backbone, block, s, m.spec, false), profile)
				defer e.Close()
				labels := make([]int, s.N)
				for i := range labels {
					labels[i] = i % m.spec.Classes
				}
				images, err := e.HostMemory(s.Len())
				if err != nil {
					b.Fatal(err)
				}
				copy(images, random(s.Len(), 1))
				step := graph.Step{Images: images, Labels: labels, LR: 0.01}
				r := graph.Result{Losses: make([]float64, s.N), Ranks: make([]int, s.N)}
				run := func() {
					if err := e.Step(step, r); err != nil {
						b.Fatal(err)
					}
					step.Number++
				}
				run()
				run()
				e.Times(true)
				if n := testing.AllocsPerRun(1, run); n > 0 && !profile {
					b.Logf("a step allocates %v times", n)
				}
				e.Times(true)
				b.ResetTimer()
				for range b.N {
					run()
				}
				b.StopTimer()
				reserved, used, slabs := e.Memory()
				b.ReportMetric(float64(s.N*b.N)/b.Elapsed().Seconds(), "images/s")
				b.ReportMetric(float64(reserved)/(1<<30), "GiB")
				b.ReportMetric(float64(used)/(1<<30), "GiB-used")
				b.ReportMetric(float64(slabs)/(1<<30), "GiB-slabs")
				if profile {
					report(b, e.Times(true), b.N)
				}
			})
		}
	}
}

// benchBlocks are those of the paper's Table 1: SE in every unit, CE also after the stem but not in the last stage.
var benchBlocks = map[string]nn.Factory{
	"none": nil,
	"se": func(b *nn.Builder, s nn.Site) nn.Layer {
		if s.Stem() || !s.Last {
			return nil
		}
		return nn.NewSE(b, s.Path, s.Channels, 16, 4)
	},
	"ce": func(b *nn.Builder, s nn.Site) nn.Layer {
		if s.Stage == 4 || !s.Stem() && !s.Last {
			return nil
		}
		return ce.New(b, s, ce.Official())
	},
}

// report logs where the time went.
func report(b *testing.B, times []Time, steps int) {
	sort.Slice(times, func(i, j int) bool { return times[i].Seconds > times[j].Seconds })
	all := 0.0
	for _, t := range times {
		all += t.Seconds
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%.3f ms a step on the device\n", 1e3*all/float64(steps))
	for _, t := range times[:min(len(times), 25)] {
		fmt.Fprintf(&s, "%6.2f %%  %8.3f ms  %5d× %s\n", 100*t.Seconds/all, 1e3*t.Seconds/float64(steps), t.Count/steps, t.Name)
	}
	b.Log(s.String())
}

func newBenchee(b testing.TB, backbone, block string, s nn.Shape, spec model.Spec, inference bool) *trainee {
	b.Helper()
	builder := nn.NewBuilder()
	spec.Inputs, spec.Block = 3, benchBlocks[block]
	root, err := model.Backbones[backbone].New(builder, spec)
	if err != nil {
		b.Fatal(err)
	}
	net, err := builder.Build(root, s, nn.Options{Seed: 1, Workers: 1, Inference: inference, Lazy: true})
	if err != nil {
		b.Fatal(err)
	}
	return &trainee{net, nn.NewCrossEntropy(s.N, spec.Classes, 0.1), nil}
}

func openBench(b testing.TB, d *Device, r *trainee, profile bool) *Executor {
	b.Helper()
	g, err := r.net.Lower()
	if err != nil {
		b.Fatal(err)
	}
	e, err := processor{d.Info, profile}.Open(g, graph.Options{Training: &graph.Training{
		Smoothing: 0.1, Momentum: 0.9, WeightDecay: 1e-4, Moving: [2][][2]int{{{0, g.Decayed}}, {{0, g.ParamLen - g.Decayed}}},
	}})
	if err != nil {
		b.Fatal(err)
	}
	if err := e.Push(r.net.Host()); err != nil {
		b.Fatal(err)
	}
	return e.(*Executor)
}

// BenchmarkInfer takes seconds an image of evaluation.
func BenchmarkInfer(b *testing.B) {
	d := open(b)
	for _, backbone := range []string{"resnet18", "resnet50", "resnet101"} {
		for _, block := range []string{"none", "se", "ce"} {
			if !wanted(backbone + "/" + block) {
				continue
			}
			b.Run(backbone+"/"+block, func(b *testing.B) {
				size, width := 224, 1.0
				if tiny() {
					size, width = 64, 0.125
				}
				s := nn.Shape{N: 1, H: size, W: size, C: 3}
				r := newBenchee(b, backbone, block, s, model.Spec{Classes: 1000, Width: width}, true)
				e, err := train.Open(Processor(d.Info), r.net, r.loss, nil)
				if err != nil {
					b.Fatal(err)
				}
				defer e.Close()
				out, x := make([]float32, 1000), random(s.Len(), 1)
				var took []float64
				for i := range max(b.N, 5) + 3 {
					begin := time.Now()
					if err := e.Infer(out, x); err != nil {
						b.Fatal(err)
					}
					if i >= 3 {
						took = append(took, time.Since(begin).Seconds())
					}
				}
				b.ReportMetric(1e3*median.Of(took), "ms-median")
				b.ReportMetric(1e3*slices.Min(took), "ms-least")
			})
		}
	}
}

// BenchmarkConv takes the rate of the largest convolutions, forward, input and weights, and the share of what the device can do: 2
// operations a fused product, 128 of these a compute unit and clock.
func BenchmarkConv(b *testing.B) {
	list := Info{}
	if all, err := Devices(); err == nil && len(all) > 0 {
		list = all[0]
	}
	d, err := Open(list, true)
	if err != nil {
		b.Skip(err)
	}
	defer d.Close()
	d.largeTiles = true
	peak := 2 * 128 * float64(d.Units) * float64(d.MHz) * 1e6
	b.Logf("peak %.1f TFLOP/s at %d MHz", peak/1e12, d.MHz)
	for _, s := range []struct{ n, size, c, out, k, stride int }{
		{64, 224, 3, 64, 7, 2}, {64, 56, 64, 64, 3, 1}, {64, 28, 128, 128, 3, 1}, {64, 14, 256, 256, 3, 1}, {64, 7, 512, 512, 3, 1},
		{64, 56, 64, 256, 1, 1}, {64, 56, 256, 64, 1, 1}, {64, 14, 1024, 256, 1, 1}, {64, 56, 256, 512, 1, 2}, {64, 56, 128, 128, 3, 2},
		{128, 32, 64, 64, 3, 1}, {128, 16, 128, 128, 3, 1}, {128, 8, 256, 256, 3, 1}, {128, 4, 512, 512, 3, 1}, {256, 56, 64, 64, 3, 1},
		{256, 14, 256, 256, 3, 1},
	} {
		name := fmt.Sprintf("%dx%dx%d-%d-%dx%ds%d", s.n, s.size, s.c, s.out, s.k, s.k, s.stride)
		if !wanted(name) {
			continue
		}
		b.Run(name, func(b *testing.B) {
			if tiny() {
				s.n, s.size, s.c, s.out = 2, min(s.size, 8), min(s.c, 16), min(s.out, 16)
			}
			c := kernel.NewConv(kernel.NewWindow(s.size, s.size, s.c, s.k, s.k, s.stride, s.k/2), s.out, 1)
			x, dy := s.n*s.size*s.size*s.c, s.n*c.Positions()*s.out
			w := s.k * s.k * s.c * s.out
			var buffers [6]Buffer
			for i, n := range []int{x, dy, w, dy, x, w} {
				m, err := d.Alloc(n)
				if err != nil {
					b.Fatal(err)
				}
				defer d.Free(m)
				buffers[i] = m
				emitter(d).flat("fill", m, float32(0.5)).Run()
			}
			part := 0
			if c.ByImages(s.n) {
				part = (s.n + 7) / 8
			}
			var calls [3][]*Call
			bld := &builder{d: d}
			if _, _, err := bld.build(func() {
				for i, f := range []func(){
					func() { bld.convForward(c, s.n, buffers[3], buffers[0], buffers[2], Epilogue{}) },
					func() { bld.convInput(c, s.n, buffers[4], buffers[1], buffers[2], Epilogue{}) },
					func() { bld.convWeight(c, s.n, part, buffers[5], buffers[1], buffers[0]) },
				} {
					bld.calls = &calls[i]
					bld.pass(f)
				}
			}); err != nil {
				b.Fatal(err)
			}
			defer func() {
				for _, a := range bld.arenas {
					d.Free(a)
				}
			}()
			flops := 2 * float64(dy) * float64(s.k*s.k*s.c)
			for i, pass := range []string{"forward", "input", "weight"} {
				run(calls[i])
				d.Times(false)
				const times = 3
				for range times {
					run(calls[i])
				}
				took, product := 0.0, 0.0
				for _, t := range d.Times(true) {
					took += t.Seconds
					if t.Name == "conv_weight" {
						product = t.Seconds
					}
				}
				rate := flops * times / took
				b.ReportMetric(rate/1e12, pass+"-TFLOP/s")
				b.ReportMetric(100*rate/peak, pass+"-%")
				if product > 0 {
					b.ReportMetric(100*product/took, "of-weight-in-products-%")
				}
			}
		})
	}
}

// A Time is how long the commands of one name ran.
type Time struct {
	Name    string
	Count   int
	Seconds float64
}

// Times returns the times of the commands since it was called last, in their order or, where together is set, summed by name.
func (d *Device) Times(together bool) []Time {
	d.Finish()
	var list []Time
	index := map[string]int{}
	at := make([]uint64, 2)
	for _, e := range d.events {
		call(cl.GetEventProfilingInfo, e.event, 0x1282, 8, uintptr(unsafe.Pointer(&at[0])), 0)
		call(cl.GetEventProfilingInfo, e.event, 0x1283, 8, uintptr(unsafe.Pointer(&at[1])), 0)
		call(cl.ReleaseEvent, e.event)
		t := Time{e.name, 1, float64(at[1]-at[0]) / 1e9}
		if i, ok := index[e.name]; ok && together {
			list[i].Count++
			list[i].Seconds += t.Seconds
			continue
		}
		index[e.name] = len(list)
		list = append(list, t)
	}
	d.events = d.events[:0]
	return list
}

// Memory describes what is reserved: bytes for activations and their gradients, the most of them in use at one time, and those of slabs.
func (e *Executor) Memory() (reserved, used, slabs int64) {
	n := e.params.n + e.grads.n + e.buffers.n + e.velocity[0].n + e.velocity[1].n
	return 4 * int64(e.reserved), 4 * int64(e.used), 4 * int64(n)
}

// Free releases a buffer that Alloc returned, once the commands that use it have run.
func (d *Device) Free(b Buffer) {
	for i, m := range d.buffers {
		if m == b.memory {
			d.buffers = append(d.buffers[:i], d.buffers[i+1:]...)
			call(cl.ReleaseMemObject, m)
			return
		}
	}
}
