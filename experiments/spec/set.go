package spec

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"cenet/experiments/mistake"
)

// Set gives a setting a value, as its line in the file would, and takes it out
// of the cases and of the sweep. v is as for Setting.Check, or Alternatives, which are swept. Call Check when all are set.
func (s *Spec) Set(key string, v any) error {
	key, v, warning := current(key, v)
	if warning != "" {
		s.Warnings = append(s.Warnings, warning)
	}
	head, own := s.head(), s.own()
	f := find(own, key)
	if several, ok := v.(Alternatives); ok {
		if s.Checks == "" && f != nil && !f.Local {
			return s.sweepOver(f, several)
		}
		one := f
		if one == nil {
			one = find(head, key)
		}
		if one != nil && (s.Checks != "" || one != f) && one.Kind != String {
			return fmt.Errorf("%s: cannot be swept: it has one value; expected %s%s", key, one.expected(), one.asList(several))
		}
		v = several.Text // text may have commas in it
	}
	if h := find(head, key); h != nil {
		if key == "check" {
			return fmt.Errorf("%s: is what the file is, and stays", key)
		}
		value, err := h.Check(v, &s.Names)
		if err == nil {
			h.set(reflect.ValueOf(s).Elem(), value)
		}
		return err
	}
	if f == nil {
		known := append(keys(head), keys(own)...)
		return fmt.Errorf("%s: unknown key%s; nearest: %q", mistake.Plain(key), s.ofCheck(), nearestKey(key, known))
	}
	value, err := f.Check(v, &s.Names)
	if err != nil {
		return err
	}
	s.fromHere(key, value)
	s.give(key, value)
	s.fix(key)
	return nil
}

// sweepOver puts an axis into the sweep, in the place of the one that the setting has there, else at its end.
func (s *Spec) sweepOver(f *Setting, several Alternatives) error {
	axis := Axis{Key: f.Key}
	for _, v := range several.Values {
		value, err := f.Check(v, &s.Names)
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

// asList says how a list is written, where the setting is one.
func (s *Setting) asList(several Alternatives) string {
	if !s.Kind.isList() || strings.ContainsAny(several.Text, "[]") {
		return ""
	}
	return fmt.Sprintf("; a list has brackets: [%s]", several.Text)
}

// aTwentieth is the share of cases that a quick run takes.
const aTwentieth = 20

// Quicker returns the experiment of a check with the numbers of cases of a quick run.
func (s *Spec) Quicker() *Spec {
	less := *s
	for _, f := range s.own() {
		if f.Quick == 0 {
			continue
		}
		n, given := s.values[f.Key].(int)
		if !given {
			n = f.Default.(int)
		}
		less.give(f.Key, max(min(n, f.Quick), n/aTwentieth))
	}
	return &less
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
