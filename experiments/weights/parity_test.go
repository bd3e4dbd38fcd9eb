package weights

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"cenet/experiments/network"
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

// A pinnedGradient is the length of a gradient in PyTorch and its projection: the sum of its elements in PyTorch's order with the signs
// that the hash of the place and of the parameter's name gives. Elements in another order have another projection.
type pinnedGradient [2]float64

func pin(name string, g []float32) pinnedGradient {
	var squares, sum float64
	for i, u := range noise("sign "+name, len(g)) {
		v := float64(g[i])
		squares += v * v
		if u < 0 {
			v = -v
		}
		sum += v
	}
	return pinnedGradient{math.Sqrt(squares), sum}
}

// off is how far the length and the projection of a gradient are from PyTorch's, the larger of the two as a part of the length. That of the
// projection is about the length of the difference, the signs being independent.
func (p pinnedGradient) off(name string, g []float32) float64 {
	got := pin(name, g)
	return max(math.Abs(got[0]-p[0]), math.Abs(got[1]-p[1])) / p[0]
}

// A gradient that is permuted, transposed or negated is not right, nor one of another length or parameter.
func TestPinnedGradient(t *testing.T) {
	const rows, columns = 64, 9
	right := make([]float32, rows*columns)
	for i, u := range noise("gradient", len(right)) {
		right[i] = float32(u)
	}
	want := pin("w", right)
	if off := want.off("w", right); off != 0 {
		t.Errorf("the right one is off by %g", off)
	}
	changed := func(f func(i int) float32) []float32 {
		g := make([]float32, len(right))
		for i := range g {
			g[i] = f(i)
		}
		return g
	}
	for name, g := range map[string][]float32{
		"transposed":         changed(func(i int) float32 { return right[i%rows*columns+i/rows] }),
		"shifted":            changed(func(i int) float32 { return right[(i+1)%len(right)] }),
		"reversed":           changed(func(i int) float32 { return right[len(right)-1-i] }),
		"its kernels turned": changed(func(i int) float32 { return right[i/columns*columns+columns-1-i%columns] }),
		"negated":            changed(func(i int) float32 { return -right[i] }),
		"scaled":             changed(func(i int) float32 { return 1.002 * right[i] }),
		"no number":          changed(func(i int) float32 { return float32(math.NaN()) }),
	} {
		if off := want.off("w", g); off <= 1e-3 {
			t.Errorf("%s, it is off by %g alone", name, off)
		}
	}
	if off := want.off("v", right); off <= 1e-3 {
		t.Errorf("of another parameter, it is off by %g alone", off)
	}
}

// Outputs, losses and gradients with weights that a formula makes are PyTorch's, which bench/peer/parity.py --pin wrote. A gradient is
// right in one of several batches: where a rectifier's input is all but zero, rounding decides on which side it is, and with it about a
// part of the gradient.
func TestPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/pytorch.json")
	if err != nil {
		t.Fatal(err)
	}
	var pinned map[string]struct {
		Outputs    []float64
		Parameters []string
		Batches    []struct {
			Loss      float64
			Gradients []*pinnedGradient // nil where there is none but for rounding
		}
	}
	if err := json.Unmarshal(text, &pinned); err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(2)
	defer c.Close()
	c.Random.Off = true
	in := nn.Shape{N: 4, H: 64, W: 64, C: 3}
	x := nn.NewTensor(in)
	labels := []int{0, 100, 200, 300}
	for name, want := range pinned {
		backbone, block, _ := strings.Cut(name, "/")
		if testing.Short() && backbone != "shufflenetv2-0.5" {
			continue
		}
		setup, err := network.Paper(backbone, block)
		if err != nil {
			t.Fatal(err)
		}
		net, err := network.New(&setup, in, 1000, nn.Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range network.Of(&setup).Names().Tensors(net) {
			values := formula(w.Name, w.Shape)
			w.Each(func(ours, theirs int) { w.Data[ours] = float32(values[theirs]) })
		}
		off := map[string]float64{} // of a gradient, at best
		right := func() bool {
			for _, v := range off {
				if !(v <= 1e-3) {
					return false
				}
			}
			return len(off) > 0
		}
		for i, batch := range want.Batches {
			if right() {
				break
			}
			images := make([]float32, in.Len())
			for k, u := range formula(fmt.Sprint("input", i), []int{4, 3, 64, 64}) {
				images[k] = 4 * float32(u)
			}
			channelsLast(x, images)
			if i == 0 {
				c.Train = false
				outputs := net.Forward(c, x).Data
				var largest float64
				for _, y := range want.Outputs {
					largest = max(largest, math.Abs(y))
				}
				for k, y := range want.Outputs {
					if !(math.Abs(float64(outputs[k])-y) <= 1e-4*largest) {
						t.Errorf("%s: output %d is %v, PyTorch's %v", name, k, outputs[k], y)
					}
				}
			}
			c.Train = true
			net.ZeroGrad()
			loss, grad := nn.NewCrossEntropy(in.N, 1000, 0).Loss(c, net.Forward(c, x), labels)
			if !(math.Abs(loss-batch.Loss) <= 1e-4*batch.Loss) {
				t.Errorf("%s: the loss is %v, PyTorch's %v", name, loss, batch.Loss)
			}
			net.Backward(c, grad)
			gradients := map[string][]float32{}
			for _, p := range net.Params {
				w := network.Of(&setup).Names().Tensor(p.Path, p.Shape, p.Grad)
				g := make([]float32, len(p.Grad))
				w.Each(func(ours, theirs int) { g[theirs] = p.Grad[ours] })
				gradients[w.Name] = g
			}
			if len(gradients) != len(want.Parameters) {
				t.Errorf("%s: %d parameters, PyTorch has %d", name, len(gradients), len(want.Parameters))
			}
			for k, parameter := range want.Parameters {
				pinned := batch.Gradients[k]
				if pinned == nil {
					continue
				}
				now := pinned.off(parameter, gradients[parameter])
				if before, ok := off[parameter]; !ok || !(before <= now) {
					off[parameter] = now
				}
			}
		}
		for parameter, v := range off {
			if !(v <= 1e-3) {
				t.Errorf("%s: the gradient of %s is off by %.1g of the length of PyTorch's", name, parameter, v)
			}
		}
	}
}
