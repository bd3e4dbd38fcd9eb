package nn_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"cenet/nn"
	"cenet/nn/nntest"
)

// The layers agree with PyTorch's, forward and backward, to 1e-5. testdata/norms.py writes the figures.
func TestNormsAgainstPyTorch(t *testing.T) {
	text, err := os.ReadFile("testdata/norms.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Shape [4]int
		Cases []struct {
			Name                                     string
			Groups                                   int
			X, Gamma, Beta, DY, Y, DX, DGamma, DBeta []float32
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	s := file.Shape
	in := nn.Shape{N: s[0], H: s[1], W: s[2], C: s[3]}
	if len(file.Cases) != 3 {
		t.Fatalf("%d cases", len(file.Cases))
	}
	for _, k := range file.Cases {
		b := nn.NewBuilder()
		make := map[string]func() *nn.GroupNorm{
			"GroupNorm":    func() *nn.GroupNorm { return nn.NewGroupNorm(b, "l", in.C, k.Groups, 1) },
			"InstanceNorm": func() *nn.GroupNorm { return nn.NewInstanceNorm(b, "l", in.C, 1) },
			"LayerNorm":    func() *nn.GroupNorm { return nn.NewLayerNorm(b, "l", in.C, 1) },
		}[k.Name]
		norm := make()
		net, err := b.Build(norm, in, nn.Options{Workers: 1, InputGrad: true})
		if err != nil {
			t.Fatal(err)
		}
		copy(norm.Gamma.Data, k.Gamma)
		copy(norm.Beta.Data, k.Beta)
		c := nn.NewContext(1)
		defer c.Close()
		c.Train = true
		net.ZeroGrad()
		y := net.Forward(c, nn.Tensor{Shape: in, Data: k.X})
		close := func(what string, got, want []float32) {
			if len(got) != len(want) {
				t.Fatalf("%s %s: %d values, want %d", k.Name, what, len(got), len(want))
			}
			for i := range got {
				if d := math.Abs(float64(got[i] - want[i])); !(d <= 1e-5*math.Max(1, math.Abs(float64(want[i])))) {
					t.Errorf("%s %s[%d]: %v, want %v", k.Name, what, i, got[i], want[i])
				}
			}
		}
		close("y", y.Data, k.Y)
		dx := net.Backward(c, nn.Tensor{Shape: in, Data: k.DY})
		close("dx", dx.Data, k.DX)
		close("dgamma", norm.Gamma.Grad, k.DGamma)
		close("dbeta", norm.Beta.Grad, k.DBeta)
	}
}

func TestNormsAndRectifiers(t *testing.T) {
	wrong := []nn.Shape{{N: 1, H: 9, W: 9, C: 5}}
	for _, k := range []nntest.Case{
		{Name: "group norm", In: nn.Shape{N: 4, H: 5, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewGroupNorm(b, "l", 6, 2,
				1)
		}, Bad: wrong},
		{Name: "instance norm", In: nn.Shape{N: 4, H: 5, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewInstanceNorm(b, "l", 6,
				1)
		},
			Bad: append(wrong, nn.Shape{N: 2, H: 1, W: 1, C: 6})},
		{Name: "layer norm", In: nn.Shape{N: 4, H: 5, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer { return nn.NewLayerNorm(b, "l", 6, 1) },
			Bad: wrong},
		{Name: "group norm, ReLU", In: nn.Shape{N: 4, H: 5, W: 3, C: 6}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewGroupNorm(b, "l", 6, 3, 3), &nn.Tap{}, nn.NewReLU("r"))
		}, Bad: wrong, Input: spread},
		{Name: "ELU", In: nn.Shape{N: 2, H: 3, W: 4, C: 5}, Build: func(*nn.Builder) nn.Layer { return nn.NewELU("l") }, Input: spread},
		{Name: "leaky ReLU", In: nn.Shape{N: 2, H: 3, W: 4, C: 5}, Build: func(*nn.Builder) nn.Layer { return nn.NewLeakyReLU("l") },
			Input: spread},
		{Name: "sum, ELU", In: nn.Shape{N: 3, H: 4, W: 3, C: 4}, Build: func(b *nn.Builder) nn.Layer {
			return nn.NewSequential(nn.NewELU("r"), nn.NewSum("l", nn.NewSequential(
				nn.NewConv(b, "c", nn.ConvSpec{In: 4, Out: 4, Kernel: 3, Stride: 1, Pad: 1}), nn.NewGroupNorm(b, "n", 4, 2, 1), &nn.Tap{}), nil),
				nn.NewELU("s"))
		}, Input: spread},
	} {
		k.Path = "l"
		nntest.Run(t, k)
	}
}
