package experiments

import (
	"maps"
	"slices"

	"cenet/ce"
	"cenet/nn"
	"cenet/nn/dataset"
	"cenet/nn/model"
)

// A Block is a channel block that a backbone can carry.
type Block struct {
	About string
	Place Place // where it stands unless a file says otherwise
	New   func(b *nn.Builder, s nn.Site, setup *Setup) nn.Layer
}

// ceStages is where the authors put their block: in stages 1 to 3, and behind the stem.
var ceStages = Place{Stages: []int{1, 2, 3}, Stem: true}

// Blocks by name. A new block is one line here.
var Blocks = map[string]Block{
	"none": {About: "no channel block"},
	"se":   {About: "squeeze-and-excitation", New: newSE},
	"ce":   {About: "Channel Equilibrium: batch decorrelation and instance reweighting", Place: ceStages, New: newCE},
	"bd":   {About: "batch decorrelation alone", Place: ceStages, New: newCE},
	"ir":   {About: "instance reweighting alone", Place: ceStages, New: newCE},
}

func newSE(b *nn.Builder, s nn.Site, setup *Setup) nn.Layer {
	return nn.NewSE(b, s.Path, s.Channels, setup.SE.Reduction, setup.SE.MinHidden)
}

func newCE(b *nn.Builder, s nn.Site, setup *Setup) nn.Layer {
	return ce.New(b, s, setup.CE.Options)
}

// Registered returns the names that files may use.
func Registered() Names {
	places := map[string]Place{}
	for name, b := range Blocks {
		places[name] = b.Place
	}
	return Names{
		Backbones:  slices.Sorted(maps.Keys(model.Backbones)),
		Stems:      []string{"imagenet", "small"},
		Blocks:     slices.Sorted(maps.Keys(Blocks)),
		Sources:    slices.Sorted(maps.Keys(dataset.Sources)),
		Optimizers: []string{"sgd"},
		Checks:     slices.Sorted(maps.Keys(Checks)),
		Places:     places,
		Staged:     model.Staged,
		Sites:      (*Setup).sites,
		ReadsDir:   func(source string) bool { return dataset.Sources[source].NeedsDir },
		NeedsDir: func(source string) bool {
			s := dataset.Sources[source]
			return s.NeedsDir && s.Archive == nil // an archive is looked for where fetch puts it
		},
	}
}

// factory makes the setup's block where it is to stand.
func (s *Setup) factory() nn.Factory {
	block := Blocks[s.Model.Block]
	if block.New == nil {
		return nil
	}
	return func(b *nn.Builder, site nn.Site) nn.Layer {
		if !s.Model.Place.holds(site) {
			return nil
		}
		return block.New(b, site, s)
	}
}

// sites lists the places that the setup's backbone offers for a block.
func (s *Setup) sites() []nn.Site {
	var list []nn.Site
	_, err := s.buildWith(nn.NewBuilder(), 2, 3, func(_ *nn.Builder, site nn.Site) nn.Layer {
		list = append(list, site)
		return nil
	})
	if err != nil {
		return nil
	}
	return list
}

// holds tells whether a block stands at the site.
func (p Place) holds(s nn.Site) bool {
	if s.Stem() {
		return p.Stem
	}
	if p.Stages != nil && !slices.Contains(p.Stages, s.Stage) {
		return false
	}
	if s.Unit%max(1, p.Every) != 0 {
		return false
	}
	switch p.Position {
	case "bn1":
		return s.Position == 1
	case "bn2":
		return s.Position == 2
	case "bn3":
		return s.Position == 3
	}
	return s.Last
}

// build makes the network's layers for images of so many channels.
func (s *Setup) build(b *nn.Builder, classes, inputs int) (nn.Layer, error) {
	return s.buildWith(b, classes, inputs, s.factory())
}

// buildWith is build with blocks from a factory of the caller's.
func (s *Setup) buildWith(b *nn.Builder, classes, inputs int, blocks nn.Factory) (nn.Layer, error) {
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
