package spec

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"cenet/experiments/mistake"
)

// rules are those on the settings of this package.
var rules = []Rule{
	{[]string{"data.resize", "data.size"}, func(s *Setup) string {
		if d := s.Data; d.Resize > 0 && (d.Size == 0 || d.Resize < d.Size) {
			return fmt.Sprintf("%d: expected a data.size that is cut out of it, from 1 to %d, not %d", d.Resize, d.Resize, d.Size)
		}
		return ""
	}},
	{[]string{"data.crop_mode", "data.size", "data.crop"}, func(s *Setup) string {
		switch d := s.Data; {
		case d.CropMode == "resized" && d.Size == 0:
			return `"resized" needs a data.size to resize to`
		case d.CropMode == "resized" && d.Crop > 0:
			return fmt.Sprintf(`"resized" leaves no use for data.crop = %d`, d.Crop)
		}
		return ""
	}},
	{[]string{"train.batch", "data.train"}, func(s *Setup) string {
		if s.Data.Train > 0 && s.Train.Batch > s.Data.Train {
			return fmt.Sprintf("%d is more than data.train = %d", s.Train.Batch, s.Data.Train)
		}
		return ""
	}},
	{[]string{"train.milestones", "train.schedule"}, func(s *Setup) string {
		if s.Train.Schedule == "step" && len(s.Train.Milestones) == 0 {
			return `missing: train.schedule = "step" must know when`
		}
		return ""
	}},
	{[]string{"train.milestones", "train.epochs"}, func(s *Setup) string {
		if n := len(s.Train.Milestones); s.Train.Schedule == "step" && n > 0 && s.Train.Milestones[n-1] >= s.Train.Epochs {
			return fmt.Sprintf("%d is not below train.epochs = %d", s.Train.Milestones[n-1], s.Train.Epochs)
		}
		return ""
	}},
	{[]string{"train.warmup_epochs", "train.epochs"}, func(s *Setup) string {
		if s.Train.WarmupEpochs > float64(s.Train.Epochs) {
			return fmt.Sprintf("%s is more than train.epochs = %d", Number(s.Train.WarmupEpochs), s.Train.Epochs)
		}
		return ""
	}},
}

// A Checker is a struct of settings, in a table that a registry adds, of which some may contradict each other. Conflict says which, by
// their keys in the table, the first to blame, and what is wrong; "" if they agree.
type Checker interface {
	Conflict() (keys []string, text string)
}

// conflict is a rule that some trial breaks.
type conflict struct {
	keys []string
	text string
}

// broken returns the rules that a trial breaks.
func (n *Names) broken(s *Setup) (list []conflict) {
	if s.Data.Dir == "" && n.NeedsDir != nil && n.NeedsDir(s.Data.Source) {
		list = append(list, conflict{[]string{"data.dir", "data.source"}, fmt.Sprintf("missing: the folder that data.source = %q reads",
			s.Data.Source)})
	}
	for _, r := range slices.Concat(rules, n.Rules) {
		if text := r.Broken(s); text != "" {
			list = append(list, conflict{r.Keys, text})
		}
	}
	return append(list, s.Sections.conflicts()...)
}

// conflicts returns what contradicts within a table.
func (s Sections) conflicts() (list []conflict) {
	for _, table := range slices.Sorted(maps.Keys(s)) {
		c, ok := s[table].(Checker)
		if !ok {
			continue
		}
		if keys, text := c.Conflict(); text != "" {
			for i := range keys {
				keys[i] = dotted(table, keys[i])
			}
			list = append(list, conflict{keys, text})
		}
	}
	return list
}

// conflicts returns the rules that are broken, each for the first combination that breaks it.
func (s *Spec) conflicts() []conflict {
	if s.Checks != "" {
		return s.sections().conflicts()
	}
	var list []conflict
	if s.Table == "blocks" {
		for _, key := range s.Axes() {
			if key != "model.backbone" && key != "model.block" {
				list = append(list, conflict{[]string{key, "table"},
					`table = "blocks" shows model.backbone and model.block alone, but this varies, too: table = "sweep"`})
			}
		}
	}
	if over := s.Claims.Over; over != "" {
		if _, fixed := s.values[over]; !fixed {
			if text := s.overFault(over); text != "" {
				list = append(list, conflict{[]string{"claims.over"}, text})
			}
		}
	}
	if key := s.Claims.Contrast; key != "" && !slices.Contains(s.Axes(), key) && !slices.Contains(s.Columns(), key) {
		if _, fixed := s.values[key]; !fixed {
			list = append(list, conflict{[]string{"claims.contrast"}, doesNotVary(key, s.Axes())})
		}
	}
	list = append(list, s.uncompared()...)
	list = append(list, s.acrossPrecisions()...)
	seen := map[string]bool{}
	for values := range s.combinations {
		setup := s.setup(values)
		for _, c := range s.Names.broken(&setup) {
			if rule := strings.Join(c.keys, " "); !seen[rule] {
				seen[rule] = true
				list = append(list, c)
			}
		}
	}
	return list
}

// acrossPrecisions refuses claims that compare trials of different precisions where [compare] does not ask for it: by a contrast of
// precisions, or of named cases that differ in it.
func (s *Spec) acrossPrecisions() []conflict {
	key := s.Claims.Contrast
	asked := slices.ContainsFunc(s.Compare, func(c Compared) bool { return c.Key == PrecisionKey })
	if asked || key != PrecisionKey && (key != CaseKey || !slices.Contains(s.caseKeys(), PrecisionKey)) {
		return nil
	}
	return []conflict{{[]string{"claims.contrast"}, mistake.Quote(key) +
		" compares networks of different precisions: [compare] with " + PrecisionKey + ` = ["bf16", "float32"] asks for that`}}
}

// doesNotVary says that a setting is none of those that vary.
func doesNotVary(key string, axes []string) string {
	if len(axes) == 0 {
		return fmt.Sprintf("%s does not vary: nothing does", mistake.Quote(key))
	}
	return fmt.Sprintf("%s does not vary: expected a setting of the sweep; nearest: %q", mistake.Quote(key), nearestKey(key, axes))
}

// overFault says why there are no cases of a claim along a setting; "" where there are.
func (s *Spec) overFault(key string) string {
	axes := s.Axes()
	if !slices.Contains(axes, key) {
		return doesNotVary(key, axes)
	}
	f := find(s.Names.ofTrials(), key)
	if f.Kind != Int && f.Kind != Float {
		return fmt.Sprintf("%s is %s: expected a setting of numbers", mistake.Quote(key), f.Kind)
	}
	if !slices.Contains(axes, "model.block") {
		return "model.block does not vary: there is nothing to compare"
	}
	for values := range s.combinations {
		setup := s.setup(values)
		switch v := setup.Get(key).(type) {
		case int:
			if float64(v) > s.Claims.Above {
				return ""
			}
		case float64:
			if v > s.Claims.Above {
				return ""
			}
		}
	}
	return fmt.Sprintf("no value of %s is above %s, of claims.above", mistake.Quote(key), Number(s.Claims.Above))
}

// Check reports settings that contradict each other, one line each, and more trials than an experiment may have. What Load returns has
// passed it; it is for a spec that was changed since.
func (s *Spec) Check() error {
	if s.Checks == "" && s.Count() > MostTrials {
		return fmt.Errorf("sweep: makes more than %d trials", MostTrials)
	}
	var list []error
	for _, c := range s.conflicts() {
		list = append(list, fmt.Errorf("%s: %s", c.keys[0], c.text))
	}
	return errors.Join(list...)
}

// idle returns the settings given, here or in what is extended, that no trial uses.
func (s *Spec) idle() []*Setting {
	var waiting []*Setting
	axes, settings := s.Axes(), s.own()
	for i := range settings {
		f := &settings[i]
		_, given := s.values[f.Key]
		if (given || slices.Contains(axes, f.Key)) && f.needs != nil {
			waiting = append(waiting, f)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	for values := range s.combinations {
		setup := s.setup(values)
		waiting = slices.DeleteFunc(waiting, func(f *Setting) bool { return setup.hasEffect(f) })
	}
	return waiting
}
