package spec

import (
	"maps"
	"slices"
	"strings"
)

// Schema returns the JSON Schema of an experiment's file, for editors that check TOML by one.
//
// References:
//
//	https://json-schema.org/draft/2020-12
func Schema(names Names) map[string]any {
	root := object()
	for _, f := range slices.Concat(headSettings, names.checks.settings) {
		root.put(f.Key, f.schema(&names))
	}
	sweep, one := object(), object()
	one.put(caseName.Key, caseName.schema(&names))
	compared := func(f *Setting) {
		pair := map[string]any{"type": "array", "minItems": 2, "maxItems": 2, "items": f.schema(&names)}
		root.put("compare."+f.Key, map[string]any{"anyOf": []any{pair, map[string]any{"type": "array", "minItems": 1, "items": pair}},
			"description": "two values that are compared where all else is equal, or several such pairs: " + f.Doc})
	}
	compared(&named)
	for _, f := range names.ofTrials() {
		s := f.schema(&names)
		root.put(f.Key, s)
		if !f.Local {
			sweep.put(f.Key, map[string]any{"type": "array", "minItems": 1, "items": s, "description": f.Doc})
			one.put(f.Key, s)
			compared(&f)
		}
	}
	cell := object()
	for _, f := range cellSettings {
		cell.put(f.Key, f.schema(&names))
	}
	root.put("sweep", sweep)
	root.put("case", map[string]any{"type": "array", "items": one})
	root.put("paper", map[string]any{"type": "array", "items": cell})
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "an experiment of cenet"
	return root
}

// schemaObject is the schema of a table.
type schemaObject map[string]any

func object() schemaObject {
	return schemaObject{"type": "object", "additionalProperties": false, "properties": map[string]any{}}
}

// put adds a property under a dotted key, in the tables on the way.
func (o schemaObject) put(key string, value any) {
	properties := o["properties"].(map[string]any)
	table, rest, deeper := strings.Cut(key, ".")
	if !deeper {
		properties[key] = value
		return
	}
	inner, ok := properties[table].(schemaObject)
	if !ok {
		inner = object()
		properties[table] = inner
	}
	inner.put(rest, value)
}

// schema is that of the setting's value.
func (s *Setting) schema(names *Names) map[string]any {
	m := map[string]any{"description": s.Doc}
	value := m // what the range is of
	switch s.Kind {
	case String:
		m["type"] = "string"
	case Int:
		m["type"] = "integer"
	case Float:
		m["type"] = "number"
	case Bool:
		m["type"] = "boolean"
	case Strings:
		one := map[string]any{"type": "string", "minLength": 1}
		m["anyOf"] = []any{one, map[string]any{"type": "array", "minItems": 1, "uniqueItems": true, "items": one}}
	case Integers, Floats:
		value = map[string]any{"type": "integer"}
		if s.Kind == Floats {
			value["type"] = "number"
		}
		m["type"], m["minItems"], m["items"] = "array", 1, value
		if s.Order != "" {
			m["uniqueItems"] = true
		}
	}
	if known := slices.Clone(s.choices(names)); known != nil {
		for _, alias := range slices.Sorted(maps.Keys(names.Aliases)) {
			if slices.Contains(known, names.Aliases[alias]) {
				known = append(known, alias)
			}
		}
		m["enum"] = known
	}
	if s.Default != nil {
		m["default"] = s.Default
	}
	if r := s.Range; r != nil {
		low, high := "minimum", "maximum"
		if r.OpenMin {
			low = "exclusiveMinimum"
		}
		if r.OpenMax {
			high = "exclusiveMaximum"
		}
		value[low] = r.Min
		if r.Max < unlimited-1 {
			value[high] = r.Max
		}
	}
	return m
}
