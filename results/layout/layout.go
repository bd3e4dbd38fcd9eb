// Package layout turns the records of an experiment into its page, its claims, and a plan of seeds. A file uses only files above it in this
// list:
//
//	layout.go       what an experiment says about its records; labels
//	figures.go      the figures of a trial and of an epoch
//	cases.go        trials with the same settings but the seed
//	comparisons.go  paired tests of two cases
//	view.go         a layout with its cases and tests
//	families.go     the tests that one claim rests on
//	remarks.go      what is under-trained, saturated, failed or missing; date and machine
//	costs.go        GFLOPs and times next to the paper's
//	tables.go       tables and CSV files
//	curves.go       charts by epoch and by time
//	finals.go       charts of the last epoch
//	claims.go       claims and the table of paired tests
//	page.go         the page
//	plan.go         the number of seeds that decides a difference
package layout

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cenet/results"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// Kinds of Layout.
const (
	Blocks = "blocks" // Tables 1 and 2 of the paper: models × channel blocks
	Sweep  = "sweep"  // any other sweep: one row per case
)

// blockBaseline is the name for no channel block, with which others are compared.
const blockBaseline = "none"

// Layout is what the caller says about an experiment, in addition to its records.
type Layout struct {
	Title string   `json:"title"`
	About []string `json:"about,omitempty"` // lines under the title: what is measured, and on what
	// Command makes the records; "": none is named.
	Command string   `json:"command,omitempty"`
	Kind    string   `json:"kind"` // Blocks or Sweep
	Axes    []string `json:"axes"` // dotted keys that vary between trials; "seed" may be among them and is never a column

	Paper []PaperCell `json:"paper,omitempty"` // the paper's figures, in the paper's order; Blocks only
	// ExpectBaseline is the Top-1, in [0, 1], below which a baseline counts as under-trained; 0: no such mark.
	ExpectBaseline float64  `json:"expect_baseline,omitempty"`
	Classes        int      `json:"classes,omitempty"` // classes of the data set; 0: unknown
	Notes          []string `json:"notes,omitempty"`   // what is scaled down, in addition to what the package can say by itself
	// Facts are on the training and the images, after the notes.
	Facts []page.Fact `json:"facts,omitempty"`
	Quick bool        `json:"quick,omitempty"` // marks everything "QUICK RUN – not a result"

	// HeldOut marks accuracies on images that are held out of the training images, instead of the test images.
	HeldOut bool `json:"held_out,omitempty"`

	// Over is an axis of numbers. The tests along it are cases of one claim: on the mean over the cases above OverAbove. "": each test is a
	// claim.
	Over      string  `json:"over,omitempty"`
	OverAbove float64 `json:"over_above,omitempty"`

	// Compare are the comparisons of the experiment, in the order to show. nil: each block with no block. Empty: none.
	Compare []stats.Comparison `json:"compare,omitzero"`
	// Styles are those of the channel blocks.
	Styles chart.Styles `json:"styles,omitempty"`

	// Contrast is an axis whose first value is compared with each of its others; "": there is none.
	Contrast string `json:"contrast,omitempty"`

	// Planned holds the settings of every trial of the experiment, in the order to show. A planned trial without a
	// record is listed as missing. Where it is empty, a seed that some case has and another has not is missing.
	Planned []map[string]any `json:"planned,omitempty"`
	// Labels gives settings, their values, and both together a name for people: "train.rate": "learning rate", "resnet18": "ResNet-18",
	// "model.block_stem=false": "not after the stem".
	Labels map[string]string `json:"labels,omitempty"`
}

// Short is the layout as it is kept next to the records, without the settings that all planned trials share.
func (l Layout) Short() Layout {
	keys := append(l.axes(), results.SeedKey)
	planned := make([]map[string]any, len(l.Planned))
	for i, p := range l.Planned {
		planned[i] = map[string]any{}
		for _, key := range keys {
			if v, ok := p[key]; ok {
				planned[i][key] = v
			}
		}
	}
	l.Planned = planned
	return l
}

// Parse reads a layout that was kept as JSON.
func Parse(text []byte) (Layout, error) {
	var l Layout
	if err := results.UnmarshalStrict(bytes.TrimSpace(text), &l); err != nil {
		return l, err
	}
	for _, p := range l.Planned {
		results.PlainNumbers(p)
	}
	return l, l.Validate()
}

// PaperCell is one row of a table of the paper, as printed there. A nil figure is one that the paper does not give.
type PaperCell struct {
	Model  string   `json:"model"`
	Block  string   `json:"block"`
	Top1   *float64 `json:"top1,omitempty"` // percent
	Top5   *float64 `json:"top5,omitempty"`
	GFLOPs *float64 `json:"gflops,omitempty"` // 10⁹ multiply-accumulates
	CPU    *float64 `json:"cpu,omitempty"`    // seconds
	GPU    *float64 `json:"gpu,omitempty"`
}

// Validate reports what is wrong with a layout, or nil.
func (l Layout) Validate() error {
	switch l.Kind {
	case Blocks:
		for _, a := range l.Axes {
			if a != results.ModelKey && a != results.BlockKey && a != results.SeedKey {
				return fmt.Errorf("layout %q shows %s and %s only, but %s varies too: use layout %q",
					Blocks, results.ModelKey, results.BlockKey, a, Sweep)
			}
		}
	case Sweep:
	default:
		return fmt.Errorf("layout %q is neither %q nor %q", l.Kind, Blocks, Sweep)
	}
	seen := make(map[string]bool)
	for _, a := range l.Axes {
		if seen[a] {
			return fmt.Errorf("layout: %s is an axis twice", a)
		}
		seen[a] = true
	}
	if err := l.Styles.Validate(); err != nil {
		return fmt.Errorf("layout: %w", err)
	}
	for _, c := range l.Compare {
		if !slices.Contains(l.axes(), c.Key) {
			return fmt.Errorf("layout: %s > %s along %s, which is not an axis", c.Value, c.Against, c.Key)
		}
		if !(c.Within >= 0 && stats.Finite(c.Within)) {
			return fmt.Errorf("layout: %s and %s are claimed to be within %v points", c.Value, c.Against, c.Within)
		}
	}
	if l.Over != "" && !slices.Contains(l.axes(), l.Over) {
		return fmt.Errorf("layout: claims over %s, which is not an axis", l.Over)
	}
	if l.Contrast != "" && !slices.Contains(l.axes(), l.Contrast) {
		return fmt.Errorf("layout: comparisons along %s, which is not an axis", l.Contrast)
	}
	if !(l.ExpectBaseline >= 0 && l.ExpectBaseline <= 1) {
		return fmt.Errorf("layout: the expected baseline is %v, want a Top-1 in [0, 1]", l.ExpectBaseline)
	}
	if l.Classes < 0 {
		return fmt.Errorf("layout: %d classes", l.Classes)
	}
	cells := make(map[[2]string]bool)
	for _, p := range l.Paper {
		if cells[[2]string{p.Model, p.Block}] {
			return fmt.Errorf("layout: the paper's figures for %s with %s are given twice", p.Model, p.Block)
		}
		cells[[2]string{p.Model, p.Block}] = true
		for _, v := range []*float64{p.Top1, p.Top5, p.GFLOPs, p.CPU, p.GPU} {
			if v != nil && (!stats.Finite(*v) || *v < 0) {
				return fmt.Errorf("layout: a figure of the paper for %s with %s is %v", p.Model, p.Block, *v)
			}
		}
	}
	return nil
}

// axes are the settings that tell cases apart: all but the seed.
func (l Layout) axes() []string {
	if l.Kind == Blocks {
		return []string{results.ModelKey, results.BlockKey}
	}
	var axes []string
	for _, a := range l.Axes {
		if a != results.SeedKey {
			axes = append(axes, a)
		}
	}
	return axes
}

// axisIndex is the place of a key among the axes, −1 if it is not among them.
func (l Layout) axisIndex(key string) int { return slices.Index(l.axes(), key) }

func (l Layout) paperCell(model, block string) PaperCell {
	for _, p := range l.Paper {
		if p.Model == model && p.Block == block {
			return p
		}
	}
	return PaperCell{Model: model, Block: block}
}

// axisLabel names a setting in a table: the caller's label or the dotted key.
func (l Layout) axisLabel(key string) string { return cmp.Or(l.Labels[key], key) }

// shortAxisLabel names a setting in a chart: the caller's label or the last part of the key.
func (l Layout) shortAxisLabel(key string) string {
	return cmp.Or(l.Labels[key], key[strings.LastIndexByte(key, '.')+1:])
}

// valueLabel names the value of a setting: the caller's label or the value itself.
func (l Layout) valueLabel(key, value string) string {
	if key == results.BlockKey && value == blockBaseline {
		return cmp.Or(l.Labels[value], "baseline")
	}
	return cmp.Or(l.Labels[value], value)
}

// settingLabel names a setting with its value: the caller's label of both, or the value's, after the setting's name if the value alone is
// not clear.
func (l Layout) settingLabel(axis, value string) string {
	if text, ok := l.Labels[axis+"="+value]; ok {
		return text
	}
	text := l.valueLabel(axis, value)
	if axis != results.ModelKey && axis != results.BlockKey && axis != results.CaseKey {
		text = l.shortAxisLabel(axis) + " " + text
	}
	return text
}

// settingsLabel names a case by its settings, but one. If usual is not nil and there are many settings, those with the usual value are left
// out, except the block.
func (l Layout) settingsLabel(values []string, leaveOut string, usual []string) string {
	const many = 3
	axes := l.axes()
	short := usual != nil && len(axes) >= many
	var parts []string
	for i, axis := range axes {
		if axis == leaveOut || short && (values[i] == words.Absent || axis != results.BlockKey && values[i] == usual[i]) {
			continue
		}
		parts = append(parts, l.settingLabel(axis, values[i]))
	}
	return strings.Join(parts, ", ")
}
