package experiments

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"cenet/nn"
)

// noise is the function of that name of bench/peer/parity.py: numbers from -1/2 to 1/2, the hash of a name and of a place.
func noise(name string, n int) []float64 {
	seed := uint32(2166136261)
	for _, b := range []byte(name) {
		seed = (seed ^ uint32(b)) * 16777619
	}
	out := make([]float64, n)
	for i := range out {
		x := uint32(i) + seed
		x = (x ^ x>>16) * 0x7feb352d
		x = (x ^ x>>15) * 0x846ca68b
		x ^= x >> 16
		out[i] = float64(x)/(1<<32) - 0.5
	}
	return out
}

// formula is the function of that name of bench/peer/parity.py: the values of a weight.
func formula(name string, shape []int) []float64 {
	u := noise(name, nn.Size(shape))
	switch {
	case strings.HasSuffix(name, "running_var"), strings.HasSuffix(name, "running_scale"):
		for i := range u {
			u[i]++
		}
	case strings.HasSuffix(name, "running_wm"):
		size := shape[1]
		for at := 0; at < len(u); at += size * size {
			for i := range size {
				for j := range i + 1 {
					v := 0.1 * (u[at+i*size+j] + u[at+j*size+i])
					if i == j {
						v++
					}
					u[at+i*size+j], u[at+j*size+i] = v, v
				}
			}
		}
	case strings.HasSuffix(name, "weight") && len(shape) > 1:
		scale := math.Sqrt(24 / float64(nn.Size(shape[1:])))
		for i := range u {
			u[i] *= scale
		}
	case strings.HasSuffix(name, "weight") && !strings.HasSuffix(name, "x_weight"):
		for i := range u {
			u[i] = 0.55 + 0.5*u[i]
		}
	}
	return u
}

// Outputs, loss and gradients with weights that a formula makes are PyTorch's, which bench/peer/parity.py --pin wrote.
func TestPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/pytorch.json")
	if err != nil {
		t.Fatal(err)
	}
	var pinned map[string]struct {
		Outputs   []float64
		Loss      float64
		Gradients map[string]float64 // lengths
	}
	if err := json.Unmarshal(text, &pinned); err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(2)
	defer c.Close()
	c.Random.Off = true
	in := nn.Shape{N: 8, H: 64, W: 64, C: 3}
	x, pictures := nn.NewTensor(in), make([]float32, in.Len())
	for i, u := range formula("input", []int{8, 3, 64, 64}) {
		pictures[i] = float32(4 * float32(u))
	}
	channelsLast(x, pictures)
	labels := make([]int, in.N)
	for i := range labels {
		labels[i] = 100 * i
	}
	for name, want := range pinned {
		backbone, block, _ := strings.Cut(name, "/")
		if testing.Short() && backbone != "shufflenetv2-0.5" {
			continue
		}
		setup, err := PaperSetup(backbone, block)
		if err != nil {
			t.Fatal(err)
		}
		net, err := setup.Network(in, 1000, nn.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range setup.weights(net) {
			values := formula(w.name, w.shape)
			w.permute(func(ours, theirs int) { w.data[ours] = float32(values[theirs]) })
		}
		c.Train = false
		outputs := net.Forward(c, x).Data
		var largest float64
		for _, y := range want.Outputs {
			largest = max(largest, math.Abs(y))
		}
		for i, y := range want.Outputs {
			if off := math.Abs(float64(outputs[i]) - y); !(off <= 1e-4*largest) {
				t.Errorf("%s: output %d is %v, PyTorch's %v", name, i, outputs[i], y)
			}
		}
		c.Train = true
		loss, grad := nn.NewCrossEntropy(in.N, 1000, 0).Loss(c, net.Forward(c, x), labels)
		if !(math.Abs(loss-want.Loss) <= 1e-4*want.Loss) {
			t.Errorf("%s: the loss is %v, PyTorch's %v", name, loss, want.Loss)
		}
		net.ZeroGrad()
		net.Backward(c, grad)
		if len(net.Params) != len(want.Gradients) {
			t.Errorf("%s: %d parameters, PyTorch has %d", name, len(net.Params), len(want.Gradients))
		}
		for _, p := range net.Params {
			var sum float64
			for _, g := range p.Grad {
				sum += float64(g) * float64(g)
			}
			w := setup.weight(p.Path, p.Shape, p.Data)
			if length := math.Sqrt(sum); !(math.Abs(length-want.Gradients[w.name]) <= 1e-3*want.Gradients[w.name]) {
				t.Errorf("%s: the gradient of %s has the length %v, PyTorch's %v", name, w.name, length, want.Gradients[w.name])
			}
		}
	}
}
