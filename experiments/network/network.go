package network

import (
	"cmp"
	"errors"
	"maps"
	"strings"

	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/model"
	"cenet/nn/statedict"
)

// The paper's images and classes, and how often an inference is timed.
const (
	PaperSide    = 224
	PaperClasses = 1000
	PaperRuns    = 15
)

// Describe returns the layers and parameters of the setup's network for images of the given shape.
func Describe(s spec.Setup, in nn.Shape, classes int) ([]nn.LayerInfo, []*nn.Param, error) {
	b := nn.NewBuilder()
	root, err := Build(&s, b, classes, in.C)
	if err != nil {
		return nil, nil, err
	}
	return b.Describe(root, in)
}

// Totals sums a description: parameters, multiply-accumulates, and all operations under the rule of nn.Cost.
func Totals(layers []nn.LayerInfo, params []*nn.Param) (count, macs, all int) {
	for _, l := range layers {
		macs += l.MACs
		all += l.MACs + l.Other
	}
	for _, p := range params {
		count += nn.Size(p.Shape)
	}
	return count, macs, all
}

// Precision is that of the setup's products; float32 where it says nothing.
func Precision(s *spec.Setup) nn.Precision { return nn.PrecisionNamed(s.Train.Precision) }

// New builds the setup's network for images of the given shape, in the setup's precision.
func New(s *spec.Setup, in nn.Shape, classes int, o nn.Options) (*nn.Network, error) {
	b := nn.NewBuilder()
	root, err := Build(s, b, classes, in.C)
	if err != nil {
		return nil, err
	}
	o.Precision = Precision(s)
	return b.Build(root, in, o)
}

// A Network is the one of a setup, for package weights, which knows nothing of setups.
type Network struct{ setup *spec.Setup }

// Of is the setup's network. Later changes of the setup are changes of the network.
func Of(s *spec.Setup) Network { return Network{s} }

// String names the network for people.
func (n Network) String() string { return n.setup.Model.Backbone + " with " + n.setup.Model.Block }

// Names are those of its parameters and buffers in PyTorch.
func (n Network) Names() statedict.Names {
	block := Blocks[n.setup.Model.Block].Torch
	block.Module = cmp.Or(block.Module, n.setup.Model.Block)
	return statedict.Names{Backbone: n.setup.Model.Backbone, Block: block}
}

// Precision is that of its products.
func (n Network) Precision() nn.Precision { return Precision(n.setup) }

// Small reports whether it takes small images, of no usual size.
func (n Network) Small() bool {
	return n.setup.Model.Stem != "imagenet" || model.Backbones[n.setup.Model.Backbone].Small
}

// Layers makes them for images of the given number of channels.
func (n Network) Layers(b *nn.Builder, classes, channels int) (nn.Layer, error) {
	return Build(n.setup, b, classes, channels)
}

// Settings are those among the settings of a trial that make its network, and its precision where that is not float32.
func Settings(settings map[string]any) map[string]any {
	own := maps.Clone(settings)
	maps.DeleteFunc(own, func(key string, v any) bool {
		section, _, _ := strings.Cut(key, ".")
		if key == "train.precision" {
			return v == nn.Float32.String()
		}
		_, ofBlock := Blocks[section]
		return key == spec.WeightsKey || section != "model" && !ofBlock
	})
	return own
}

// FromSettings is the setup of a network that Settings describe. The error says which setting is missing or wrong.
func FromSettings(settings map[string]any) (spec.Setup, error) {
	var names spec.Names
	Register(&names)
	s, err := names.SetupOf(settings)
	if err == nil && s.Model.Backbone == "" {
		err = errors.New("setting model.backbone is missing")
	}
	return s, err
}

// Paper is the paper's network by name, with a block at its default place and options.
func Paper(backbone, block string) (spec.Setup, error) {
	var n spec.Names
	Register(&n)
	return n.Setup(map[string]string{"model.backbone": backbone, "model.block": block})
}
