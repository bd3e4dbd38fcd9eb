package ce_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/optim"
)

type array struct {
	Shape []int
	Data  []float64
}

func readNetwork(t *testing.T) map[string]array {
	t.Helper()
	file, err := os.Open("testdata/net_f32.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var g map[string]array
	if err := json.NewDecoder(plain).Decode(&g); err != nil {
		t.Fatal(err)
	}
	return g
}

// last brings an array of the other framework's layout to ours: images to N, H, W, C; weights (O, I, kH, kW) to
// (kH, kW, I, O); the classifier's (out, in) to (in, out).
func (a array) last(name string) []float64 {
	s := a.Shape
	out := make([]float64, len(a.Data))
	switch {
	case name == "batch_x":
		for i, v := range a.Data {
			pixel, c, n := i%(s[2]*s[3]), i/(s[2]*s[3])%s[1], i/(s[1]*s[2]*s[3])
			out[(n*s[2]*s[3]+pixel)*s[1]+c] = v
		}
	case len(s) == 4:
		for i, v := range a.Data {
			tap, in, o := i%(s[2]*s[3]), i/(s[2]*s[3])%s[1], i/(s[1]*s[2]*s[3])
			out[(tap*s[1]+in)*s[0]+o] = v
		}
	case strings.HasSuffix(name, "fc.weight") && len(s) == 2:
		for i, v := range a.Data {
			out[i%s[1]*s[0]+i/s[1]] = v
		}
	default:
		copy(out, a.Data)
	}
	return out
}

// goldenNetwork is the small network of testdata, under the paths that theirs gives.
func goldenNetwork(b *nn.Builder) nn.Layer {
	unit := func(i, in, out, stride int) nn.Layer {
		p := func(name string) string { return fmt.Sprintf("unit%d/%s", i, name) }
		norm := nn.NewBatchNorm(b, p("bn2"), out, 1)
		var shortcut nn.Layer
		if stride != 1 {
			shortcut = nn.NewSequential(nn.NewConv(b, p("short"), nn.ConvSpec{In: in, Out: out, Kernel: 1, Stride: stride}),
				nn.NewBatchNorm(b, p("shortbn"), out, 1))
		}
		branch := nn.NewSequential(
			nn.NewConv(b, p("conv1"), nn.ConvSpec{In: in, Out: out, Kernel: 3, Stride: stride, Pad: 1}),
			nn.NewBatchNorm(b, p("bn1"), out, 1), nn.NewReLU(p("relu")),
			nn.NewConv(b, p("conv2"), nn.ConvSpec{In: out, Out: out, Kernel: 3, Stride: 1, Pad: 1}),
			norm, ce.New(b, nn.Site{Path: p("ce"), Stage: 1, Channels: out, Norm: norm}, ce.Official()))
		return nn.NewResidual(p("sum"), branch, shortcut)
	}
	return nn.NewSequential(
		nn.NewConv(b, "stem", nn.ConvSpec{In: 3, Out: 8, Kernel: 3, Stride: 1, Pad: 1}), nn.NewBatchNorm(b, "stembn", 8, 1),
		nn.NewReLU("relu"), unit(0, 8, 8, 1), unit(1, 8, 16, 2), nn.NewGlobalPool("pool"), nn.NewLinear(b, "fc", 16, 5))
}

// theirs maps our paths to the names of testdata.
func theirs(path string) string {
	path = strings.NewReplacer("unit0/", "blocks.0/", "unit1/", "blocks.1/").Replace(path)
	for _, r := range [][2]string{
		{"stembn", "stem.1"}, {"stem/", "stem.0/"}, {"shortbn", "short.1"}, {"short/", "short.0/"},
		{"conv1", "body.0"}, {"bn1", "body.1"}, {"conv2", "body.3"}, {"bn2", "body.4"},
		{"ce/w1", "body.5/AR.fc.0.weight"}, {"ce/ln/gamma", "body.5/AR.fc.1.weight"}, {"ce/ln/beta", "body.5/AR.fc.1.bias"},
		{"ce/w2", "body.5/AR.fc.3.weight"}, {"ce/lambda", "body.5/x_weight"}, {"ce/running_p", "body.5/running_wm"},
		{"ce/running_mean", "body.5/running_mean"}, {"ce/running_scale", "body.5/AR.running_scale"},
		{"running_variance", "running_var"}, {"/gamma", "/weight"}, {"/beta", "/bias"},
	} {
		path = strings.Replace(path, r[0], r[1], 1)
	}
	return strings.ReplaceAll(path, "/", ".")
}

// farthest is the largest difference relative to the largest expected entry.
func farthest(got []float32, want []float64) float64 {
	var diff, size float64
	for i, w := range want {
		diff = math.Max(diff, math.Abs(float64(got[i])-w))
		size = math.Max(size, math.Abs(w))
	}
	return diff / math.Max(size, 1e-30)
}

// Three steps of SGD of a whole network with CE give the losses, gradients and weights of the authors' module.
func TestNetworkGolden(t *testing.T) {
	g := readNetwork(t)
	b := nn.NewBuilder()
	net, err := b.Build(goldenNetwork(b), nn.Shape{N: 8, H: 8, W: 8, C: 3}, nn.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	set := func(path string, data []float32) {
		name := "init." + theirs(path)
		a, ok := g[name]
		if !ok || len(a.Data) != len(data) {
			t.Fatalf("%s: no %s of that size", path, name)
		}
		for i, v := range a.last(name) {
			data[i] = float32(v)
		}
	}
	for _, p := range net.Params {
		set(p.Path, p.Data)
	}
	for _, v := range net.Buffers {
		set(v.Path, v.Data)
	}
	x := nn.NewTensor(net.In)
	for i, v := range g["batch_x"].last("batch_x") {
		x.Data[i] = float32(v)
	}
	labels := make([]int, 8)
	for i, v := range g["batch_y"].Data {
		labels[i] = int(v)
	}
	c := nn.NewContext(2)
	defer c.Close()
	loss := nn.NewCrossEntropy(8, 5, 0)
	sgd := optim.NewSGD(net, optim.SGDOptions{Momentum: 0.9, WeightDecay: 1e-4, DecayAll: true})
	for step := range 3 {
		c.Train = true
		net.ZeroGrad()
		logits := net.Forward(c, x)
		if d := farthest(logits.Data, g[fmt.Sprint("logits.", step)].Data); d > 1e-4 {
			t.Errorf("step %d: logits are off by %.2g of the largest", step, d)
		}
		l, grad := loss.Loss(c, logits, labels)
		if want := g["loss"].Data[step]; math.Abs(l-want) > 1e-5*want {
			t.Errorf("step %d: loss %.8g, want %.8g", step, l, want)
		}
		net.Backward(c, grad)
		if step == 0 {
			for _, p := range net.Params {
				name := "grad0." + theirs(p.Path)
				tolerance := 1e-4
				if p.Path == "unit0/ce/w1" {
					continue // two hidden units: LayerNorm gives ±1, and this gradient is rounding noise
				}
				if d := farthest(p.Grad, g[name].last(name)); d > tolerance {
					t.Errorf("gradient of %s is off by %.2g of the largest", p.Path, d)
				}
			}
		}
		sgd.Step(c, 0.1)
	}
	for _, p := range net.Params {
		name := "final." + theirs(p.Path)
		if d := farthest(p.Data, g[name].last(name)); d > 1e-3 {
			t.Errorf("%s ends off by %.2g of the largest", p.Path, d)
		}
	}
	for _, v := range net.Buffers {
		name := "final." + theirs(v.Path)
		if d := farthest(v.Data, g[name].last(name)); d > 1e-3 {
			t.Errorf("%s ends off by %.2g of the largest", v.Path, d)
		}
	}
	c.Train = false
	if d := farthest(net.Forward(c, x).Data, g["final_eval_logits"].Data); d > 1e-3 {
		t.Errorf("evaluation: logits are off by %.2g of the largest", d)
	}
}
