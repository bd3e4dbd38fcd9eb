// Package network has the registry of channel blocks and builds the networks that settings describe, with their sites and costs.
package network

import (
	"maps"
	"slices"

	"cenet/ce"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/model"
)

// A Block is a channel block that a backbone can carry.
type Block struct {
	About string
	Place spec.Place // where it stands unless a file says otherwise
	New   func(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer
}

// ceStages is where the authors put their block: in stages 1 to 3, and behind the stem.
var ceStages = spec.Place{Stages: []int{1, 2, 3}, Stem: true}

// Blocks by name. A new block is one line here.
var Blocks = map[string]Block{
	"none": {About: "no channel block"},
	"se":   {About: "squeeze-and-excitation", New: newSE},
	"ce":   {About: "Channel Equilibrium: batch decorrelation and instance reweighting", Place: ceStages, New: newCE},
	"bd":   {About: "batch decorrelation alone", Place: ceStages, New: newCE},
	"ir":   {About: "instance reweighting alone", Place: ceStages, New: newCE},
}

func newSE(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
	return nn.NewSE(b, s.Path, s.Channels, setup.SE.Reduction, setup.SE.MinHidden)
}

func newCE(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
	return ce.New(b, s, setup.CE.Options)
}

// Factory makes the setup's block where it is to stand.
func Factory(s *spec.Setup) nn.Factory {
	block := Blocks[s.Model.Block]
	if block.New == nil {
		return nil
	}
	return func(b *nn.Builder, site nn.Site) nn.Layer {
		if !s.Model.Place.Holds(site) {
			return nil
		}
		return block.New(b, site, s)
	}
}

// Sites lists the places that the setup's backbone offers for a block.
func Sites(s *spec.Setup) []nn.Site {
	var list []nn.Site
	_, err := BuildWith(s, nn.NewBuilder(), 2, 3, func(_ *nn.Builder, site nn.Site) nn.Layer {
		list = append(list, site)
		return nil
	})
	if err != nil {
		return nil
	}
	return list
}

// Build makes the network's layers for images of so many channels.
func Build(s *spec.Setup, b *nn.Builder, classes, inputs int) (nn.Layer, error) {
	return BuildWith(s, b, classes, inputs, Factory(s))
}

// BuildWith is build with blocks from a factory of the caller's.
func BuildWith(s *spec.Setup, b *nn.Builder, classes, inputs int, blocks nn.Factory) (nn.Layer, error) {
	return model.Backbones[s.Model.Backbone](b, model.Spec{
		Classes:      classes,
		Inputs:       inputs,
		Width:        s.Model.Width,
		Small:        s.Model.Stem == "small",
		ZeroLastGain: s.Model.ZeroLastGamma,
		Block:        blocks,
		Norm:         s.Model.Norm,
		NormGroup:    s.Model.NormGroup,
		Rectifier:    s.Model.Rectifier,
	})
}

// Register adds the names of networks and of what they are made of to those that files may use.
func Register(n *spec.Names) {
	n.Backbones = slices.Sorted(maps.Keys(model.Backbones))
	n.Stems = []string{"imagenet", "small"}
	n.Blocks = slices.Sorted(maps.Keys(Blocks))
	n.Optimizers = []string{"sgd"}
	n.Places = map[string]spec.Place{}
	for name, b := range Blocks {
		n.Places[name] = b.Place
	}
	n.Staged = model.Staged
	n.Sites = Sites
}
