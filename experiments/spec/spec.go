// Package spec is the language of an experiment's file: settings with their types, ranges, defaults and rules, sweeps, and the trials that
// a file makes. Settings are the tagged fields of structs. This package has those of every trial; registries add those of blocks and
// checks.
package spec

// Spec is an experiment: what one file declares.
type Spec struct {
	Name string // of the file, without .toml
	Path string // of a file of the user's, absolute; "" of one that comes with the program

	_      struct{} `doc:"what is checked; such a file has the settings of its check and no trials"`
	Checks string   `toml:"check"`
	_      struct{} `doc:"heading of the table; {images} means the name of the data set"`
	Title  string   `toml:"title" is:"required"`
	About  string   `toml:"about" default:"" doc:"what the experiment shows, in a paragraph"`
	_      struct{} `doc:"what was fixed before the run, and by what: seeds, settings;"`
	_      struct{} `doc:"not taken from an extended file, which speaks of its own"`
	Fixed  string   `toml:"fixed" default:""`
	// Extends names an experiment that comes with the program, or is a path relative to this file that ends in .toml.
	_       struct{} `doc:"experiment to begin from: all it says holds, unless this file says otherwise"`
	Extends string   `toml:"extends" default:""`
	_       struct{} `doc:"shape of the table: blocks side by side as in the paper, or a row for each combination"`
	Table   string   `toml:"table" default:"sweep" choices:"blocks sweep" is:"trials"`
	_       struct{} `doc:"measure the paper's own networks, too: GFLOPs, parameters, seconds;"`
	_       struct{} `doc:"the paper's figures are next to them"`
	Costs   bool     `toml:"costs" default:"false" is:"trials"`
	_       struct{} `doc:"one trial of each combination for each seed"`
	Seeds   []int    `toml:"seeds" is:"required" range:"[0,2147483647]" order:"distinct"`
	Expect  Expect   `toml:"expect"`
	Claims  Claims   `toml:"claims"`
	Topic   Topic    `toml:"topic"`
	Equal   Equal    `toml:"compare"`

	Cases   []Case // each combined with each of the sweep; none: one case that sets nothing
	Sweep   []Axis
	Paper   []Cell
	Compare []Compared // pairs of values, in addition to the blocks, which are always compared

	Warnings []string // on the file, a line each: it was taken, and should be changed

	values  map[string]any    // settings of trials given outside the sweep, or of the check, by dotted key
	changes []change          // settings given outside the file, by dotted key
	dir     string            // of the images, given outside the file; "": it is not
	folders map[string]string // of files of weights, as files name them: what a relative path is relative to
	Names   Names
}

// Axis is a setting and the values it takes in turn.
type Axis struct {
	Key    string
	Values []any // in the Go type of the setting's Kind
}

// Case is a set of settings that belong together.
type Case struct {
	_        struct{}       `doc:"name of the case in trials, tables and plots, in place of its settings;"`
	_        struct{}       `doc:"no part of what is computed"`
	Name     string         `toml:"name" is:"required"` // "": the settings are the name
	Settings map[string]any // by dotted key, in the Go type of the setting's Kind
}

// Cell holds the paper's figures for a network with a block. nil: the paper has none.
type Cell struct {
	Model  string   `toml:"model" is:"required" like:"model.backbone" doc:"backbone of the paper's network"`
	Block  string   `toml:"block" default:"none" like:"model.block" doc:"its channel block"`
	Top1   *float64 `toml:"top1" range:"[0,100]" doc:"Top-1 accuracy (%)"`
	Top5   *float64 `toml:"top5" range:"[0,100]" doc:"Top-5 accuracy (%)"`
	GFLOPs *float64 `toml:"gflops" range:"(0,)" doc:"billions of multiply-accumulates an image"`
	CPU    *float64 `toml:"cpu" range:"(0,)" doc:"seconds on a CPU"`
	GPU    *float64 `toml:"gpu" range:"(0,)" doc:"seconds on a GPU"`
}

// Compared is a setting and two of its values, compared wherever all else is equal. It is claimed that the first is the more accurate,
// or of an experiment with Equal.Within that both are equally accurate.
type Compared struct {
	Key            string
	Value, Against any // in the Go type of the setting's Kind
}

// Equal says of the comparisons what they claim in place of a better first value.
type Equal struct {
	_      struct{} `doc:"claim that the two values are equally accurate: that Top-1 differs by at most this many percentage points;"`
	_      struct{} `doc:"none: that the first is the more accurate"`
	Within float64  `toml:"within" range:"(0,100]" is:"trials"`
}

// Expect is what a run should come to; 0: nothing is expected.
type Expect struct {
	_            struct{} `doc:"Top-1 (%) of the baseline below which the networks are marked as under-trained"`
	BaselineTop1 float64  `toml:"baseline_top1" range:"(0,100]" is:"trials"`
	Minutes      float64  `toml:"minutes" range:"(0,)" doc:"minutes that a run takes on two cores"`
	_            struct{} `doc:"classes that the images should have; another number is reported before a run"`
	Classes      int      `toml:"classes" range:"[1,)" is:"trials"`
}

// Claims say what of the tables the claims on channel blocks are.
type Claims struct {
	_     struct{} `doc:"swept setting along which the comparisons of blocks are cases of one claim, on their mean;"`
	_     struct{} `doc:"none: each is a claim"`
	Over  string   `toml:"over" default:"" is:"trials"`
	Above float64  `toml:"above" default:"0" is:"trials" doc:"that mean is over the values of claims.over above it"`
	_     struct{} `doc:"swept setting whose first value is compared with each other, seed by seed,"`
	_     struct{} `doc:"in what differs in it alone; none: blocks alone are compared"`
	// Contrast is a setting of the sweep, or CaseKey.
	Contrast string `toml:"contrast" default:"" is:"trials"`
}

// Whose claims those of an experiment are.
const (
	ClaimsOfAuthors = "authors"
	ClaimsOfOurs    = "ours"
	NoClaims        = "none"
)

// Topic places the experiment on the page of claims. A file does not take it from one that it extends.
type Topic struct {
	_       struct{} `doc:"heading on the page of claims, a question; none: the experiment is not on the page"`
	Heading string   `toml:"heading" default:""`
	Rank    int      `toml:"rank" default:"1000" range:"[0,)" doc:"place on the page of claims, the lowest first"`
	_       struct{} `doc:"experiment that tries the same claims at a smaller scale:"`
	_       struct{} `doc:"what this one has measured counts, and not what that one has"`
	ScaleOf string   `toml:"scale_of" default:""`
	_       struct{} `doc:"whose claims these are: the authors' are counted, ours are shown, and of none only a figure is"`
	Claims  string   `toml:"claims" default:"ours" choices:"authors ours none"`
	_       struct{} `doc:"question on the page of claims that the verdicts answer, which experiments may share;"`
	_       struct{} `doc:"none: one question for each comparison of blocks"`
	Answers string   `toml:"answers" default:""`
	_       struct{} `doc:"comparisons of [compare] that the page of claims shows, such as [\"CE > SE\"]; none: all"`
	Shows   []string `toml:"shows"`
}
