package network

import (
	"cenet/experiments/spec"
	"cenet/nn"
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

// Paper is the paper's network by name, with a block at its default place and options.
func Paper(backbone, block string) (spec.Setup, error) {
	var n spec.Names
	Register(&n)
	return n.Setup(map[string]string{"model.backbone": backbone, "model.block": block})
}
