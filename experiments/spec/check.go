package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cenet/nash"
)

// A file with the key check declares no trials: it has the settings of one of Checks.

// CheckSettings are the settings of the checks; an experiment uses those of its own.
type CheckSettings struct {
	Remark1      nash.Remark1
	Points       int     // of Remark 1's grid, on each axis
	GammaMost    float64 // the grid has γ from −GammaMost to GammaMost
	BetaLeast    float64 // and β from BetaLeast to BetaMost
	BetaMost     float64
	Proposition1 nash.Proposition1
	Games        nash.Games
	Networks     Networks
	Added        Values // settings of checks that a registry adds
}

// Networks say which trained networks a check looks at.
type Networks struct {
	Experiment string // whose finished trials are taken
	Images     int    // in the batch on which statistics are taken
	Backbone   string // whose alone; "": all of the experiment
}

// checkFields are the settings of all checks; a file may give those whose first part is its check, and those of networks
// where the check looks at some.
var checkFields = []field[CheckSettings]{
	{Setting: Setting{Key: "remark1.points", Kind: Int, Quick: 17, Default: 33, Range: From(3, 1001),
		Doc: "points of the grid, for γ and for β"},
		at: func(s *CheckSettings) any { return &s.Points }},
	{Setting: Setting{Key: "remark1.gamma_most", Kind: Float, Default: 2.0, Range: Above(0, 100),
		Doc: "the grid has γ from its negative to it"},
		at: func(s *CheckSettings) any { return &s.GammaMost }},
	{Setting: Setting{Key: "remark1.beta_least", Kind: Float, Default: -6.0, Range: Below(-100, 0),
		Doc: "least β of the grid"},
		at: func(s *CheckSettings) any { return &s.BetaLeast }},
	{Setting: Setting{Key: "remark1.beta_most", Kind: Float, Default: 2.0, Range: Above(0, 100),
		Doc: "largest β of the grid"},
		at: func(s *CheckSettings) any { return &s.BetaMost }},
	{Setting: Setting{Key: "remark1.samples", Kind: Int, Quick: 20000, Default: 100000, Range: From(1000, 1e8),
		Doc: "samples of a Monte Carlo estimate"},
		at: func(s *CheckSettings) any { return &s.Remark1.Samples }},
	{Setting: Setting{Key: "remark1.deviations", Kind: Float, Default: 6.0, Range: From(1, 10),
		Doc: "standard errors that an estimate may be off"},
		at: func(s *CheckSettings) any { return &s.Remark1.Deviations }},
	{Setting: Setting{Key: "remark1.tolerance", Kind: Float, Default: 1e-10, Range: Above(0, 1),
		Doc: "error of closed forms against quadrature, absolute"},
		at: func(s *CheckSettings) any { return &s.Remark1.Tolerance }},

	{Setting: Setting{Key: "prop1.cases", Kind: Int, Quick: 200, Default: 4000, Range: From(1, 1e8),
		Doc: "random cases for each seed and correlation"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Cases }},
	{Setting: Setting{Key: "prop1.sizes", Kind: Integers, Default: []int{2, 3, 4, 6, 8, 12, 16}, Range: From(2, 256), Order: Ascending,
		Doc: "numbers of channels, drawn from"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Sizes }},
	{Setting: Setting{Key: "prop1.correlations", Kind: Floats, Default: []float64{0, 0.5, 0.9, 0.99}, Range: Below(0, 1), Order: Ascending,
		Doc: "shares of variance that channels have in common; 0: Wishart"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Correlations }},
	{Setting: Setting{Key: "prop1.samples", Kind: Int, Default: 2, Range: From(1, 1000),
		Doc: "samples of the normalised channels, for each channel"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Samples }},
	{Setting: Setting{Key: "prop1.steps", Kind: Integers, Default: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Range: From(0, 50), Order: Ascending,
		Doc: "T, steps of Newton's iteration"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Steps }},
	{Setting: Setting{Key: "prop1.conditions", Kind: Floats, Default: []float64{1, 10, 100, 1e4, 1e6}, Range: From(1, 1e8), Order: Ascending,
		Doc: "condition numbers at which Newton's error is measured"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Conditions }},
	{Setting: Setting{Key: "prop1.searches", Kind: Int, Quick: 4, Default: 20, Range: From(1, 1e5),
		Doc: "starts of each search for a violation"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Searches }},
	{Setting: Setting{Key: "prop1.evaluations", Kind: Int, Default: 2000, Range: From(10, 1e7),
		Doc: "inputs that a search may look at"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Evaluations }},
	{Setting: Setting{Key: "prop1.tolerance", Kind: Float, Default: 1e-10, Range: Above(0, 1e-3),
		Doc: "what rounding may do, relative"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Tolerance }},

	{Setting: Setting{Key: "nash.games", Kind: Int, Quick: 40, Default: 400, Range: From(1, 1e6),
		Doc: "random games with power for every position, for each seed"},
		at: func(s *CheckSettings) any { return &s.Games.Games }},
	{Setting: Setting{Key: "nash.scarce", Kind: Int, Quick: 10, Default: 50, Range: From(1, 1e6),
		Doc: "random games that are short of power, for each seed"},
		at: func(s *CheckSettings) any { return &s.Games.Scarce }},
	{Setting: Setting{Key: "nash.sizes", Kind: Integers, Default: []int{2, 3, 4, 8, 16, 32, 64}, Range: From(2, 256), Order: Ascending,
		Doc: "numbers of channels, drawn from"},
		at: func(s *CheckSettings) any { return &s.Games.Sizes }},
	{Setting: Setting{Key: "nash.positions", Kind: Integers, Default: []int{2, 4, 8, 16, 32}, Range: From(2, 1024), Order: Ascending,
		Doc: "numbers of positions, drawn from"},
		at: func(s *CheckSettings) any { return &s.Games.Positions }},
	{Setting: Setting{Key: "nash.radii", Kind: Floats, Default: []float64{0.2, 0.5, 0.8, 0.95}, Range: &Range{Min: 0, Max: 1, OpenMin: true, OpenMax: true}, Order: Ascending,
		Doc: "spectral radii of Diag(g_cc)^-1 offdiag(G), drawn from"},
		at: func(s *CheckSettings) any { return &s.Games.Radii }},
	{Setting: Setting{Key: "nash.beyond", Kind: Floats, Default: []float64{0.3, 0.6, 0.9, 1.1, 1.5, 2, 4}, Range: Above(0, 1000), Order: Ascending,
		Doc: "radii at which convergence is measured; at least one must be 1 or more"},
		at: func(s *CheckSettings) any { return &s.Games.Beyond }},
	{Setting: Setting{Key: "nash.convergence", Kind: Int, Quick: 6, Default: 50, Range: From(1, 1e5),
		Doc: "games at each of these radii"},
		at: func(s *CheckSettings) any { return &s.Games.Meetings }},
	{Setting: Setting{Key: "nash.starts", Kind: Int, Default: 3, Range: From(2, 1000),
		Doc: "powers from which a game is begun"},
		at: func(s *CheckSettings) any { return &s.Games.Starts }},
	{Setting: Setting{Key: "nash.rounds", Kind: Int, Default: 2000, Range: From(10, 1e6),
		Doc: "best responses of all channels, at most"},
		at: func(s *CheckSettings) any { return &s.Games.Rounds }},
	{Setting: Setting{Key: "nash.spreads", Kind: Floats, Default: []float64{0.01, 0.03, 0.1, 0.3, 1}, Range: Above(0, 3), Order: Ascending,
		Doc: "standard deviations of log h"},
		at: func(s *CheckSettings) any { return &s.Games.Spreads }},
	{Setting: Setting{Key: "nash.tolerance", Kind: Float, Default: 1e-10, Range: Above(0, 1e-3),
		Doc: "error of powers, relative to the largest"},
		at: func(s *CheckSettings) any { return &s.Games.Tolerance }},
	{Setting: Setting{Key: "nash.gap", Kind: Float, Default: 1e-9, Range: Above(0, 1e-3),
		Doc: "utility that a deviation may gain"},
		at: func(s *CheckSettings) any { return &s.Games.Gap }},
	{Setting: Setting{Key: "nash.rounding", Kind: Float, Default: 1e-5, Range: Above(0, 1e-2),
		Doc: "error of a layer's output in float32, relative to the largest"},
		at: func(s *CheckSettings) any { return &s.Games.Rounding }},

	{Setting: Setting{Key: "networks.backbone", Kind: String, Default: "",
		Doc: "backbone whose networks alone are looked at; none: all of the experiment"},
		at: func(s *CheckSettings) any { return &s.Networks.Backbone }},
	{Setting: Setting{Key: "networks.experiment", Kind: String, Default: "table1",
		Doc: "experiment whose finished networks are looked at; where it has none, small ones are trained"},
		at: func(s *CheckSettings) any { return &s.Networks.Experiment }},
	{Setting: Setting{Key: "networks.images", Kind: Int, Default: 32, Range: From(2, 4096),
		Doc: "images on which their statistics are taken"},
		at: func(s *CheckSettings) any { return &s.Networks.Images }},
}

// ofCheck tells whether a setting is one of the check called name.
func ofCheck(key, name string) bool {
	section, _, _ := strings.Cut(key, ".")
	return section == name || section == "networks" && name != nash.NameRemark1
}

// checkKeys are the keys that a file of the check may give.
func checkKeys(names *Names, name string) []string {
	list := []string{"check", "extends", "title", "about", "fixed", "seeds", "expect.minutes", "topic.heading", "topic.rank", "topic.scale_of", "topic.claims"}
	for _, key := range keys(names.checkFields()) {
		if ofCheck(key, name) {
			list = append(list, key)
		}
	}
	return list
}

// checkFile reads the file of a check.
func (l *loader) checkFile(tree map[string]any) {
	if !l.extended {
		for _, f := range l.names.checkFields() {
			f.set(&l.spec.CheckSettings, f.Default)
		}
	}
	if v, ok := tree["check"]; ok {
		assign(l, find(specFields, "check"), l.spec, "check", child("", "check"), v)
		if l.spec.Checks == "" {
			return
		}
	}
	l.checkTable("", "", tree)
	for _, key := range []string{"title", "seeds"} {
		if _, ok := l.paths[key]; !ok && !l.extended {
			l.blame(1, key, "missing: %s", find(specFields, key).Doc)
		}
	}
	if text := l.spec.checkConflict(); text != "" && len(l.mistakes) == 0 {
		l.blame(l.index.line(l.paths["nash.beyond"]), "nash.beyond", "%s", text)
	}
}

// checkConflict says what is wrong with settings of a check that are right by themselves.
func (s *Spec) checkConflict() string {
	if b := s.CheckSettings.Games.Beyond; s.Checks == nash.NameGames && b[len(b)-1] < 1 {
		return "no radius is 1 or more, so that nothing beyond can be found"
	}
	return ""
}

// checkTable reads a table of the file of a check.
func (l *loader) checkTable(key, path string, table map[string]any) {
	known := checkKeys(&l.names, l.spec.Checks)
	for _, k := range l.inOrder(path, table) {
		key, path, v := dotted(key, k), child(path, k), table[k]
		key, v = l.renamed(key, path, v)
		sub, isTable := v.(map[string]any)
		switch {
		case key == "check":
		case slices.Contains(known, key) && find(specFields, key) != nil:
			if l.claim(key, key, path) {
				assign(l, find(specFields, key), l.spec, key, path, v)
			}
		case slices.Contains(known, key):
			if l.claim(key, key, path) {
				assign(l, find(l.names.checkFields(), key), &l.spec.CheckSettings, key, path, v)
			}
		case isTable && slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, key+".") }):
			l.checkTable(key, path, sub)
		default:
			l.blame(l.index.line(path), plain(key), "unknown key of check %q; nearest: %q", l.spec.Checks, nearestKey(key, known))
		}
	}
}

// setCheck is Set for the settings of a check.
func (s *Spec) setCheck(key string, v any) error {
	f := find(s.Names.checkFields(), key)
	if f == nil || !ofCheck(key, s.Checks) {
		return fmt.Errorf("%s: unknown key of check %q; nearest: %q", plain(key), s.Checks, nearestKey(key, checkKeys(&s.Names, s.Checks)))
	}
	value, err := f.Check(v, s.Names)
	if err == nil {
		s.CheckSettings.Added = maps.Clone(s.CheckSettings.Added)
		f.set(&s.CheckSettings, value)
	}
	return err
}
