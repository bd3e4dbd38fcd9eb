package spec

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// fill puts the given values of settings, else their defaults, into structs: that of the settings of this package, and those that
// registries added.
func fill(settings []Setting, added Sections, root reflect.Value, given map[string]any) {
	structs := map[string]reflect.Value{"": root}
	for table, v := range added {
		structs[table] = reflect.New(reflect.TypeOf(v)).Elem()
		structs[table].Set(reflect.ValueOf(v))
	}
	for i := range settings {
		s := &settings[i]
		value, ok := given[s.Key]
		if !ok {
			value = s.Default
		}
		if value != nil {
			s.set(structs[s.table], value)
		}
	}
	for table := range added {
		added[table] = structs[table].Interface()
	}
}

// setup resolves one combination of the values on all axes. What is more particular wins: the sweep's value over the file's, that over what
// follows from other settings, that over the default.
func (s *Spec) setup(swept []any) Setup {
	given := maps.Clone(s.values)
	if given == nil {
		given = map[string]any{}
	}
	if swept != nil {
		for i, key := range s.Axes() {
			if swept[i] != nil {
				given[key] = swept[i]
			}
		}
	}
	settings := s.Names.ofTrials()
	setup := Setup{settings: settings, Sections: maps.Clone(Sections(s.Names.trials.structs))}
	if s.Names.Defaults != nil {
		s.Names.Defaults(&setup, func(key string) string {
			if v, ok := given[key].(string); ok {
				return v
			}
			v, _ := find(settings, key).Default.(string)
			return v
		})
	}
	fill(settings, setup.Sections, reflect.ValueOf(&setup).Elem(), given)
	return setup
}

// sections are the settings of the experiment's check.
func (s *Spec) sections() Sections {
	own := Sections{}
	for _, table := range s.Names.ofCheck[s.Checks] {
		own[table] = s.Names.checks.structs[table]
	}
	fill(s.own(), own, reflect.Value{}, s.values)
	return own
}

// head are the settings that describe the experiment, and cannot be swept.
func (s *Spec) head() []Setting {
	if s.Checks == "" {
		return headSettings
	}
	return slices.DeleteFunc(slices.Clone(headSettings), func(f Setting) bool { return f.OfTrials })
}

// own are the settings of the experiment's trials, or of its check.
func (s *Spec) own() []Setting {
	if s.Checks == "" {
		return s.Names.ofTrials()
	}
	tables := s.Names.ofCheck[s.Checks]
	return slices.DeleteFunc(slices.Clone(s.Names.checks.settings), func(f Setting) bool { return !slices.Contains(tables, f.table) })
}

// OnNetworks reports whether the experiment is a check that looks at trained networks.
func (s *Spec) OnNetworks() bool { return slices.Contains(s.Names.ofCheck[s.Checks], NetworksTable) }

// ofCheck says in a message that a key is not one of the check; "" for trials.
func (s *Spec) ofCheck() string {
	if s.Checks == "" {
		return ""
	}
	return fmt.Sprintf(" of check %q", s.Checks)
}
