package spec

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Set gives a setting a value, as its line in the file would, and takes it out
// of the cases and of the sweep. v is as for Setting.Check, or Alternatives, which are swept. Call Check when all are set.
func (s *Spec) Set(key string, v any) error {
	key, v, warning := current(key, v)
	if warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	if several, ok := v.(Alternatives); ok {
		if f := find(s.Names.setupFields(), key); s.Checks == "" && f != nil && !f.Local {
			return s.sweepOver(f, several)
		}
		f := s.single(key)
		if f != nil && f.Kind != String {
			return fmt.Errorf("%s: cannot be swept: it has one value; expected %s%s", key, f.Expected(), f.asList(several))
		}
		v = several.Text // text may have commas in it
	}
	if f := find(specFields, key); f != nil {
		if f.Key == "check" {
			return fmt.Errorf("%s: is what the file is, and stays", key)
		}
		value, err := f.Check(v, s.Names)
		if err == nil {
			f.set(s, value)
		}
		return err
	}
	if s.Checks != "" {
		return s.setCheck(key, v)
	}
	f := find(s.Names.setupFields(), key)
	if f == nil {
		known := append(keys(specFields), keys(s.Names.setupFields())...)
		return fmt.Errorf("%s: unknown key; nearest: %q", plain(key), nearestKey(key, known))
	}
	value, err := f.Check(v, s.Names)
	if err != nil {
		return err
	}
	s.fromHere(key, value)
	values := maps.Clone(s.values)
	if values == nil {
		values = map[string]any{}
	}
	values[key] = value
	s.values = values
	s.fix(key)
	return nil
}

// sweepOver puts an axis into the sweep, in the place of the one that the setting has there, else at its end.
func (s *Spec) sweepOver(f *field[Setup], several Alternatives) error {
	axis := Axis{Key: f.Key}
	for _, v := range several.Values {
		value, err := f.Check(v, s.Names)
		if err != nil {
			return fmt.Errorf("%w%s", err, f.asList(several))
		}
		if slices.ContainsFunc(axis.Values, func(o any) bool { return canonical(o) == canonical(value) }) {
			return fmt.Errorf("%s: %s is listed twice", f.Key, display(value))
		}
		s.fromHere(f.Key, value)
		axis.Values = append(axis.Values, value)
	}
	at := slices.Index(s.sweepKeys(), f.Key)
	s.fix(f.Key)
	if at < 0 {
		at = len(s.Sweep)
	}
	s.Sweep = slices.Insert(s.Sweep, at, axis)
	return nil
}

// fromHere has a file of weights that is given outside the file relative to the working folder.
func (s *Spec) fromHere(key string, value any) {
	if key == WeightsKey {
		s.folders = maps.Clone(s.folders)
		delete(s.folders, value.(string))
	}
}

// single is the setting of a key that has one value for all trials, or for the check; nil if the key has another kind of setting.
func (s *Spec) single(key string) *Setting {
	if f := find(specFields, key); f != nil {
		return &f.Setting
	}
	if f := find(s.Names.checkFields(), key); s.Checks != "" && f != nil {
		return &f.Setting
	}
	return nil
}

// asList says how a list is written, where the setting is one.
func (s *Setting) asList(several Alternatives) string {
	if s.Kind != Integers && s.Kind != Floats || strings.ContainsAny(several.Text, "[]") {
		return ""
	}
	return fmt.Sprintf("; a list has brackets: [%s]", several.Text)
}

// fix takes a setting out of the cases and of the sweep. Cases that are then
// the same become one.
func (s *Spec) fix(key string) {
	s.Sweep = slices.DeleteFunc(slices.Clone(s.Sweep), func(a Axis) bool { return a.Key == key })
	var cases []Case
	for _, c := range s.Cases {
		c.Settings = maps.Clone(c.Settings)
		delete(c.Settings, key)
		if !slices.ContainsFunc(cases, func(o Case) bool { return reflect.DeepEqual(o.Settings, c.Settings) }) {
			cases = append(cases, c)
		}
	}
	if len(cases) == 1 && len(cases[0].Settings) == 0 {
		cases = nil
	}
	s.Cases = cases
}
