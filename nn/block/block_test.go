package block_test

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"cenet/nn"
	"cenet/nn/block"
	"cenet/nn/nntest"
)

// builds makes every block for images with the given number of channels, by the names in testdata/vectors.json.
var builds = map[string]func(b *nn.Builder, channels int) nn.Layer{
	"CBAM": func(b *nn.Builder, c int) nn.Layer { return block.NewCBAM(b, "l", c, 16, 4) },
	"SRM":  func(b *nn.Builder, c int) nn.Layer { return block.NewSRM(b, "l", c) },
	"GC":   func(b *nn.Builder, c int) nn.Layer { return block.NewGC(b, "l", c, 16, 4) },
	"GE":   func(b *nn.Builder, c int) nn.Layer { return block.NewGE(b, "l", c) },
	"GCT":  func(b *nn.Builder, c int) nn.Layer { return block.NewGCT(b, "l", c) },
	"IterNorm": func(b *nn.Builder, c int) nn.Layer {
		return block.NewIterNorm(b, nn.Site{Path: "l", Channels: c}, 4)
	},
}

func TestBlocks(t *testing.T) {
	for name, build := range builds {
		k := nntest.Case{
			Name: name, In: nn.Shape{N: 9, H: 4, W: 3, C: 8}, Path: "l", Bad: []nn.Shape{{N: 1, H: 9, W: 9, C: 5}},
			Build: func(b *nn.Builder) nn.Layer { return build(b, 8) },
		}
		nntest.Run(t, k)
	}
}

// vectors are what PyTorch makes of a block: testdata/vectors.py writes them.
type vectors struct {
	Name         string
	X, DY, Y, DX []float32
	Params       map[string]struct{ Data []float32 }
	Grads        map[string][]float32
	Evaluation   []float32
}

// Blocks agree with their PyTorch versions to 1e-5: the output of a step of training, all gradients, and the output in evaluation
// afterwards.
func TestAgainstPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Shape [4]int
		Cases []vectors
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) != len(builds) {
		t.Errorf("%d cases of %d blocks", len(file.Cases), len(builds))
	}
	in := nn.Shape{N: file.Shape[0], H: file.Shape[1], W: file.Shape[2], C: file.Shape[3]}
	for _, k := range file.Cases {
		t.Run(k.Name, func(t *testing.T) { k.compare(t, in) })
	}
}

func (k vectors) compare(t *testing.T, in nn.Shape) {
	b := nn.NewBuilder()
	net, err := b.Build(builds[k.Name](b, in.C), in, nn.Options{Workers: 1, InputGrad: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(net.Params) != len(k.Params) {
		t.Errorf("%d parameters, want %d", len(net.Params), len(k.Params))
	}
	for _, p := range net.Params {
		if n := copy(p.Data, k.Params[strings.TrimPrefix(p.Path, "l/")].Data); n != len(p.Data) {
			t.Fatalf("%s: %d of %d entries", p.Path, n, len(p.Data))
		}
	}
	c := nn.NewContext(1)
	defer c.Close()
	c.Train = true
	x := nn.Tensor{Shape: in, Data: k.X}
	close(t, "y", net.Forward(c, x).Data, k.Y)
	close(t, "dx", net.Backward(c, nn.Tensor{Shape: in, Data: k.DY}).Data, k.DX)
	for _, p := range net.Params {
		close(t, "gradient of "+p.Path, p.Grad, k.Grads[strings.TrimPrefix(p.Path, "l/")])
	}
	c.Train = false
	close(t, "evaluation", net.Forward(c, x).Data, k.Evaluation)
}

// close compares to 1e-5 of an entry, or of 1 where that is larger.
func close(t *testing.T, what string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d entries, want %d", what, len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i] - w)); !(d <= 1e-5*math.Max(1, math.Abs(float64(w)))) {
			t.Errorf("%s[%d] is %v, want %v", what, i, got[i], w)
		}
	}
}
