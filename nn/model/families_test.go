package model_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"cenet/nn"
	"cenet/nn/kernel"
	"cenet/nn/model"
	"cenet/nn/stream"
)

// bits are those of the output and of all gradients of one step.
func bits(t *testing.T, backbone string, workers int, precision nn.Precision) (list []uint32) {
	b := nn.NewBuilder()
	root, err := model.Backbones[backbone].New(b, model.Spec{Classes: 10, Width: 0.5, Small: true, Inputs: 3})
	if err != nil {
		t.Fatal(err)
	}
	net, err := b.Build(root, nn.Shape{N: 9, H: 32, W: 32, C: 3}, nn.Options{Seed: 1, Workers: workers, Precision: precision})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(workers)
	defer c.Close()
	c.Train = true
	x, dy, random := nn.NewTensor(net.In), nn.NewTensor(net.Out), stream.New(1, "step")
	for _, values := range [][]float32{x.Data, dy.Data} {
		for i := range values {
			values[i] = float32(random.Normal())
		}
	}
	add := func(values []float32) {
		for _, v := range values {
			list = append(list, math.Float32bits(v))
		}
	}
	add(net.Forward(c, x).Data)
	net.Backward(c, dy)
	for _, p := range net.Params {
		add(p.Grad)
	}
	return list
}

// A step of a whole network gives the same bits for one worker to eight and from both families of assembly, and in bfloat16 with and
// without the instruction for it.
func TestSameBits(t *testing.T) {
	families := kernel.Families()
	fastest := families[len(families)-1]
	without := fastest + "-nobf16"
	counts := []int{1, 2, 3, 4, 5, 6, 7, 8}
	if testing.Short() {
		counts = []int{1, 3}
	}
	for _, backbone := range []string{"resnet20", "resnet50", "mobilenetv2", "shufflenetv2-0.5", "vgg11"} {
		for _, precision := range []nn.Precision{nn.Float32, nn.BFloat16} {
			var want []uint32
			same := func(family string, workers int) {
				t.Run(fmt.Sprintf("%s/%v/%s/workers %d", backbone, precision, family, workers), func(t *testing.T) {
					defer kernel.Use(family)()
					got := bits(t, backbone, workers, precision)
					if want == nil {
						want = got
					}
					if !slices.Equal(got, want) {
						t.Error("the bits differ")
					}
				})
			}
			for _, family := range families[1:] {
				same(family, 2)
			}
			if precision == nn.BFloat16 && kernel.Has(without) {
				same(without, 3)
			}
			for _, workers := range counts {
				same(fastest, workers)
			}
		}
	}
}

// A network in bfloat16 takes no more memory than in float32, but for a thousandth, with the kernels that have the instruction.
func TestBFloat16Memory(t *testing.T) {
	if !kernel.Has("avx512-nobf16") || kernel.Family() != "avx512" {
		t.Skip("without the instruction, operands take as much memory as in float32")
	}
	for _, k := range []struct {
		backbone string
		width    float64
	}{{"resnet20", 1}, {"resnet18", 1}, {"resnet50", 0.25}, {"mobilenetv2", 1}, {"vgg11", 1}} {
		for _, o := range []nn.Options{{Workers: 1}, {Workers: 2}, {Workers: 2, Inference: true}} {
			var bytes [2]int
			for p := range bytes {
				b := nn.NewBuilder()
				root, err := model.Backbones[k.backbone].New(b, model.Spec{Classes: 10, Width: k.width, Small: true, Inputs: 3})
				if err != nil {
					t.Fatal(err)
				}
				o.Precision = nn.Precision(p)
				if bytes[p], err = b.Measure(root, nn.Shape{N: 64, H: 32, W: 32, C: 3}, o); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("%s, %d workers, inference %v: %.1f MiB in float32, %.1f in bfloat16",
				k.backbone, o.Workers, o.Inference, float64(bytes[0])/(1<<20), float64(bytes[1])/(1<<20))
			if bytes[1] > bytes[0]+bytes[0]/1000 {
				t.Errorf("%s, %+v: %d bytes in bfloat16, %d in float32", k.backbone, o, bytes[1], bytes[0])
			}
		}
	}
}
