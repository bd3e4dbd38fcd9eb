// Package report renders the tables and plots of an experiment from its records, below results/NAME.
package report

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cenet/experiments/network"
	"cenet/experiments/spec"
	"cenet/nn/dataset"
	"cenet/nn/model"
	"cenet/results"
	"cenet/results/stats"
)

// RecordsFile stands beside the tables that are rendered from it.
const RecordsFile = "records.jsonl"

// Write puts the records and what is rendered from them into the experiment's folder. Where that has more than the records, it writes
// only to replace them, and the error is a LossError otherwise.
func Write(s *spec.Spec, out string, quickly, replace bool, trials []spec.Trial, records []results.Record, say func(format string, args ...any)) error {
	dir := s.Folder(out, quickly)
	if !replace {
		n := count(records)
		if err := Losses(s, out, quickly, n.trials, n.costs); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	records = withTimes(dir, records)
	if err := results.WriteRecords(filepath.Join(dir, RecordsFile), inOrder(records, trials)); err != nil {
		return err
	}
	files, err := results.Render(dir, Layout(s, quickly, records), records)
	for _, f := range files {
		say("wrote %s", f)
	}
	return err
}

// Render renders tables and plots again from the records in the experiment's folder. Records of other settings than the file's it leaves out
// only to replace tables that have them, and the error is a LossError otherwise.
func Render(s *spec.Spec, out string, quickly, replace bool) ([]string, error) {
	dir := s.Folder(out, quickly)
	if s.Checks != "" {
		page, err := results.ReadPage(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &spec.InputError{Err: fmt.Errorf("%s: no page: `%s` makes it", dir, s.Command())}
		}
		if err != nil {
			return nil, err
		}
		return results.RenderPage(dir, page)
	}
	records, err := results.ReadRecords(filepath.Join(dir, RecordsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &spec.InputError{Err: fmt.Errorf("%s: no records: `%s` makes them", dir, s.Command())}
	}
	if err != nil {
		return nil, err
	}
	own, err := Own(s, quickly, records)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if n := len(records) - len(own); n > 0 && !quickly && !replace {
		return nil, &spec.InputError{Err: &LossError{dir, fmt.Sprintf("%d of its %d records are of other settings than the file's, and would be in no table", n, len(records))}}
	}
	if renewed(records, own) {
		if err := results.WriteRecords(filepath.Join(dir, RecordsFile), inOrder(own, trialsOf(s, quickly))); err != nil {
			return nil, err
		}
	}
	records = own
	return results.Render(dir, Layout(s, quickly, records), records)
}

// renewed reports whether records have other names or keys of settings than those of the file's trials.
func renewed(records, own []results.Record) bool {
	names := map[string]string{}
	for _, r := range own {
		names[r.Identity] = r.Name
	}
	return slices.ContainsFunc(records, func(r results.Record) bool { name, ok := names[r.Identity]; return ok && name != r.Name })
}

// trialsOf are the trials of an experiment, or of its quick run.
func trialsOf(s *spec.Spec, quickly bool) []spec.Trial {
	if quickly {
		return spec.Quick(s.Trials())
	}
	return s.Trials()
}

// inOrder sorts records as the experiment lists its trials, costs first.
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

// Layout is what the tables say about the experiment, apart from its records.
func Layout(s *spec.Spec, quickly bool, records []results.Record) results.Layout {
	trials := trialsOf(s, quickly)
	l := results.Layout{
		Title: Heading(s), Kind: s.Table, Axes: s.Columns(), Quick: quickly,
		About:          About(s, records),
		ExpectBaseline: s.Expect.BaselineTop1 / 100,
		Labels:         labels(),
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
	l.Notes = append(l.Notes, Scale(s, trials))
	for _, r := range records {
		if p := r.Images; p != nil {
			l.Classes = p.Classes
			l.Title = headed(s, p.Name)
			if n := s.Expect.Classes; n > 0 && n != p.Classes {
				l.Notes = append(l.Notes, fmt.Sprintf("These are images of %d classes, not of %d: the accuracies are no result of this experiment.", p.Classes, n))
			}
			l.Notes = append(l.Notes, fmt.Sprintf("Images: %s, %d for training and %d for testing, %d classes, %s as the network takes them.",
				p.Name, p.Train, p.Test, p.Classes, p.Size))
			break
		}
	}
	for _, c := range s.Paper { // those of networks and costs that this experiment leaves out say nothing here
		if !s.Costs {
			c.GFLOPs, c.CPU, c.GPU = nil, nil, nil
		}
		if slices.ContainsFunc(trials, func(t spec.Trial) bool { return t.Model.Backbone == c.Model && t.Model.Block == c.Block }) {
			l.Paper = append(l.Paper, results.PaperCell(c))
		}
	}
	for _, t := range trials {
		l.Planned = append(l.Planned, t.Settings())
	}
	return l
}

// comparisons are those of the trials' blocks, and those that the file names.
func comparisons(s *spec.Spec, trials []spec.Trial) []stats.Comparison {
	list := []stats.Comparison{}
	if s.Table == results.LayoutBlocks || slices.Contains(s.Axes(), results.BlockKey) {
		var blocks []string
		for _, t := range trials {
			if !slices.Contains(blocks, t.Model.Block) {
				blocks = append(blocks, t.Model.Block)
			}
		}
		list = network.Comparisons(blocks)
	}
	for _, c := range s.Compare {
		named := stats.Comparison{Key: c.Key, Value: fmt.Sprint(c.Value), Against: fmt.Sprint(c.Against), Role: stats.NotInPaper}
		same := func(k stats.Comparison) bool {
			return k.Key == named.Key && k.Value == named.Value && k.Against == named.Against
		}
		if slices.Contains(s.Axes(), c.Key) && !slices.ContainsFunc(list, same) {
			list = append(list, named)
		}
	}
	return list
}

// About is what a page says on top: what the experiment is about, what was fixed before it ran and when that began, and the command.
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
	return append(lines, "Command: `"+s.Published()+"`")
}

// Heading is the title, with the data set's name where it speaks of the images.
func Heading(s *spec.Spec) string {
	source, _ := s.Given("data.source").(string)
	return headed(s, source)
}

// headed is the title for images of that name.
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

const costsNote = "GFLOPs are multiply-accumulates of convolutions and linear maps, and one for each elementary operation of everything else."

// publishedStem is the stem that no network is scaled down by.
const publishedStem = "imagenet"

// Scale says how the networks were trained, as far as all trials agree, and how the paper's were, where the experiment has figures of the paper.
func Scale(s *spec.Spec, trials []spec.Trial) string {
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
		return "Trained with: " + how
	}
	return "Scaled down: " + how + " The paper trains its networks at full width on ImageNet."
}

// Setting says in a few words on what the networks were trained and for how long, as far as all trials agree.
func Setting(trials []spec.Trial, records []results.Record) string {
	var parts []string
	if i := slices.IndexFunc(records, func(r results.Record) bool { return r.Images != nil }); i >= 0 {
		parts = append(parts, Label(records[i].Images.Name))
	}
	for _, p := range []struct{ key, form string }{{"model.width", "width %s"}, {"train.epochs", "%s epochs"}} {
		value := fmt.Sprint(trials[0].Setup.Get(p.key))
		if !slices.ContainsFunc(trials, func(t spec.Trial) bool { return fmt.Sprint(t.Setup.Get(p.key)) != value }) {
			parts = append(parts, fmt.Sprintf(p.form, value))
		}
	}
	return strings.Join(parts, ", ")
}

// Label is the name of a setting's value for people.
func Label(value string) string {
	if label, ok := labels()[value]; ok {
		return label
	}
	return value
}

// labels are names for people of settings and their values: those of the registries, and others.
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

// otherLabels are those of settings, and of values that no registry has.
var otherLabels = map[string]string{
	"model.backbone": "network", "model.block": "block", spec.CaseKey: "case",
	"model.norm": "norm", "model.norm_group": "channels in a group", "model.rectifier": "rectifier",
	"batch": "BN", "instance": "IN", "group": "GN", "layer": "LN", "relu": "ReLU", "elu": "ELU", "leaky": "leaky ReLU",
	"corrupt.rate": "corruption rate", "corrupt.kind": "corruption", "ce.steps": "iterations T", "ce.group": "group size", "ce.learn_lambda": "λ learned", "ce.lambda": "λ",
	"model.position": "behind", "model.stages": "in stages", "model.block_stem": "behind the stem", "model.every": "each so many units",
	"model.stages=[1]": "in stage 1", "model.stages=[2]": "in stage 2", "model.stages=[3]": "in stage 3", "model.stages=[1 2 3 4]": "in stages 1 to 4",
	"model.last_gamma":       "last γ from",
	"model.block_stem=false": "not behind the stem", "model.every=2": "in every second unit",
	"ce.learn_lambda=false": "λ fixed", "ce.group=0": "one group of all", "ce.variance": "variance",
	"": "none", "model.weights": "starts from", "train.freeze": "frozen",
	"model.width": "width", "model.stem": "stem", "train.epochs": "epochs", "train.batch": "batch", "train.lr": "learning rate",
	"train.schedule": "schedule", spec.PrecisionKey: "precision",
}
