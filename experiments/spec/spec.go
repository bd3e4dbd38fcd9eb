// Package spec is the language of an experiment's file: its settings with their types, ranges, defaults and rules, sweeps, and the trials
// that a file makes. It knows settings and names, not what they do: which names there are, Names says.
package spec

import (
	"encoding/json"
	"io/fs"
	"slices"

	"cenet/ce"
	"cenet/nn"
)

// Names are the names a file may use. The registry gives them, so that a new
// network or block is known to the files at once.
type Names struct {
	Backbones  []string
	Stems      []string
	Blocks     []string // "none" among them
	Sources    []string
	Optimizers []string
	Checks     []string

	// Aliases are other names of what these lists have, each with the name there: torchvision's for backbones.
	Aliases map[string]string
	// Files are the experiments that come with the program, NAME.toml each; nil: none.
	Files fs.FS

	// Places says where a block stands unless a file says otherwise, by the
	// block's name. A block without an entry stands in every unit.
	Places map[string]Place
	// Staged tells whether stages and stem of a Place say anything of a backbone; in others a block stands in every unit.
	Staged func(backbone string) bool

	// Sites lists the places that a setup's backbone offers for a block; nil leaves unchecked whether a block stands at any.
	Sites func(*Setup) []nn.Site

	// ReadsDir reports whether a data source reads a folder.
	ReadsDir func(source string) bool
	// NeedsDir reports whether the file must name the folder that a source
	// reads. nil leaves data.dir unchecked, for when the folder comes from
	// elsewhere.
	NeedsDir func(source string) bool

	setups []field[Setup]         // with those of the blocks; nil: setupFields
	checks []field[CheckSettings] // with those of the checks; nil: checkFields
}

// PlaceOf is where a block stands in a backbone unless a file says otherwise.
func (n *Names) PlaceOf(block, backbone string) Place {
	place := n.Places[block]
	if backbone != "" && n.Staged != nil && !n.Staged(backbone) {
		place.Stages, place.Stem = nil, false
	}
	place.Stages = slices.Clone(place.Stages)
	place.Every = max(1, place.Every)
	if place.Position == "" {
		place.Position = "last"
	}
	return place
}

// Spec is an experiment: what one file declares.
type Spec struct {
	Name  string // of the file, without .toml
	Path  string // of a file of the user's, absolute; "" of one that comes with the program
	Title string
	About string // what it shows, in a paragraph
	Fixed string // what was fixed before the run, and by what; "" where a command line changes the file's settings
	// Extends names the experiment whose file this one begins from: one that comes with the program, or a path relative to
	// this file that ends in .toml.
	Extends string
	Table   string // the shape of the table: "blocks" or "sweep"
	Costs   bool   // whether the paper's own networks are measured, too

	Checks        string // name of the check that takes the place of trials; "" where there are trials
	CheckSettings CheckSettings

	Seeds  []int
	Cases  []Case // each combined with each of the sweep; none: one case that sets nothing
	Sweep  []Axis
	Paper  []Cell
	Expect Expect
	Claims Claims
	Topic  Topic

	Compare []Compared // pairs of values, in addition to the blocks, which are always compared

	Warnings []string // on the file, a line each: it was taken, and should be changed

	values  map[string]any    // settings given outside the sweep, by dotted key
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
	Name     string         // for people; "": the settings say it
	Settings map[string]any // by dotted key, in the Go type of the setting's Kind
}

// Cell holds the paper's figures for a network with a block. nil: the paper
// has none.
type Cell struct {
	Model, Block string
	Top1, Top5   *float64 // percent
	GFLOPs       *float64 // multiply-accumulates, 10⁹
	CPU, GPU     *float64 // seconds
}

// Expect is what a run should come to.
type Expect struct {
	BaselineTop1 float64 // percent below which the networks are under-trained; 0: nothing expected
	Minutes      float64 // on two cores; 0: not known
	Classes      int     // of the images; 0: nothing expected
}

// Whose claims those of an experiment are.
const (
	ClaimsOfAuthors = "authors"
	ClaimsOfOurs    = "ours"
	NoClaims        = "none"
)

// Topic says what an experiment stands for on the page of claims.
type Topic struct {
	Heading string // a question; "": the experiment is not on the page
	Rank    int    // the lowest comes first
	ScaleOf string // name of the experiment that tries the same claims at a smaller scale; ""
	Claims  string // ClaimsOfAuthors, ClaimsOfOurs or NoClaims
}

// Claims say what of the tables the claims on channel blocks are.
type Claims struct {
	Over  string  // setting of numbers along which comparisons are cases of one claim; "": each is a claim
	Above float64 // the claim is on the mean over the values above it
	// Contrast is a setting whose first value is compared with each other; "": none is.
	Contrast string
}

// Setup is everything that determines what a trial computes, but its seed.
type Setup struct {
	Data    Data
	Corrupt Corrupt
	Model   Model
	CE      CE
	Train   Train
	Added   Values // settings of blocks that the registry adds
}

// Data says which images, and how they are changed on the way.
type Data struct {
	Source      string
	Dir         string
	Train, Test int // images used; 0: all
	HeldOut     int // training images that take the place of the test images
	Size        int // side to which images are resized; 0: as they are
	Resize      int // side to which the shorter side is resized before Size is cut out; 0: Size
	Normalise   string
	MemoryLimit int // MiB of pixels beyond which a folder is streamed
	MaxBroken   int // images passed over
	Pad         int // zeros added on each side, for good
	Crop        int // zeros added on each side for a random crop in training
	CropMode    string
	Flip        bool
	Colour      string // how the colours of a training image vary: "none" or "authors"
}

// Corrupt says which labels of the training images are replaced by wrong ones.
type Corrupt struct {
	Rate float64 // probability for each label; 0: none
	Kind string
}

// Model says which network.
type Model struct {
	Backbone  string
	Block     string
	Width     float64 // multiplies every number of channels
	Stem      string
	LastGamma float64 // γ of the last BatchNorm of each residual branch at the start
	Norm      string
	NormGroup int // channels in a group of GroupNorm
	Rectifier string
	Weights   string // file to start from, as written: see Trial.Start; "": none
	Place     Place
}

// Place says where in a network a channel block stands.
type Place struct {
	Stages   []int  // from 1; nil: all
	Stem     bool   // behind the stem's BatchNorm, too
	Every    int    // in each Every-th unit; 0 stands for 1
	Position string // behind which BatchNorm of a unit; "" stands for "last"
}

// CE is the Channel Equilibrium block: a preset, and what a file changes in
// it. Branch follows from the model's block.
type CE struct {
	Preset string
	ce.Options
}

// Train says how the network is trained.
type Train struct {
	Epochs, Batch  int
	Optimizer      string
	LR             float64 // at its highest
	Momentum       float64
	Nesterov       bool
	WeightDecay    float64
	Decay          string // what decays: "all" or "weights"
	Schedule       string // "constant", "step" or "cosine"
	Milestones     []int  // epochs after which a step schedule multiplies by Factor
	Factor         float64
	WarmupEpochs   float64 // of linear rise from 0
	WarmupFromZero bool    // the first step has the rate 0
	LabelSmoothing float64
	Score          bool   // after each epoch, the training images are evaluated as the test images are
	Probe          bool   // after each epoch, the scales of the network are recorded
	Freeze         string // patterns of PyTorch's names of parameters that stay as they are, with spaces between
	Precision      string // to which products round their operands: "float32" or "bf16"
}

// AsRead is d without what is done to the images once they are open.
func (d Data) AsRead() Data {
	d.Pad, d.Crop, d.Flip, d.Colour = 0, 0, false, ""
	return d
}

// Key tells the data apart from all other.
func (d Data) Key() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic("spec: settings that are no JSON")
	}
	return string(text)
}

// Paper returns the setup with the paper's own network: full width, the stem for 224×224 images.
func (s Setup) Paper() Setup {
	s.Model.Width = 1
	s.Model.Stem = "imagenet"
	return s
}

// An InputError is what the user got wrong and only the run can see: images that cannot be read or do not fit the network.
type InputError struct{ Err error }

// Error is what is wrong, in a line.
func (e *InputError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *InputError) Unwrap() error { return e.Err }

// Holds tells whether a block stands at the site.
func (p Place) Holds(s nn.Site) bool {
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
