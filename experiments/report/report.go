// Package report renders the tables and plots of an experiment from its records into results/NAME.
package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cenet/experiments/mistake"
	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn/dataset"
	"cenet/nn/model"
	"cenet/results"
	"cenet/results/folder"
	"cenet/results/layout"
	"cenet/results/page"
	"cenet/results/stats"
)

// Write writes records, tables and plots to the experiment's folder, and returns the page. If the folder has more finished trials or
// costs, it returns a LossError unless replace is set.
func Write(s *spec.Spec, out string, quick, replace bool, records []results.Record,
	say func(format string, args ...any)) (page.Page, error) {
	there, err := Begin(s, out, quick) // again: another run may have written since this one began
	if err != nil {
		return page.Page{}, err
	}
	if n := count(records); !replace {
		if err := there.Losses(n.trials, n.costs); err != nil {
			return page.Page{}, err
		}
	}
	records = there.withTimes(records)
	if err := results.WriteRecords(filepath.Join(there.Dir, results.RecordsFile), inOrder(records, trialsOf(s, quick))); err != nil {
		return page.Page{}, err
	}
	written, files, err := folder.Render(there.Dir, Layout(s, quick, records), records)
	for _, f := range files {
		say("wrote %s", f)
	}
	return written, err
}

// Render renders tables and plots again from the records in the experiment's folder. If records have other settings than the file, it
// returns a LossError unless replace is set; then it leaves those records out.
func Render(s *spec.Spec, out string, quick, replace bool) ([]string, error) {
	dir := s.Folder(out, quick)
	if s.Checks != "" {
		page, err := folder.ReadPage(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, mistake.Errorf("%s: no page: `%s` makes it", dir, s.Command())
		}
		if err != nil {
			return nil, err
		}
		return folder.RenderPage(dir, page)
	}
	records, err := results.ReadRecords(filepath.Join(dir, results.RecordsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, mistake.Errorf("%s: no records: `%s` makes them", dir, s.Command())
	}
	if err != nil {
		return nil, err
	}
	matching, err := Matching(s, quick, records)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if n := len(records) - len(matching); n > 0 && !quick && !replace {
		return nil, mistake.Of(&LossError{dir,
			fmt.Sprintf("%d of its %d records have other settings than the file, and would be in no table", n, len(records))})
	}
	if renamed(records, matching) {
		if err := results.WriteRecords(filepath.Join(dir, results.RecordsFile), inOrder(matching, trialsOf(s, quick))); err != nil {
			return nil, err
		}
	}
	_, files, err := folder.Render(dir, Layout(s, quick, matching), matching)
	return files, err
}

// renamed reports whether records have other names than the file's trials.
func renamed(records, matching []results.Record) bool {
	names := map[string]string{}
	for _, r := range matching {
		names[r.Identity] = r.Name
	}
	return slices.ContainsFunc(records, func(r results.Record) bool {
		name, ok := names[r.Identity]
		return ok && name != r.Name
	})
}

// trialsOf returns the trials of an experiment, or of its quick run.
func trialsOf(s *spec.Spec, quick bool) []spec.Trial {
	if quick {
		return spec.Quick(s.Trials())
	}
	return s.Trials()
}

// inOrder sorts records in the order of the experiment's trials, costs first.
func inOrder(records []results.Record, trials []spec.Trial) []results.Record {
	var list []results.Record
	named := map[string][]results.Record{}
	for _, r := range records {
		switch r.Kind {
		case results.KindNetwork:
			list = append(list, r)
		case results.KindTrial:
			named[r.Name] = append(named[r.Name], r)
		}
	}
	for i := range trials {
		list = append(list, named[trials[i].String()]...)
	}
	return list
}

// Layout describes the experiment for its tables and plots.
func Layout(s *spec.Spec, quick bool, records []results.Record) layout.Layout {
	trials := trialsOf(s, quick)
	l := layout.Layout{
		Title: Heading(s), Kind: s.Table, Axes: s.Columns(), Quick: quick,
		About: About(s, records), Command: s.Published(),
		ExpectBaseline: s.Expect.BaselineTop1 / 100,
		Labels:         labels(),
		HeldOut:        slices.ContainsFunc(trials, func(t spec.Trial) bool { return t.Data.HeldOut > 0 }),
	}
	if slices.Contains(l.Axes, s.Claims.Over) {
		l.Over, l.OverAbove = s.Claims.Over, s.Claims.Above
	}
	if slices.Contains(l.Axes, s.Claims.Contrast) {
		l.Contrast = s.Claims.Contrast
	}
	l.Styles, l.Compare = network.Styles(), comparisons(s, trials)
	if s.Costs {
		l.Notes = append(l.Notes, costsNote)
	}
	l.Facts = []page.Fact{Scale(s, trials)}
	for _, r := range records {
		if p := r.Images; p != nil {
			l.Classes = p.Classes
			l.Title = headed(s, p.Name)
			if n := s.Expect.Classes; n > 0 && n != p.Classes {
				l.Notes = append(l.Notes, fmt.Sprintf("These images have %d classes, not %d: the accuracies do not count for this experiment.",
					p.Classes, n))
			}
			l.Facts = append(l.Facts, page.Fact{Label: "Images", Text: fmt.Sprintf(
				"%s, %d for training and %d for testing, %d classes, %s at the network's input.", p.Name, p.Train, p.Test, p.Classes, p.Size)})
			break
		}
	}
	for _, c := range s.Paper { // only cells of this experiment's networks, and costs only if it measures them
		if !s.Costs {
			c.GFLOPs, c.CPU, c.GPU = nil, nil, nil
		}
		if slices.ContainsFunc(trials, func(t spec.Trial) bool { return t.Model.Backbone == c.Model && t.Model.Block == c.Block }) {
			l.Paper = append(l.Paper, layout.PaperCell(c))
		}
	}
	for _, t := range trials {
		l.Planned = append(l.Planned, t.Settings())
	}
	return l
}

// comparisons returns the comparisons of the trials' blocks and those that the file names. A file of one seed that claims nothing has none:
// they could not be judged.
func comparisons(s *spec.Spec, trials []spec.Trial) []stats.Comparison {
	list := []stats.Comparison{}
	if len(s.Seeds) == 1 && s.Topic.Claims == "none" {
		return list
	}
	if s.Table == layout.Blocks || slices.Contains(s.Columns(), results.BlockKey) {
		var blocks []string
		for _, t := range trials {
			if !slices.Contains(blocks, t.Model.Block) {
				blocks = append(blocks, t.Model.Block)
			}
		}
		list = network.Comparisons(blocks)
	}
	for _, c := range s.Compare {
		named := stats.Comparison{Key: c.Key, Value: fmt.Sprint(c.Value), Against: fmt.Sprint(c.Against), Within: s.Equal.Within,
			Role: stats.NotInPaper}
		same := func(k stats.Comparison) bool {
			return k.Key == named.Key && k.Value == named.Value && k.Against == named.Against && k.Within == named.Within
		}
		if slices.Contains(s.Columns(), c.Key) && !slices.ContainsFunc(list, same) {
			list = append(list, named)
		}
	}
	return list
}

// About is the top of a page: the experiment's purpose, what was fixed before it ran, and when that began.
func About(s *spec.Spec, records []results.Record) []string {
	var first results.Provenance
	for _, r := range records {
		if p := r.Provenance; r.Kind == results.KindTrial && (first.Started.IsZero() || p.Started.Before(first.Started)) {
			first = p
		}
	}
	lines := []string{s.About}
	if s.Fixed != "" {
		began := ""
		if !first.Started.IsZero() {
			began = first.Started.UTC().Format(", whose first trial began 2006-01-02 15:04 UTC")
			if first.Version != "" {
				began += " by cenet " + first.Version
			}
		}
		lines = append(lines, "Fixed before the run"+began+": "+s.Fixed)
	}
	return lines
}

// Heading is the title, with the data set's name in place of {images}.
func Heading(s *spec.Spec) string {
	source, _ := s.Given("data.source").(string)
	return headed(s, source)
}

// headed is the title for images with a name.
func headed(s *spec.Spec, images string) string {
	name, copied, isCopy := strings.Cut(images, " ")
	if label, ok := labels()[name]; ok && name != "" {
		name = label
	}
	if isCopy {
		name += " " + copied
	}
	title := strings.NewReplacer("{images}", name, "{pictures}", name).Replace(s.Title)
	if p, _ := s.Given(spec.PrecisionKey).(string); p != "" && p != spec.UsualPrecision && !slices.Contains(s.Axes(), spec.PrecisionKey) {
		title += ", in " + p
	}
	return title
}

const costsNote = "GFLOPs are multiply-accumulates of convolutions and linear layers, plus one for each elementary operation of other " +
	"layers."

// publishedStem is the stem of the published networks: Scale does not mention it.
const publishedStem = "imagenet"

// Scale describes how the networks were trained, as far as all trials agree. If the experiment has figures of the paper, it also says
// how the paper's networks were trained.
func Scale(s *spec.Spec, trials []spec.Trial) page.Fact {
	var parts []string
	for _, key := range []string{"model.width", "model.stem", "train.epochs", "train.batch", "train.lr", "train.schedule", spec.PrecisionKey} {
		value := fmt.Sprint(trials[0].Setup.Get(key))
		if key == "model.stem" && value == publishedStem || key == spec.PrecisionKey && value == spec.UsualPrecision {
			continue
		}
		if !slices.ContainsFunc(trials, func(t spec.Trial) bool { return fmt.Sprint(t.Setup.Get(key)) != value }) {
			parts = append(parts, labels()[key]+" "+value)
		}
	}
	how := strings.Join(parts, ", ") + "."
	if len(s.Paper) == 0 {
		return page.Fact{Label: "Trained with", Text: how}
	}
	return page.Fact{Label: "Scaled down", Text: how + " The paper trains its networks at full width on ImageNet."}
}

// Setting names the images, and these with the network, width and epochs of the training, as far as all trials agree. It leaves out a
// network that is a column of the experiment's table; a nil experiment has none.
func Setting(s *spec.Spec, trials []spec.Trial, records []results.Record) (images, setting string) {
	if i := slices.IndexFunc(records, func(r results.Record) bool { return r.Images != nil }); i >= 0 {
		images = Label(records[i].Images.Name)
	}
	agreed := func(key, form string) string {
		value := fmt.Sprint(trials[0].Setup.Get(key))
		if slices.ContainsFunc(trials, func(t spec.Trial) bool { return fmt.Sprint(t.Setup.Get(key)) != value }) {
			return ""
		}
		return fmt.Sprintf(form, Label(value))
	}
	parts := []string{images, agreed("model.width", "width %s"), agreed("train.epochs", "%s epochs")}
	if s != nil && !slices.Contains(s.Columns(), results.ModelKey) {
		parts = slices.Insert(parts, 0, agreed(results.ModelKey, "%s"))
	}
	return images, strings.Join(slices.DeleteFunc(parts, func(p string) bool { return p == "" }), ", ")
}

// Label is the display name of a setting's value.
func Label(value string) string {
	if label, ok := labels()[value]; ok {
		return label
	}
	return value
}

// labels maps settings and values to display names: those of the registries and others.
var labels = sync.OnceValue(func() map[string]string {
	all := maps.Clone(otherLabels)
	for name, b := range network.Blocks {
		all[name] = cmp.Or(b.Label, name)
	}
	for name, b := range model.Backbones {
		all[name] = cmp.Or(b.Label, name)
	}
	for name, s := range dataset.Sources {
		if s.Label != "" {
			all[name] = s.Label
		}
	}
	return all
})

// otherLabels has display names of settings, and of values that are in no registry.
var otherLabels = map[string]string{
	"model.backbone": "network", "model.block": "block", spec.CaseKey: "case",
	"model.norm": "norm", "model.norm_group": "channels in a group", "model.rectifier": "rectifier",
	"batch": "BN", "instance": "IN", "group": "GN", "layer": "LN", "relu": "ReLU", "elu": "ELU", "leaky": "leaky ReLU",
	"corrupt.rate": "corruption rate", "corrupt.kind": "corruption",
	"ce.steps": "iterations T", "ce.group": "group size", "ce.learn_lambda": "λ learned", "ce.lambda": "λ",
	"model.position": "after", "model.stages": "in stages", "model.block_stem": "after the stem", "model.every": "units per block",
	"model.stages=[1]": "in stage 1", "model.stages=[2]": "in stage 2", "model.stages=[3]": "in stage 3",
	"model.stages=[1 2 3 4]": "in stages 1 to 4",
	"model.last_gamma":       "initial last γ",
	"model.block_stem=false": "not after the stem", "model.every=2": "in every second unit",
	"ce.learn_lambda=false": "λ fixed", "ce.group=0": "one group of all", "ce.variance": "variance",
	"": "none", "model.weights": "starts from", "train.freeze": "frozen",
	"model.width": "width", "model.stem": "stem", "train.epochs": "epochs", "train.batch": "batch", "train.lr": "learning rate",
	"train.schedule": "schedule", spec.PrecisionKey: "precision",
}
