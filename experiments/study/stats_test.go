package study

import (
	"path/filepath"
	"testing"

	"cenet/experiments/network"
	"cenet/experiments/weights"
	"cenet/nn"
)

// The page of a weights file shows the values in the file.
func TestStats(t *testing.T) {
	setup, err := network.Paper("resnet18", "ce")
	if err != nil {
		t.Fatal(err)
	}
	setup.Model.Width = 0.125
	net, err := network.New(&setup, nn.Shape{N: 1, H: 224, W: 224, C: 3}, 7, nn.Options{Seed: 1, Workers: 1, Inference: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range net.Params {
		switch p.Path {
		case "stem/bn/gamma":
			copy(p.Data, []float32{0.05, -0.05, -2}) // of 8 channels
		case "stem/bn/beta":
			for i := range p.Data {
				p.Data[i] = float32(i - 1) // the first is negative
			}
		}
	}
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := weights.Write(network.Of(&setup), net, nil, path); err != nil {
		t.Fatal(err)
	}
	page, err := Stats(&setup, &weights.Trained{Network: network.Of(&setup), Weights: path})
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
	if _, err := Stats(&setup, &weights.Trained{Network: network.Of(&setup), Weights: "/nowhere"}); err == nil {
		t.Error("expected an error for a missing file")
	}
}
