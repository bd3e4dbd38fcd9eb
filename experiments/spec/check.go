package spec

import (
	"fmt"
	"slices"
	"strings"

	"cenet/ablation"
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
	Ablation     Ablation
	Inhibited    Inhibited
	Magnitude    Magnitude
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
	{Setting: Setting{Key: "remark1.points", Kind: Int, Default: 33, Range: from(3, 1001),
		Doc: "points of the grid, for γ and for β"},
		at: func(s *CheckSettings) any { return &s.Points }},
	{Setting: Setting{Key: "remark1.gamma_most", Kind: Float, Default: 2.0, Range: above(0, 100),
		Doc: "the grid has γ from its negative to it"},
		at: func(s *CheckSettings) any { return &s.GammaMost }},
	{Setting: Setting{Key: "remark1.beta_least", Kind: Float, Default: -6.0, Range: below(-100, 0),
		Doc: "least β of the grid"},
		at: func(s *CheckSettings) any { return &s.BetaLeast }},
	{Setting: Setting{Key: "remark1.beta_most", Kind: Float, Default: 2.0, Range: above(0, 100),
		Doc: "largest β of the grid"},
		at: func(s *CheckSettings) any { return &s.BetaMost }},
	{Setting: Setting{Key: "remark1.samples", Kind: Int, Default: 100000, Range: from(1000, 1e8),
		Doc: "samples of a Monte Carlo estimate"},
		at: func(s *CheckSettings) any { return &s.Remark1.Samples }},
	{Setting: Setting{Key: "remark1.deviations", Kind: Float, Default: 6.0, Range: from(1, 10),
		Doc: "standard errors that an estimate may be off"},
		at: func(s *CheckSettings) any { return &s.Remark1.Deviations }},
	{Setting: Setting{Key: "remark1.tolerance", Kind: Float, Default: 1e-10, Range: above(0, 1),
		Doc: "error of closed forms against quadrature, absolute"},
		at: func(s *CheckSettings) any { return &s.Remark1.Tolerance }},

	{Setting: Setting{Key: "prop1.cases", Kind: Int, Default: 4000, Range: from(1, 1e8),
		Doc: "random cases for each seed and correlation"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Cases }},
	{Setting: Setting{Key: "prop1.sizes", Kind: Integers, Default: []int{2, 3, 4, 6, 8, 12, 16}, Range: from(2, 256), Order: Ascending,
		Doc: "numbers of channels, drawn from"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Sizes }},
	{Setting: Setting{Key: "prop1.correlations", Kind: Floats, Default: []float64{0, 0.5, 0.9, 0.99}, Range: below(0, 1), Order: Ascending,
		Doc: "shares of variance that channels have in common; 0: Wishart"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Correlations }},
	{Setting: Setting{Key: "prop1.samples", Kind: Int, Default: 2, Range: from(1, 1000),
		Doc: "samples of the normalised channels, for each channel"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Samples }},
	{Setting: Setting{Key: "prop1.steps", Kind: Integers, Default: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, Range: from(0, 50), Order: Ascending,
		Doc: "T, steps of Newton's iteration"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Steps }},
	{Setting: Setting{Key: "prop1.conditions", Kind: Floats, Default: []float64{1, 10, 100, 1e4, 1e6}, Range: from(1, 1e8), Order: Ascending,
		Doc: "condition numbers at which Newton's error is measured"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Conditions }},
	{Setting: Setting{Key: "prop1.searches", Kind: Int, Default: 20, Range: from(1, 1e5),
		Doc: "starts of each search for a violation"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Searches }},
	{Setting: Setting{Key: "prop1.evaluations", Kind: Int, Default: 2000, Range: from(10, 1e7),
		Doc: "inputs that a search may look at"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Evaluations }},
	{Setting: Setting{Key: "prop1.tolerance", Kind: Float, Default: 1e-10, Range: above(0, 1e-3),
		Doc: "what rounding may do, relative"},
		at: func(s *CheckSettings) any { return &s.Proposition1.Tolerance }},

	{Setting: Setting{Key: "nash.games", Kind: Int, Default: 400, Range: from(1, 1e6),
		Doc: "random games with power for every position, for each seed"},
		at: func(s *CheckSettings) any { return &s.Games.Games }},
	{Setting: Setting{Key: "nash.scarce", Kind: Int, Default: 50, Range: from(1, 1e6),
		Doc: "random games that are short of power, for each seed"},
		at: func(s *CheckSettings) any { return &s.Games.Scarce }},
	{Setting: Setting{Key: "nash.sizes", Kind: Integers, Default: []int{2, 3, 4, 8, 16, 32, 64}, Range: from(2, 256), Order: Ascending,
		Doc: "numbers of channels, drawn from"},
		at: func(s *CheckSettings) any { return &s.Games.Sizes }},
	{Setting: Setting{Key: "nash.positions", Kind: Integers, Default: []int{2, 4, 8, 16, 32}, Range: from(2, 1024), Order: Ascending,
		Doc: "numbers of positions, drawn from"},
		at: func(s *CheckSettings) any { return &s.Games.Positions }},
	{Setting: Setting{Key: "nash.radii", Kind: Floats, Default: []float64{0.2, 0.5, 0.8, 0.95}, Range: &Range{Min: 0, Max: 1, OpenMin: true, OpenMax: true}, Order: Ascending,
		Doc: "spectral radii of Diag(g_cc)^-1 offdiag(G), drawn from"},
		at: func(s *CheckSettings) any { return &s.Games.Radii }},
	{Setting: Setting{Key: "nash.beyond", Kind: Floats, Default: []float64{0.3, 0.6, 0.9, 1.1, 1.5, 2, 4}, Range: above(0, 1000), Order: Ascending,
		Doc: "radii at which convergence is measured; at least one must be 1 or more"},
		at: func(s *CheckSettings) any { return &s.Games.Beyond }},
	{Setting: Setting{Key: "nash.meetings", Kind: Int, Default: 50, Range: from(1, 1e5),
		Doc: "games at each of these radii"},
		at: func(s *CheckSettings) any { return &s.Games.Meetings }},
	{Setting: Setting{Key: "nash.starts", Kind: Int, Default: 3, Range: from(2, 1000),
		Doc: "powers from which a game is begun"},
		at: func(s *CheckSettings) any { return &s.Games.Starts }},
	{Setting: Setting{Key: "nash.rounds", Kind: Int, Default: 2000, Range: from(10, 1e6),
		Doc: "best responses of all channels, at most"},
		at: func(s *CheckSettings) any { return &s.Games.Rounds }},
	{Setting: Setting{Key: "nash.spreads", Kind: Floats, Default: []float64{0.01, 0.03, 0.1, 0.3, 1}, Range: above(0, 3), Order: Ascending,
		Doc: "standard deviations of log h"},
		at: func(s *CheckSettings) any { return &s.Games.Spreads }},
	{Setting: Setting{Key: "nash.tolerance", Kind: Float, Default: 1e-10, Range: above(0, 1e-3),
		Doc: "error of powers, relative to the largest"},
		at: func(s *CheckSettings) any { return &s.Games.Tolerance }},
	{Setting: Setting{Key: "nash.gap", Kind: Float, Default: 1e-9, Range: above(0, 1e-3),
		Doc: "utility that a deviation may gain"},
		at: func(s *CheckSettings) any { return &s.Games.Gap }},
	{Setting: Setting{Key: "nash.rounding", Kind: Float, Default: 1e-5, Range: above(0, 1e-2),
		Doc: "error of a layer's output in float32, relative to the largest"},
		at: func(s *CheckSettings) any { return &s.Games.Rounding }},

	{Setting: Setting{Key: "ablation.site", Kind: String, Default: EachSite,
		Doc: "site that is ablated, as stage1/unit0 or stem; each: all in turn; together: all at once; both: first this, then that"},
		at: func(s *CheckSettings) any { return &s.Ablation.Site }},
	{Setting: Setting{Key: "ablation.value", Kind: String, Default: ablation.Zero, Choices: oneOf(ablation.Values()...),
		Doc: "what stands in the place of a channel that is taken away"},
		at: func(s *CheckSettings) any { return &s.Ablation.Value }},
	{Setting: Setting{Key: "ablation.orders", Kind: Int, Default: 10, Range: from(1, 1e6),
		Doc: "random orders of a site's channels"},
		at: func(s *CheckSettings) any { return &s.Ablation.Orders }},
	{Setting: Setting{Key: "ablation.points", Kind: Int, Default: 17, Range: from(3, 1025),
		Doc: "points of a curve"},
		at: func(s *CheckSettings) any { return &s.Ablation.Points }},
	{Setting: Setting{Key: "ablation.images", Kind: Int, Default: 1000, Range: from(1, unlimited),
		Doc: "test images on which accuracy is measured, as many of each class"},
		at: func(s *CheckSettings) any { return &s.Ablation.Images }},

	{Setting: Setting{Key: "inhibited.thresholds", Kind: Floats, Default: []float64{1e-3, 1e-2, 0.05}, Range: above(0, 100), Order: Ascending,
		Doc: "of a channel's mean |y|, below which it counts as inhibited"},
		at: func(s *CheckSettings) any { return &s.Inhibited.Thresholds }},
	{Setting: Setting{Key: "inhibited.images", Kind: Int, Default: 1000, Range: from(1, unlimited),
		Doc: "test images, as many of each class"},
		at: func(s *CheckSettings) any { return &s.Inhibited.Images }},
	{Setting: Setting{Key: "magnitude.images", Kind: Int, Default: 1000, Range: from(1, unlimited),
		Doc: "test images, as many of each class, on which magnitudes are taken"},
		at: func(s *CheckSettings) any { return &s.Magnitude.Images }},

	{Setting: Setting{Key: "networks.backbone", Kind: String, Default: "",
		Doc: "backbone whose networks alone are looked at; none: all of the experiment"},
		at: func(s *CheckSettings) any { return &s.Networks.Backbone }},
	{Setting: Setting{Key: "networks.experiment", Kind: String, Default: "table1",
		Doc: "experiment whose finished networks are looked at; where it has none, small ones are trained"},
		at: func(s *CheckSettings) any { return &s.Networks.Experiment }},
	{Setting: Setting{Key: "networks.images", Kind: Int, Default: 32, Range: from(2, 4096),
		Doc: "images on which their statistics are taken"},
		at: func(s *CheckSettings) any { return &s.Networks.Images }},
}

// ofCheck tells whether a setting is one of the check called name.
func ofCheck(key, name string) bool {
	section, _, _ := strings.Cut(key, ".")
	return section == name || section == "networks" && name != nash.NameRemark1
}

// checkKeys are the keys that a file of the check may give.
func checkKeys(name string) []string {
	list := []string{"check", "extends", "title", "about", "seeds", "expect.minutes"}
	for _, key := range keys(checkFields) {
		if ofCheck(key, name) {
			list = append(list, key)
		}
	}
	return list
}

// checkFile reads the file of a check.
func (l *loader) checkFile(tree map[string]any) {
	if !l.extended {
		for i := range checkFields {
			checkFields[i].set(&l.spec.CheckSettings, checkFields[i].Default)
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
	known := checkKeys(l.spec.Checks)
	for _, k := range l.inOrder(path, table) {
		key, path, v := dotted(key, k), child(path, k), table[k]
		sub, isTable := v.(map[string]any)
		switch {
		case key == "check":
		case slices.Contains(known, key) && find(specFields, key) != nil:
			if l.claim(key, key, path) {
				assign(l, find(specFields, key), l.spec, key, path, v)
			}
		case slices.Contains(known, key):
			if l.claim(key, key, path) {
				assign(l, find(checkFields, key), &l.spec.CheckSettings, key, path, v)
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
	f := find(checkFields, key)
	if f == nil || !ofCheck(key, s.Checks) {
		return fmt.Errorf("%s: unknown key of check %q; nearest: %q", plain(key), s.Checks, nearestKey(key, checkKeys(s.Checks)))
	}
	value, err := f.Check(v, s.Names)
	if err == nil {
		f.set(&s.CheckSettings, value)
	}
	return err
}

// Ablation says what of networks is ablated, and how.
type Ablation struct {
	Site   string // a path, or one of those below
	Value  string
	Orders int // random ones of each site
	Points int
	Images int
}

// Magnitude says on how many test images magnitudes of channels are taken.
type Magnitude struct{ Images int }

// Inhibited says what counts as inhibited, and on how many images.
type Inhibited struct {
	Thresholds []float64 // of the mean |y| of a channel
	Images     int       // of the test set
}

// What Ablation.Site can be beside a path.
const (
	EachSite      = "each"     // all sites in turn
	TogetherSites = "together" // all sites at once
	BothWays      = "both"     // in turn, and at once
)
