// Package network has the registry of channel blocks and builds the networks that settings describe, with their sites and costs.
package network

import (
	"slices"

	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/block"
	"cenet/nn/model"
	"cenet/nn/statedict"
	"cenet/results"
	"cenet/results/chart"
	"cenet/results/stats"
)

// A Block is a channel block that a backbone can carry, with its label, style and place.
type Block struct {
	About    string           // one line
	Label    string           // for people, in tables and plots
	Style    chart.BlockStyle // of its lines in plots; the zero value: one that follows from the name
	Place    spec.Place       // where it is placed unless a file says otherwise
	Settings any              // a struct whose tagged fields are the settings of its own; nil: it has none
	Table    string           // of a file, with these settings; "": the block's name. Blocks may share one
	// Rivals are the blocks, in addition to none, that it is compared with, and Claimed those, none among them, than which the paper claims it
	// to be better.
	Rivals, Claimed []string
	// Control is that everybody finds it better than none: an experiment that does not find it can say little of others.
	Control bool
	Torch   Torch // without a Module, the name of the block is the module's
	New     func(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer
}

// Torch says how a block's parameters and buffers are called in a state dictionary of PyTorch.
type Torch = statedict.Block

// ceStages is where the authors put their block: in stages 1 to 3, and after the stem.
var ceStages = spec.Place{Stages: []int{1, 2, 3}, Stem: true}

// ceTorch has the names of the authors' released code.
var ceTorch = Torch{Module: "ce", Parts: map[string]string{
	"w1": "AR.fc.0.weight", "ln/gamma": "AR.fc.1.weight", "ln/beta": "AR.fc.1.bias", "w2": "AR.fc.3.weight",
	"lambda": "x_weight", "running_p": "running_wm", "running_scale": "AR.running_scale", "running_weight": "AR.running_weight",
}}

// Blocks by name. A new block is one value here.
var Blocks = map[string]Block{
	"none": {About: "no channel block", Label: "baseline", Style: chart.BlockStyle{Rank: 1, Colour: "dark grey", Marker: "disc",
		Dashes: "dashed"}},
	"se": {
		About: "squeeze-and-excitation", Label: "SE", Control: true,
		Style:    chart.BlockStyle{Rank: 2, Colour: "orange", Marker: "square", Dashes: "dash-dot"},
		Settings: nn.SEOptions{},
		Torch: Torch{Module: "se", Linear: true,
			Parts: map[string]string{"w1": "fc1.weight", "b1": "fc1.bias", "w2": "fc2.weight", "b2": "fc2.bias"}},
		New: func(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
			o := spec.Of[nn.SEOptions](setup)
			return nn.NewSE(b, s.Path, s.Channels, o.Reduction, o.MinHidden)
		},
	},
	"eca": {
		About: "efficient channel attention: a convolution over the means of neighbouring channels", Label: "ECA",
		Style: chart.BlockStyle{Rank: 6, Colour: "purple", Marker: "square", Dashes: "long dashes"},
		Torch: Torch{Module: "eca", Timm: "se", Parts: map[string]string{"weight": "conv.weight"}},
		New:   func(b *nn.Builder, s nn.Site, _ *spec.Setup) nn.Layer { return nn.NewECA(b, s.Path, s.Channels) },
	},
	"cbam": {
		About: "convolutional block attention module: channels, then pixels", Label: "CBAM",
		Style:    chart.BlockStyle{Rank: 7, Colour: "sky blue", Marker: "disc", Dashes: "solid"},
		Settings: block.CBAMOptions{},
		Torch: Torch{Module: "cbam", Linear: true, Parts: withNorm("bn", "SpatialGate.spatial.bn", map[string]string{
			"w1": "ChannelGate.mlp.1.weight", "b1": "ChannelGate.mlp.1.bias", "w2": "ChannelGate.mlp.3.weight", "b2": "ChannelGate.mlp.3.bias",
			"conv/weight": "SpatialGate.spatial.conv.weight",
		})},
		New: func(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
			o := spec.Of[block.CBAMOptions](setup)
			return block.NewCBAM(b, s.Path, s.Channels, o.Reduction, o.MinHidden)
		},
	},
	"srm": {
		About: "style recalibration: channels by their means and standard deviations", Label: "SRM",
		Style: chart.BlockStyle{Rank: 8, Colour: "green", Marker: "square", Dashes: "dotted"},
		Torch: Torch{Module: "srm", Linear: true, Parts: withNorm("bn", "bn", map[string]string{})},
		New:   func(b *nn.Builder, s nn.Site, _ *spec.Setup) nn.Layer { return block.NewSRM(b, s.Path, s.Channels) },
	},
	"gc": {
		About: "global context: a mean weighted by attention is added to all pixels", Label: "GC",
		Style:    chart.BlockStyle{Rank: 9, Colour: "vermillion", Marker: "diamond", Dashes: "dash-dot"},
		Settings: block.GCOptions{},
		Torch: Torch{Module: "gc", Linear: true, Parts: map[string]string{
			"mask/weight": "conv_mask.weight", "w1": "channel_add_conv.0.weight", "b1": "channel_add_conv.0.bias",
			"gamma": "channel_add_conv.1.weight",
			"beta":  "channel_add_conv.1.bias", "w2": "channel_add_conv.3.weight", "b2": "channel_add_conv.3.bias",
		}},
		New: func(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
			o := spec.Of[block.GCOptions](setup)
			return block.NewGC(b, s.Path, s.Channels, o.Reduction, o.MinHidden)
		},
	},
	"ge": {
		About: "gather-excite without parameters: channels by their own means", Label: "GE",
		Style: chart.BlockStyle{Rank: 10, Colour: "purple", Marker: "disc", Dashes: "dotted"},
		Torch: Torch{Module: "ge"},
		New:   func(b *nn.Builder, s nn.Site, _ *spec.Setup) nn.Layer { return block.NewGE(b, s.Path, s.Channels) },
	},
	"gct": {
		About: "gated channel transformation: channels compete by their norms", Label: "GCT",
		Style: chart.BlockStyle{Rank: 11, Colour: "orange", Marker: "inverted triangle", Dashes: "dashed"},
		Torch: Torch{Module: "gct"},
		New:   func(b *nn.Builder, s nn.Site, _ *spec.Setup) nn.Layer { return block.NewGCT(b, s.Path, s.Channels) },
	},
	"iternorm": {
		About: "iterative normalisation: channels decorrelated in groups", Label: "IterNorm",
		Style:    chart.BlockStyle{Rank: 12, Colour: "sky blue", Marker: "triangle", Dashes: "long dashes"},
		Settings: block.IterNormOptions{},
		Torch:    Torch{Module: "iternorm", Parts: map[string]string{"whiten/running_p": "running_wm", "whiten/running_mean": "running_mean"}},
		New: func(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
			return block.NewIterNorm(b, s, spec.Of[block.IterNormOptions](setup).Group)
		},
	},
	"ce": {
		About: "Channel Equilibrium: batch decorrelation and instance reweighting", Label: "CE",
		Style:  chart.BlockStyle{Rank: 3, Colour: "blue", Marker: "triangle", Dashes: "solid"},
		Rivals: []string{"se", "bd", "ir"}, Claimed: []string{"none", "se"},
		Settings: CE{}, Table: ceTable, Place: ceStages, Torch: ceTorch, New: newCE,
	},
	"bd": {
		About: "batch decorrelation alone", Label: "BD",
		Style:    chart.BlockStyle{Rank: 4, Colour: "green", Marker: "diamond", Dashes: "long dashes"},
		Settings: CE{}, Table: ceTable, Place: ceStages, Torch: ceTorch, New: newCE,
	},
	"ir": {
		About: "instance reweighting alone", Label: "IR",
		Style:    chart.BlockStyle{Rank: 5, Colour: "vermillion", Marker: "inverted triangle", Dashes: "dotted"},
		Settings: CE{}, Table: ceTable, Place: ceStages, Torch: ceTorch, New: newCE,
	},
}

// withNorm adds the names of a batch normalisation to those of a block's parts.
func withNorm(ours, theirs string, parts map[string]string) map[string]string {
	for part, name := range map[string]string{"gamma": "weight", "beta": "bias", "running_mean": "running_mean",
		"running_variance": "running_var"} {
		parts[ours+"/"+part] = theirs + "." + name
	}
	return parts
}

// Stems are the kinds of first layers: imagenet, as published; small, for images of 32×32: in most networks 3×3 of stride 1 without
// pooling; strided, the same with stride 2.
var Stems = []string{"imagenet", "small", "strided"}

// Factory makes the setup's block where it is to stand.
func Factory(s *spec.Setup) nn.Factory {
	entry := Blocks[s.Model.Block]
	if entry.New == nil {
		return nil
	}
	return func(b *nn.Builder, site nn.Site) nn.Layer {
		if !Holds(&s.Model.Place, site) {
			return nil
		}
		return entry.New(b, site, s)
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

// Build makes the network's layers for images of the given number of channels.
func Build(s *spec.Setup, b *nn.Builder, classes, inputs int) (nn.Layer, error) {
	return BuildWith(s, b, classes, inputs, Factory(s))
}

// BuildWith is build with blocks from a factory of the caller's.
func BuildWith(s *spec.Setup, b *nn.Builder, classes, inputs int, blocks nn.Factory) (nn.Layer, error) {
	lastGamma := float32(s.Model.LastGamma)
	return model.Backbones[s.Model.Backbone].New(b, model.Spec{
		Classes:   classes,
		Inputs:    inputs,
		Width:     s.Model.Width,
		Small:     s.Model.Stem != "imagenet",
		Strided:   s.Model.Stem == "strided",
		LastGamma: &lastGamma,
		Block:     blocks,
		Norm:      s.Model.Norm,
		NormGroup: s.Model.NormGroup,
		Rectifier: s.Model.Rectifier,
	})
}

// Styles are those of the blocks that have one of their own.
func Styles() chart.Styles {
	styles := chart.Styles{}
	for name, b := range Blocks {
		if b.Style != (chart.BlockStyle{}) {
			styles[name] = b.Style
		}
	}
	return styles
}

// Comparisons are those of each of the blocks with no block and with its rivals, as far as these are among the blocks too, in the order of
// the blocks.
func Comparisons(blocks []string) []stats.Comparison {
	list := []stats.Comparison{}
	for _, name := range blocks {
		b := Blocks[name]
		for _, rival := range append([]string{"none"}, b.Rivals...) {
			if rival == name || !slices.Contains(blocks, rival) {
				continue
			}
			c := stats.Comparison{Key: results.BlockKey, Value: name, Against: rival, Role: stats.NotInPaper}
			switch {
			case slices.Contains(b.Claimed, rival):
				c.Role = stats.FromPaper
			case b.Control && rival == "none":
				c.Role = stats.Control
			}
			list = append(list, c)
		}
	}
	return list
}
