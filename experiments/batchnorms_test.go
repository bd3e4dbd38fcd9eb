package experiments

import (
	"path/filepath"
	"testing"

	"cenet/nn"
)

// Shares by hand.
func TestNormShares(t *testing.T) {
	n := &batchNorms{
		layers: []string{"a", "b"}, before: []bool{false, true},
		gamma: [][]float32{{0.05, -0.5}, {0.2, 0.1, -0.05, 1}},
		beta:  [][]float32{{0, 1}, {-1, 0.1, 0, 2}},
	}
	if got, want := n.share(n.all), (normShare{3.0 / 6, 2.0 / 6, 3.0 / 6}); got != want {
		t.Errorf("all: %v, want %v", got, want)
	}
	if got, want := n.share(n.behind), (normShare{0.25, 0.25, 0.5}); got != want {
		t.Errorf("before a block: %v, want %v", got, want)
	}
}

// The page of a file says what was put into it.
func TestStats(t *testing.T) {
	setup, net := forWeights(t, "resnet18", "ce", 1)
	for _, p := range net.Params {
		switch p.Path {
		case "stem/bn/gamma":
			copy(p.Data, []float32{0.05, -0.05, -2}) // of 8 channels
		case "stem/bn/beta":
			for i := range p.Data {
				p.Data[i] = float32(i) // the first is not positive
			}
		}
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := setup.WriteWeights(net, path); err != nil {
		t.Fatal(err)
	}
	page, err := (&Trained{Setup: *setup, Weights: path}).Stats()
	if err != nil {
		t.Fatal(err)
	}
	rows := page.Sections[0].Table.Rows
	if len(rows) != 2+20 {
		t.Fatalf("%d rows, ResNet-18 has 20 BatchNorms", len(rows))
	}
	for i, want := range []string{"stem/bn", "8", "37.50", "25.00", "12.50"} {
		if rows[2][i] != want {
			t.Errorf("column %d of the first layer is %q, want %q", i, rows[2][i], want)
		}
	}
	if _, err := (&Trained{Setup: *setup, Weights: "/nowhere"}).Stats(); err == nil {
		t.Error("no file is no error")
	}
}

// Without dropout a step of training is the same whatever its seed.
func TestWithoutDropout(t *testing.T) {
	setup, err := PaperSetup("mobilenetv2", "none")
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width = 0.25
	in := nn.Shape{N: 2, H: 32, W: 32, C: 3}
	net, err := setup.Network(in, 5, nn.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := nn.NewContext(1)
	defer c.Close()
	c.Train = true
	x := nn.NewTensor(in)
	for i := range x.Data {
		x.Data[i] = float32(i%7) - 3
	}
	output := func(seed uint64, off bool) float32 {
		c.Random.Seed, c.Random.Off = seed, off
		return net.Forward(c, x).Data[0]
	}
	if output(1, false) == output(2, false) {
		t.Error("dropout drops the same with another seed")
	}
	if output(1, true) != output(2, true) {
		t.Error("something is random without dropout")
	}
}
