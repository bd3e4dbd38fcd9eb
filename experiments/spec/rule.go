package spec

import (
	"errors"
	"fmt"
	"slices"
)

// rule is a condition on several settings of a trial.
type rule struct {
	keys   []string // the first is to blame
	broken func(*Setup, Names) string
}

var rules = []rule{
	{[]string{"data.dir", "data.source"}, func(s *Setup, n Names) string {
		if s.Data.Dir == "" && n.NeedsDir != nil && n.NeedsDir(s.Data.Source) {
			return fmt.Sprintf("missing: the folder that data.source = %q reads", s.Data.Source)
		}
		return ""
	}},
	{[]string{"data.resize", "data.size"}, func(s *Setup, _ Names) string {
		if d := s.Data; d.Resize > 0 && (d.Size == 0 || d.Resize < d.Size) {
			return fmt.Sprintf("%d: expected a data.size that is cut out of it, from 1 to %d, not %d", d.Resize, d.Resize, d.Size)
		}
		return ""
	}},
	{[]string{"data.crop_mode", "data.size", "data.crop"}, func(s *Setup, _ Names) string {
		switch d := s.Data; {
		case d.CropMode == "resized" && d.Size == 0:
			return `"resized" needs a data.size to resize to`
		case d.CropMode == "resized" && d.Crop > 0:
			return fmt.Sprintf(`"resized" leaves no use for data.crop = %d`, d.Crop)
		}
		return ""
	}},
	{[]string{"train.batch", "data.train"}, func(s *Setup, _ Names) string {
		if s.Data.Train > 0 && s.Train.Batch > s.Data.Train {
			return fmt.Sprintf("%d is more than data.train = %d", s.Train.Batch, s.Data.Train)
		}
		return ""
	}},
	{[]string{"train.milestones", "train.schedule"}, func(s *Setup, _ Names) string {
		if hasStep(s) && len(s.Train.Milestones) == 0 {
			return `missing: train.schedule = "step" must know when`
		}
		return ""
	}},
	{[]string{"train.milestones", "train.epochs"}, func(s *Setup, _ Names) string {
		if n := len(s.Train.Milestones); hasStep(s) && n > 0 && s.Train.Milestones[n-1] >= s.Train.Epochs {
			return fmt.Sprintf("%d is not below train.epochs = %d", s.Train.Milestones[n-1], s.Train.Epochs)
		}
		return ""
	}},
	{[]string{"train.warmup_epochs", "train.epochs"}, func(s *Setup, _ Names) string {
		if s.Train.WarmupEpochs > float64(s.Train.Epochs) {
			return fmt.Sprintf("%s is more than train.epochs = %d", Number(s.Train.WarmupEpochs), s.Train.Epochs)
		}
		return ""
	}},
	{[]string{"model.norm", "model.block"}, func(s *Setup, _ Names) string {
		switch {
		case s.Model.Norm == "batch":
		case hasCE(s):
			return fmt.Sprintf("%q: Channel Equilibrium stands behind a BatchNorm, which only model.norm = \"batch\" is", s.Model.Norm)
		case s.Model.Backbone == "alexnet":
			return fmt.Sprintf("%q: alexnet has no normalisation of its own", s.Model.Norm)
		}
		return ""
	}},
	{[]string{"model.position", "model.stages", "model.every", "model.block_stem"}, func(s *Setup, n Names) string {
		if n.Sites == nil || !hasBlock(s) {
			return ""
		}
		sites := n.Sites(s)
		if len(sites) == 0 || slices.ContainsFunc(sites, s.Model.Place.Holds) {
			return ""
		}
		stages, positions := 0, 0
		for _, site := range sites {
			stages, positions = max(stages, site.Stage), max(positions, site.Position)
		}
		return fmt.Sprintf("%q in stages %v of %s: no block would stand anywhere; it has stages 1 to %d and positions \"last\" and \"bn1\" to \"bn%d\"",
			s.Model.Place.Position, s.Model.Place.Stages, s.Model.Backbone, stages, positions)
	}},
	{[]string{"ce.lambda", "ce.learn_lambda"}, func(s *Setup, _ Names) string {
		if λ := s.CE.Lambda; hasBoth(s) && s.CE.LearnLambda && (λ == 0 || λ == 1) {
			return fmt.Sprintf("%s is an end of the range, which only ce.learn_lambda = false can hold", Number(λ))
		}
		return ""
	}},
}

// conflict is a rule that some trial breaks.
type conflict struct {
	keys []string
	text string
}

// conflicts returns the rules that are broken, each for the first combination
// that breaks it.
func (s *Spec) conflicts() []conflict {
	var list []conflict
	if s.Table == "blocks" {
		for _, key := range s.Axes() {
			if key != "model.backbone" && key != "model.block" {
				list = append(list, conflict{[]string{key, "table"}, `table = "blocks" shows model.backbone and model.block alone, but this varies, too: table = "sweep"`})
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
	done := make([]bool, len(rules))
	for values := range s.combinations {
		setup := s.setup(values)
		for i, r := range rules {
			if done[i] {
				continue
			}
			if text := r.broken(&setup, s.Names); text != "" {
				list = append(list, conflict{r.keys, text})
				done[i] = true
			}
		}
	}
	return list
}

// acrossPrecisions refuses claims that set trials of different precisions against each other where [compare] does not ask for it: by a contrast of
// precisions, or of named cases that differ in it.
func (s *Spec) acrossPrecisions() []conflict {
	key := s.Claims.Contrast
	asked := slices.ContainsFunc(s.Compare, func(c Compared) bool { return c.Key == PrecisionKey })
	if asked || key != PrecisionKey && (key != CaseKey || !slices.Contains(s.caseKeys(), PrecisionKey)) {
		return nil
	}
	return []conflict{{[]string{"claims.contrast"}, Quote(key) + " compares networks of different precisions: [compare] with " + PrecisionKey +
		` = ["bf16", "float32"] asks for that`}}
}

// doesNotVary says that a setting is none of those that vary.
func doesNotVary(key string, axes []string) string {
	if len(axes) == 0 {
		return fmt.Sprintf("%s does not vary: nothing does", Quote(key))
	}
	return fmt.Sprintf("%s does not vary: expected a setting of the sweep; nearest: %q", Quote(key), nearestKey(key, axes))
}

// overFault says why there are no cases of a claim along a setting; "" where there are.
func (s *Spec) overFault(key string) string {
	axes := s.Axes()
	if !slices.Contains(axes, key) {
		return doesNotVary(key, axes)
	}
	f := find(s.Names.setupFields(), key)
	if f.Kind != Int && f.Kind != Float {
		return fmt.Sprintf("%s is %s: expected a setting of numbers", Quote(key), f.Kind)
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
	return fmt.Sprintf("no value of %s is above %s, of claims.above", Quote(key), Number(s.Claims.Above))
}

// Check reports settings that contradict each other, one line each, and more
// trials than an experiment may have. What Load returns has passed it; it is
// for a spec that was changed since.
func (s *Spec) Check() error {
	if s.Checks != "" {
		return nil
	}
	if s.Count() > MostTrials {
		return fmt.Errorf("sweep: makes more than %d trials", MostTrials)
	}
	var list []error
	for _, c := range s.conflicts() {
		list = append(list, fmt.Errorf("%s: %s", c.keys[0], c.text))
	}
	return errors.Join(list...)
}

// idle returns the settings given, here or in what is extended, that no trial
// uses.
func (s *Spec) idle() []string {
	waiting := map[string]*field[Setup]{}
	fields := s.Names.setupFields()
	for i := range fields {
		f := &fields[i]
		_, given := s.values[f.Key]
		if given = given || slices.Contains(s.Axes(), f.Key); given && (f.used != nil || f.Key == "data.dir") {
			waiting[f.Key] = f
		}
	}
	for values := range s.combinations {
		if len(waiting) == 0 {
			return nil
		}
		setup := s.setup(values)
		for key, f := range waiting {
			// Only the registry knows which sources read a folder.
			inUse := f.hasEffect(&setup)
			if key == "data.dir" && s.Names.ReadsDir != nil {
				inUse = s.Names.ReadsDir(setup.Data.Source)
			}
			if inUse {
				delete(waiting, key)
			}
		}
	}
	var list []string
	for _, key := range keys(fields) {
		if waiting[key] != nil {
			list = append(list, key)
		}
	}
	return list
}
