package spec

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"cenet/experiments/mistake"
)

// Settings returns the settings that have an effect on the trial, and its seed, by dotted key, in the Go type of each one's Kind. Where
// things are is not among them, and neither is a list that is not set. The name of a case is, by CaseKey.
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

// Identity is the hexadecimal SHA-256 of everything that determines the trial's result: the settings that have an effect on it, the seed,
// the images, and the version of the arithmetic. Trials of different experiments that have the same identity have the same result. A
// setting at its default is left out, so that one setting more leaves the identities as they are: who changes a default raises the version.
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

// CaseKey is the same for trials that differ in the seed alone.
func (t *Trial) CaseKey() string {
	one := *t
	one.Seed = 0
	return one.Identity(t.Data.Key(), "")
}

// SetupOf is the setup that settings by dotted key describe, as a record or a file of weights has them: what they leave out is at its
// default.
func (n Names) SetupOf(settings map[string]any) (Setup, error) {
	s := &Spec{Names: n, values: map[string]any{}}
	known := n.ofTrials()
	for _, old := range slices.Sorted(maps.Keys(settings)) {
		key, v, _ := current(old, asTOML(settings[old]))
		f := find(known, key)
		if f == nil {
			return Setup{}, fmt.Errorf("unknown setting %s; nearest: %s", key, mistake.Nearest(key, keys(known)))
		}
		value, err := f.Check(v, &n)
		if err != nil {
			return Setup{}, err
		}
		s.values[key] = value
	}
	return s.setup(nil), nil
}

// SettingsOf are the settings of a setup that have an effect, by dotted key: SetupOf makes it of them again.
func (n Names) SettingsOf(s *Setup) map[string]any {
	one := Trial{Setup: *s}
	one.Setup.settings = n.ofTrials()
	settings := one.Settings()
	delete(settings, "seed")
	return settings
}

// Differs names the first setting in which a record's differ from a trial's, "" where none does. Settings that a record does not have,
// since it is older than they are, do not count; those that it has by an earlier key do.
func Differs(trial, record map[string]any) string {
	now := Renewed(record)
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
