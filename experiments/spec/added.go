package spec

import (
	"fmt"
	"maps"
	"slices"
)

// Values are those of settings that a registry adds to the language, by dotted key, each in the Go type of its setting's Kind.
type Values map[string]any

// Int is the value of an integer; it panics where the key is none of one.
func (v Values) Int(key string) int { return added[int](v, key) }

// Float is the value of a number; it panics where the key is none of one.
func (v Values) Float(key string) float64 { return added[float64](v, key) }

// Bool is the value of a switch; it panics where the key is none of one.
func (v Values) Bool(key string) bool { return added[bool](v, key) }

// Text is the value of a string; it panics where the key is none of one.
func (v Values) Text(key string) string { return added[string](v, key) }

// Ints is the value of a list of integers; it panics where the key is none of one.
func (v Values) Ints(key string) []int { return added[[]int](v, key) }

// Floats is the value of a list of numbers; it panics where the key is none of one.
func (v Values) Floats(key string) []float64 { return added[[]float64](v, key) }

func added[T any](v Values, key string) T {
	value, ok := v[key].(T)
	if !ok {
		panic(fmt.Sprintf("spec: no setting %s of type %T", key, value))
	}
	return value
}

// AddBlock lets files name a channel block, which stands at place unless they say otherwise, and gives it settings, whose keys begin
// with a table of the block's. They have an effect where the block is the trial's.
func (n *Names) AddBlock(name string, place Place, settings ...Setting) {
	n.Blocks = append(slices.Clone(n.Blocks), name)
	slices.Sort(n.Blocks)
	n.Places = maps.Clone(n.Places)
	if n.Places == nil {
		n.Places = map[string]Place{}
	}
	n.Places[name] = place
	fields := slices.Clone(n.setupFields())
	for _, s := range settings {
		s.Needs = fmt.Sprintf("model.block = %q", name)
		fields = append(fields, field[Setup]{Setting: s,
			values: func(t *Setup) *Values { return &t.Added },
			used:   func(t *Setup) bool { return t.Model.Block == name }})
	}
	n.setups = fields
}

// AddCheck lets files name a check, and gives it settings, whose keys begin with the check's name.
func (n *Names) AddCheck(name string, settings ...Setting) {
	n.Checks = append(slices.Clone(n.Checks), name)
	slices.Sort(n.Checks)
	fields := slices.Clone(n.checkFields())
	for _, s := range settings {
		fields = append(fields, field[CheckSettings]{Setting: s, values: func(t *CheckSettings) *Values { return &t.Added }})
	}
	n.checks = fields
}

// setupFields are the settings of trials.
func (n *Names) setupFields() []field[Setup] {
	if n.setups != nil {
		return n.setups
	}
	return setupFields
}

// checkFields are the settings of checks.
func (n *Names) checkFields() []field[CheckSettings] {
	if n.checks != nil {
		return n.checks
	}
	return checkFields
}

// aTwentieth is what a quick run takes of numbers of cases.
const aTwentieth = 20

// Quicker returns the experiment of a check with the numbers of cases of a quick run.
func (s *Spec) Quicker() *Spec {
	less := *s
	less.CheckSettings.Added = maps.Clone(s.CheckSettings.Added)
	for _, f := range s.Names.checkFields() {
		if f.Quick > 0 {
			n := f.get(&less.CheckSettings).(int)
			f.set(&less.CheckSettings, max(min(n, f.Quick), n/aTwentieth))
		}
	}
	return &less
}
