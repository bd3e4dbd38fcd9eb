package ce

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"testing"
)

// golden is one file of testdata: see PROVENANCE.md there.
type golden map[string]struct {
	Shape []int
	Data  []float64
}

func readGolden(t *testing.T, name string) golden {
	t.Helper()
	file, err := os.Open("testdata/" + name + ".json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.NewDecoder(plain).Decode(&g); err != nil {
		t.Fatal(err)
	}
	return g
}

func (g golden) shape() (shape Shape, channels, group int) {
	s := g["input"].Shape
	return Shape{s[0], s[2], s[3]}, s[1], g["running_wm"].Shape[1]
}

// nhwc returns the entry of shape N, C, H, W as N, H, W, C.
func (g golden) nhwc(name string) []float64 {
	s, x := g[name].Shape, g[name].Data
	out := make([]float64, len(x))
	for i, v := range x {
		pixel, c, n := i%(s[2]*s[3]), i/(s[2]*s[3])%s[1], i/(s[1]*s[2]*s[3])
		out[(n*s[2]*s[3]+pixel)*s[1]+c] = v
	}
	return out
}

// definition returns the block with the file's parameters.
func (g golden) definition() *Definition {
	_, channels, group := g.shape()
	d := NewDefinition(Official(), channels, group)
	d.Parameters = Parameters{
		W1:    g["param.AR.fc.0.weight"].Data,
		Gamma: g["param.AR.fc.1.weight"].Data,
		Beta:  g["param.AR.fc.1.bias"].Data,
		W2:    g["param.AR.fc.3.weight"].Data,
		W:     g["param.x_weight"].Data,
	}
	return d
}

// distance is the largest difference, relative to the largest entry of want.
func distance(got, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	var difference, largest float64
	for i := range want {
		if math.IsNaN(got[i]) {
			return math.Inf(1)
		}
		difference = max(difference, math.Abs(got[i]-want[i]))
		largest = max(largest, math.Abs(want[i]))
	}
	if difference == 0 {
		return 0
	}
	return difference / largest
}

func near(t *testing.T, what string, got, want []float64, tolerance float64) {
	t.Helper()
	if d := distance(got, want); !(d <= tolerance) {
		t.Errorf("%s: off by %.2g of the largest entry, more than %g", what, d, tolerance)
	}
}

func TestDefinitionGolden(t *testing.T) {
	for _, name := range []string{"c0_4x8x5x5_nc4_f64", "c2_2x64x4x4_nc16_f64"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const tolerance = 1e-9
			g := readGolden(t, name)
			shape, _, _ := g.shape()
			d, x, dy := g.definition(), g.nhwc("input"), g.nhwc("upstream_grad")

			y, after := d.Forward(x, shape, true)
			near(t, "output", y, g.nhwc("output_train"), tolerance)
			near(t, "running P", after.P, g["running_wm"].Data, tolerance)
			near(t, "running mean", after.Mean, g["running_mean"].Data, tolerance)
			near(t, "running scale", []float64{after.Scale}, g["running_scale"].Data, tolerance)

			if !raceDetector || len(x) < 1000 {
				dx, dp := d.Gradient(x, dy, shape, true)
				near(t, "input gradient", dx, g.nhwc("input_grad"), tolerance)
				near(t, "w", dp.W, g["grad.x_weight"].Data, tolerance)
				near(t, "γ", dp.Gamma, g["grad.AR.fc.1.weight"].Data, tolerance)
				near(t, "β", dp.Beta, g["grad.AR.fc.1.bias"].Data, tolerance)
				near(t, "W₂", dp.W2, g["grad.AR.fc.3.weight"].Data, tolerance)
				if d.Options.Hidden(d.Channels) > 2 {
					near(t, "W₁", dp.W1, g["grad.AR.fc.0.weight"].Data, tolerance)
				} else {
					// LayerNorm over two units is ±1 whatever it is given, but for its ε.
					for i, want := range g["grad.AR.fc.0.weight"].Data {
						if math.Abs(dp.W1[i]-want) > 1e-12 {
							t.Errorf("W₁: gradient %g, want %g", dp.W1[i], want)
						}
					}
				}
			}

			d.Running = after
			y, _ = d.Forward(x, shape, false)
			near(t, "output in evaluation", y, g.nhwc("output_eval"), tolerance)
		})
	}
}
