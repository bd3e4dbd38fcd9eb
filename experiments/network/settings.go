package network

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"cenet/ce"
	"cenet/experiments/spec"
	"cenet/nn"
	"cenet/nn/model"
)

// CE are the settings of Channel Equilibrium and of its branches alone: a preset, and what a file changes in it.
type CE struct {
	_          struct{} `doc:"values of the options that follow: the authors' released code, or their paper"`
	Preset     string   `toml:"preset" default:"official" is:"shorthand" needs:"model.block=ce|bd|ir"`
	ce.Options          // Branch follows from the model's block; "": the block is another
}

// ceTable is the table of CE.
const ceTable = "ce"

// Conflict reports a λ that cannot be learned.
func (c CE) Conflict() (keys []string, text string) {
	if λ := c.Lambda; c.Branch == ce.Both && c.LearnLambda && (λ == 0 || λ == 1) {
		return []string{"lambda", "learn_lambda"}, fmt.Sprintf("%s is an end of the range, which only ce.learn_lambda = false can hold",
			spec.Number(λ))
	}
	return nil, ""
}

func newCE(b *nn.Builder, s nn.Site, setup *spec.Setup) nn.Layer {
	return ce.New(b, s, spec.Of[CE](setup).Options)
}

// Decorrelates reports whether the setup's block has batch decorrelation.
func Decorrelates(s *spec.Setup) bool {
	branch := spec.Of[CE](s).Branch
	return branch == ce.Both || branch == ce.Decorrelate
}

// PlaceOf is where a block is placed in a backbone unless a file says otherwise.
func PlaceOf(block, backbone string) spec.Place {
	place := Blocks[block].Place
	if backbone != "" && !model.Staged(backbone) {
		place.Stages, place.Stem = nil, false
	}
	place.Stages = slices.Clone(place.Stages)
	place.Every = max(1, place.Every)
	place.Position = cmp.Or(place.Position, "last")
	return place
}

// Holds reports whether a place includes a site.
func Holds(p *spec.Place, s nn.Site) bool {
	switch {
	case s.Stem():
		return p.Stem
	case p.Stages != nil && !slices.Contains(p.Stages, s.Stage), s.Unit%max(1, p.Every) != 0:
		return false
	case p.Position == "bn1", p.Position == "bn2", p.Position == "bn3":
		return s.Position == int(p.Position[2]-'0')
	}
	return s.Last
}

// defaults sets the settings that depend on the block and the preset of a trial.
func defaults(s *spec.Setup, chosen func(key string) string) {
	block := chosen("model.block")
	s.Model.Place = PlaceOf(block, chosen("model.backbone"))
	c := CE{}
	if preset, ok := ce.Presets[chosen("ce.preset")]; ok {
		c.Options = preset()
	}
	c.Branch = ""
	if Blocks[block].Table == ceTable {
		c.Branch = ce.Branch(block)
	}
	s.Sections[ceTable] = c
}

// rules are conditions on a network.
var rules = []spec.Rule{
	{Keys: []string{"model.norm", "model.block"}, Broken: func(s *spec.Setup) string {
		switch {
		case s.Model.Norm == "batch":
		case spec.Of[CE](s).Branch != "":
			return fmt.Sprintf("%q: Channel Equilibrium is placed after a BatchNorm, which only model.norm = \"batch\" is", s.Model.Norm)
		case s.Model.Backbone == "alexnet":
			return fmt.Sprintf("%q: alexnet has no normalisation of its own", s.Model.Norm)
		}
		return ""
	}},
	{Keys: []string{"model.position", "model.stages", "model.every", "model.block_stem"}, Broken: func(s *spec.Setup) string {
		if s.Model.Block == "none" {
			return ""
		}
		sites := Sites(s)
		if len(sites) == 0 || slices.ContainsFunc(sites, func(site nn.Site) bool { return Holds(&s.Model.Place, site) }) {
			return ""
		}
		stages, positions := 0, 0
		for _, site := range sites {
			stages, positions = max(stages, site.Stage), max(positions, site.Position)
		}
		return fmt.Sprintf("%q in stages %v of %s: no block would be placed; it has stages 1 to %d and positions \"last\" and \"bn1\" to "+
			"\"bn%d\"",
			s.Model.Place.Position, s.Model.Place.Stages, s.Model.Backbone, stages, positions)
	}},
}

// Register adds the names of networks and of what they are made of to those that files may use, with the settings of blocks.
func Register(n *spec.Names) {
	n.Aliases = map[string]string{"leaky_relu": "leaky"} // as PyTorch has it
	for name, b := range model.Backbones {
		for _, alias := range b.Aliases {
			n.Aliases[alias] = name
		}
	}
	n.Choose("model.backbone", slices.Sorted(maps.Keys(model.Backbones))...)
	n.Choose("model.block", slices.Sorted(maps.Keys(Blocks))...)
	n.Choose("model.stem", Stems...)
	n.Choose("model.norm", model.Norms...)
	n.Choose("model.rectifier", model.Rectifiers...)
	n.Choose("train.optimizer", "sgd")
	n.Choose("ce.preset", slices.Sorted(maps.Keys(ce.Presets))...)
	users := map[string][]string{}
	for name, b := range Blocks {
		if b.Settings != nil {
			table := cmp.Or(b.Table, name)
			users[table] = append(users[table], name)
		}
	}
	for _, table := range slices.Sorted(maps.Keys(users)) {
		slices.Sort(users[table])
		n.AddBlocks(table, Blocks[users[table][0]].Settings, users[table]...)
	}
	n.Defaults, n.Rules = defaults, append(n.Rules, rules...)
}
