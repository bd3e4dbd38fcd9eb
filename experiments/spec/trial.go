package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// MostTrials bounds an experiment: a sweep beyond it is a slip of the pen.
const MostTrials = 10000

// Trial is one combination of a spec's sweep with one of its seeds.
type Trial struct {
	Experiment string // name of the spec
	Setup
	Seed   int
	Axes   []string // the spec's
	Values []any    // on each of Axes; nil where the trial's case leaves it
	Case   string   // where a case has a name, that of the trial's case; else ""
	Start  Start

	cased int // how many of Axes the case's name replaces
}

// WeightsKey is the setting of the file of weights that a trial starts from.
const WeightsKey = "model.weights"

// A Start is the file of weights that a trial starts from. The zero Start is none.
type Start struct {
	Path string
	Hash string // SHA-256 in hexadecimal: part of the trial's identity, in place of the path; whoever takes that identity sets it before
}

// Axes returns the keys that vary between trials: those of the cases, in the order of all settings, then those of the sweep,
// in the order of the file.
func (s *Spec) Axes() []string {
	return append(s.caseKeys(), s.sweepKeys()...)
}

// sweepKeys returns the keys of the sweep.
func (s *Spec) sweepKeys() []string {
	list := []string{}
	for _, a := range s.Sweep {
		list = append(list, a.Key)
	}
	return list
}

// caseKeys returns the keys that some case sets, in the order of all settings.
func (s *Spec) caseKeys() []string {
	list := []string{}
	for _, key := range keys(s.Names.ofTrials()) {
		if slices.ContainsFunc(s.Cases, func(c Case) bool { _, ok := c.Settings[key]; return ok }) {
			list = append(list, key)
		}
	}
	return list
}

// Count is the number of trials, or mostTrials+1 if there are more than that.
func (s *Spec) Count() int {
	n := len(s.Seeds) * max(1, len(s.Cases))
	for _, a := range s.Sweep {
		n *= len(a.Values)
		if n > MostTrials {
			return MostTrials + 1
		}
	}
	return min(n, MostTrials+1)
}

// Trials returns all trials: the product of the cases, which change slowest, of
// the sweep's axes, the first before the second, and of the seeds, which change
// fastest.
func (s *Spec) Trials() []Trial {
	var list []Trial
	axes, named := s.Axes(), s.named()
	done, of := 0, max(1, s.Count()/max(1, len(s.Seeds)*len(s.Cases))) // combinations, and how many there are of a case
	for values := range s.combinations {
		setup := s.setup(values)
		t := Trial{Experiment: s.Name, Setup: setup, Axes: axes, Values: values}
		if file := setup.Model.Weights; file != "" {
			t.Start.Path = file
			if !filepath.IsAbs(file) {
				t.Start.Path = filepath.Join(s.folders[file], file)
			}
		}
		if named {
			t.Case, t.cased = s.Cases[done/of].String(), len(s.caseKeys())
		}
		for _, t.Seed = range s.Seeds {
			list = append(list, t)
		}
		done++
	}
	return list
}

// CaseKey is the axis of a table that shows the names of cases in place of their settings.
const CaseKey = "case"

// PrecisionKey is the setting of the precision of products. Results in different precisions are compared only where [compare] names it.
const PrecisionKey, UsualPrecision = "train.precision", "float32"

// Columns are the axes as a table shows them: cases that have names are one axis, CaseKey, unless the table has a shape of its own.
func (s *Spec) Columns() []string {
	if s.Table == "blocks" || !s.named() {
		return s.Axes()
	}
	return append([]string{CaseKey}, s.sweepKeys()...)
}

// named reports whether some case has a name.
func (s *Spec) named() bool {
	return slices.ContainsFunc(s.Cases, func(c Case) bool { return c.Name != "" })
}

// combinations calls yield with the values on all axes, one combination after
// another, until it returns false.
func (s *Spec) combinations(yield func(values []any) bool) {
	if len(s.Cases) == 0 {
		s.swept(nil, yield)
		return
	}
	caseKeys := s.caseKeys()
	for _, c := range s.Cases {
		var first []any
		for _, key := range caseKeys {
			first = append(first, c.Settings[key])
		}
		if !s.swept(first, yield) {
			return
		}
	}
}

// swept calls yield with the values of a case followed by those of the sweep,
// one combination after another, until it returns false, and says whether it
// did not.
func (s *Spec) swept(first []any, yield func(values []any) bool) bool {
	at := make([]int, len(s.Sweep))
	for {
		values := slices.Clone(first)
		for i, a := range s.Sweep {
			if len(a.Values) == 0 {
				return true
			}
			values = append(values, a.Values[at[i]])
		}
		if !yield(values) {
			return false
		}
		i := len(at) - 1
		for ; i >= 0; i-- { // count on, the last axis being the units
			if at[i]++; at[i] < len(s.Sweep[i].Values) {
				break
			}
			at[i] = 0
		}
		if i < 0 {
			return true
		}
	}
}

// String names the trial by what tells it from the others of its experiment.
func (t *Trial) String() string {
	var words []string
	if t.Case != "" {
		words = append(words, t.Case)
	}
	for i, v := range t.Values {
		if i >= t.cased && v != nil {
			words = append(words, valueWord(t.Axes[i], v))
		}
	}
	return strings.Join(append(words, "seed "+strconv.Itoa(t.Seed)), " ")
}

// valueWord is the value of a setting in the name of a trial: of two numbers, a reader has to know what they are.
func valueWord(key string, v any) string {
	if key == "model.backbone" || key == "model.block" {
		return fmt.Sprint(v)
	}
	if v == "" {
		v = "none"
	}
	return fmt.Sprintf("%s=%v", lastPart(key), v)
}

// Settings returns the settings that have an effect on the trial, and its
// seed, by dotted key, in the Go type of each one's Kind. Where things are is
// not among them, and neither is a list that is not set. The name of a case is, by CaseKey.
func (t *Trial) Settings() map[string]any {
	m := t.effective()
	if t.Case != "" {
		m[CaseKey] = t.Case
	}
	return m
}

// effective is Settings without the name of the case.
func (t *Trial) effective() map[string]any {
	m := map[string]any{"seed": t.Seed}
	for i := range t.Setup.settings {
		f := &t.Setup.settings[i]
		if f.Local || !t.hasEffect(f) {
			continue
		}
		v := t.value(f)
		if f.Kind.isList() && reflect.ValueOf(v).IsNil() {
			continue
		}
		m[f.Key] = v
	}
	return m
}

// Identity is the hexadecimal SHA-256 of everything that determines the
// trial's result: the settings that have an effect on it, the seed, the
// images, and the version of the arithmetic. Trials of different experiments
// that have the same identity have the same result. A setting at its default
// is left out, so that one setting more leaves the identities as they are:
// who changes a default raises the version.
func (t *Trial) Identity(dataFingerprint, numericsVersion string) string {
	m := t.effective()
	for i := range t.Setup.settings {
		f := &t.Setup.settings[i]
		if v, ok := m[f.Key]; ok && (f.Shorthand || f.Default != nil && canonical(v) == canonical(f.Default)) {
			delete(m, f.Key)
		}
	}
	if t.Start != (Start{}) {
		m[WeightsKey] = cmp.Or(t.Start.Hash, t.Start.Path)
	}
	asRecorded(m)
	m["data"] = dataFingerprint
	m["numerics"] = numericsVersion
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(h, "%s=%s\n", key, canonical(m[key]))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// canonical writes a value with its type so that two values are equal if and
// only if their writings are.
func canonical(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "string " + strconv.Quote(v)
	case int:
		return "int " + strconv.Itoa(v)
	case float64:
		return "float " + strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return "bool " + strconv.FormatBool(v)
	case []int:
		return fmt.Sprint("ints ", v)
	case []float64:
		text := "floats"
		for _, x := range v {
			text += " " + strconv.FormatFloat(x, 'g', -1, 64)
		}
		return text
	}
	panic("spec: value of unknown type")
}

// CaseKey is the same for trials that differ in the seed alone.
func (t *Trial) CaseKey() string {
	one := *t
	one.Seed = 0
	return one.Identity(t.Data.Key(), "")
}

// CaseName names the trial without its seed.
func (t *Trial) CaseName() string {
	one := *t
	one.Seed = 0
	return strings.TrimSuffix(strings.TrimSuffix(one.String(), "seed 0"), " ")
}

// Quick is one seed of every case, of which the first steps are trained.
func Quick(trials []Trial) []Trial {
	var list []Trial
	seed := trials[0].Seed
	for _, t := range trials {
		if t.Seed == seed {
			list = append(list, t)
		}
	}
	return list
}

// Extent says in a few words how much an experiment is.
func (s *Spec) Extent() string {
	if s.Checks != "" {
		return "check"
	}
	return fmt.Sprintf("%d trials", s.Count())
}

// Setup is what given settings make, all others at their defaults.
func (n Names) Setup(given map[string]string) (Setup, error) {
	s := &Spec{Names: n}
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if err := s.Set(key, given[key]); err != nil {
			return Setup{}, err
		}
	}
	return s.setup(nil), nil
}

// Given is the value of a setting of all trials that the file or the command line gives; nil where neither does, or where it varies.
func (s *Spec) Given(key string) any {
	if slices.Contains(s.Axes(), key) {
		return nil
	}
	return s.values[key]
}

// SetupOf is the setup that settings by dotted key describe, as a record or a file of weights has them: what they leave out is at its default.
func (n Names) SetupOf(settings map[string]any) (Setup, error) {
	s := &Spec{Names: n, values: map[string]any{}}
	known := n.ofTrials()
	for _, old := range slices.Sorted(maps.Keys(settings)) {
		key, v, _ := current(old, asTOML(settings[old]))
		f := find(known, key)
		if f == nil {
			return Setup{}, fmt.Errorf("unknown setting %s; nearest: %s", key, Nearest(key, keys(known)))
		}
		value, err := f.Check(v, &n)
		if err != nil {
			return Setup{}, err
		}
		s.values[key] = value
	}
	return s.setup(nil), nil
}

// Differs names the first setting in which a record's differ from a trial's, "" where none does. Settings that a record does not have, since it is older than
// they are, do not count; those that it has by an earlier key do.
func Differs(trial, record map[string]any) string {
	now := map[string]any{}
	for old, v := range record {
		key, v, _ := current(old, v)
		now[key] = v
	}
	for _, key := range slices.Sorted(maps.Keys(trial)) {
		if v, ok := now[key]; ok && readAlike(v) != readAlike(trial[key]) {
			return key
		}
	}
	return ""
}

// Renewed are the settings of a record under the keys and with the values that this version has for them.
func Renewed(settings map[string]any) map[string]any {
	list := make(map[string]any, len(settings))
	for old, v := range settings {
		key, value, _ := current(old, asTOML(v))
		list[key] = value
	}
	return list
}

// KeyOf is the same for settings that have the same values of some keys, however a program or a file has them.
func KeyOf(keys []string, settings map[string]any) string {
	var b strings.Builder
	for _, key := range keys {
		if v, ok := settings[key]; ok {
			fmt.Fprintf(&b, "%s=%q\n", key, readAlike(v))
		}
	}
	return b.String()
}

// readAlike is a value as text, in which 1 and 1.0 are the same: JSON does not tell them apart.
func readAlike(v any) string {
	switch v := asTOML(v).(type) {
	case int:
		return Number(float64(v))
	case int64:
		return Number(float64(v))
	case float64:
		return Number(v)
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, readAlike(e))
		}
		return fmt.Sprint(list)
	default:
		return fmt.Sprint(v)
	}
}

// SettingsOf are the settings of a setup that have an effect, by dotted key: SetupOf makes it of them again.
func (n Names) SettingsOf(s *Setup) map[string]any {
	one := Trial{Setup: *s}
	one.Setup.settings = n.ofTrials()
	settings := one.Settings()
	delete(settings, "seed")
	return settings
}

// asTOML is a value as a TOML file gives it: JSON and programs give others.
func asTOML(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		x, _ := v.Float64()
		return x
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = asTOML(v[i])
		}
		return list
	case int:
		return int64(v)
	case []int:
		list := make([]any, len(v))
		for i := range v {
			list[i] = int64(v[i])
		}
		return list
	case []float64:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	}
	return v
}
