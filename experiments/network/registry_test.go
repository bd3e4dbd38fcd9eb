package network

import (
	"strings"
	"testing"

	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/model"
	"cenet/nn/nntest"
	"cenet/results/chart"
)

// An entry says all that is to be said, and a block's settings have its table and are of use with it alone.
func TestRegistry(t *testing.T) {
	looks := map[chart.BlockStyle]string{}
	for name, b := range Blocks {
		if b.About == "" || b.Label == "" {
			t.Errorf("block %s has no line, or no label: %+v", name, b)
		}
		grey := chart.BlockStyle{Marker: b.Style.Marker, Dashes: b.Style.Dashes}
		if other := looks[grey]; other != "" && b.Style != (chart.BlockStyle{}) {
			t.Errorf("%s and %s look the same in grey", name, other)
		}
		looks[grey] = name
	}
	for name, b := range model.Backbones {
		if b.Label == "" || b.New == nil {
			t.Errorf("backbone %s has no label, or nothing that builds it", name)
		}
	}
}

// Every block passes the suite of layers with its own settings: gradients, bits, devices, extreme inputs.
func TestBlocksPassTheSuite(t *testing.T) {
	const channels = 16
	for name, block := range Blocks {
		if block.New == nil {
			continue
		}
		setup, err := Paper("resnet20", name)
		if err != nil {
			t.Fatal(err)
		}
		nntest.Run(t, nntest.Case{
			Name: name, In: nn.Shape{N: 6, H: 3, W: 3, C: channels}, Path: "l", Bad: []nn.Shape{{N: 1, H: 9, W: 9, C: channels + 1}},
			Tolerance: 1e-4,
			Build: func(b *nn.Builder) nn.Layer {
				return block.New(b, nn.Site{Path: "l", Stage: 1, Channels: channels}, &setup)
			},
		})
	}
}

// A setting that the registry adds is checked, counted in what a trial is, and has no effect without its block.
func TestAddedSettings(t *testing.T) {
	var names spec.Names
	Register(&names)
	load := func(block, line string) (*spec.Spec, error) {
		return spec.Load("t.toml", []byte("title = \"t\"\nseeds = [1]\n[data]\nsource = \"fashion-mnist\"\n[model]\nbackbone = "+
			"\"resnet18\"\nblock = \""+block+
			"\"\n[train]\nepochs = 1\nbatch = 8\nlr = 0.1\n[se]\n"+line+"\n"), names)
	}
	four, err := load("se", "reduction = 4")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := load("se", "")
	if err != nil {
		t.Fatal(err)
	}
	a, b := four.Trials()[0], plain.Trials()[0]
	if spec.Of[nn.SEOptions](a).Reduction != 4 || spec.Of[nn.SEOptions](b).Reduction != 16 || a.Identity("", "") == b.Identity("", "") {
		t.Errorf("reductions %v and %v, identities %s and %s", a.Sections, b.Sections, a.Identity("", ""), b.Identity("", ""))
	}
	for line, want := range map[string]string{
		"reduction = 0":  "t.toml:13: se.reduction: 0 is out of range",
		"reductio = 4":   `t.toml:13: se.reductio: unknown key; nearest: "se.reduction"`,
		"reduction = []": "t.toml:13: se.reduction: expected an integer",
	} {
		if _, err := load("se", line); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
	if _, err := load("none", "reduction = 4"); err == nil || !strings.Contains(err.Error(),
		`has no effect: no trial has model.block = "se"`) {
		t.Errorf("without the block: %v", err)
	}
}
