package spec

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// settingsOf returns the settings that the tagged fields of a struct describe, in their order. Keys begin with the name of a table, "" for
// none. The tags of a field:
//
//	toml:"lr"                   its key in the table. A struct with a key is a table in the table. A struct without one lends its fields;
//	                            any other field without one is not a setting
//	doc:"..."                   its description; where the line would be too long, that of blank fields before it
//	default:"0.1"               its default; a list has spaces between its elements
//	range:"(0,1]"               the interval of its values: brackets include a bound, parentheses do not; [1,) has no upper bound
//	choices:"a b"               its values, with spaces between them. Registries may give them by Names.Choices
//	like:"model.block"          the setting whose values in Names.Choices are its own
//	order:"ascending"           of a list; or distinct
//	needs:"model.block=ce|bd"   what it takes to have an effect: a setting that has one of some values; or train.momentum>0;
//	                            or model.block!=none
//	quick:"64"                  Setting.Quick
//	is:"required"               or local, shorthand, trials: Setting.Required and so on
//
// It panics if a tag is malformed.
func settingsOf(table string, t reflect.Type) []Setting { return walk(table, t, nil) }

func walk(table string, t reflect.Type, index []int) []Setting {
	var list []Setting
	var doc []string
	for i := range t.NumField() {
		f := t.Field(i)
		at := append(slices.Clone(index), i)
		key, isKey := f.Tag.Lookup("toml")
		switch {
		case f.Name == "_":
			doc = append(doc, f.Tag.Get("doc"))
			continue
		case f.Type.Kind() == reflect.Struct && isKey:
			list = append(list, walk(dotted(table, key), f.Type, at)...)
		case f.Type.Kind() == reflect.Struct:
			list = append(list, walk(table, f.Type, at)...)
		case isKey:
			s := settingOf(dotted(table, key), f)
			s.index, s.Doc = at, strings.Join(append(doc, s.Doc), " ")
			s.Doc = strings.TrimSpace(s.Doc)
			list = append(list, s)
		}
		doc = nil
	}
	return list
}

// settingOf is the setting that a field's tags describe.
func settingOf(key string, f reflect.StructField) Setting {
	s := Setting{Key: key, Doc: f.Tag.Get("doc"), Order: f.Tag.Get("order"), like: f.Tag.Get("like")}
	bad := func(tag string) { panic(fmt.Sprintf("spec: tag %s of the setting %s is malformed", tag, key)) }
	var ok bool
	if s.Kind, ok = kindOf(f.Type); !ok {
		panic(fmt.Sprintf("spec: the setting %s has the type %s, which no kind of setting has", key, f.Type))
	}
	if text, given := f.Tag.Lookup("range"); given {
		if s.Range, ok = rangeOf(text); !ok {
			bad("range")
		}
	}
	if text, given := f.Tag.Lookup("choices"); given {
		s.Choices = strings.Fields(text)
	}
	if text, given := f.Tag.Lookup("default"); given {
		value, wrong := s.check(s.Kind.parse(text), &Names{})
		if wrong != nil {
			bad("default")
		}
		s.Default = value
	}
	if text, given := f.Tag.Lookup("needs"); given {
		if s.needs = needOf(text); s.needs == nil {
			bad("needs")
		}
	}
	if text, given := f.Tag.Lookup("quick"); given {
		var err error
		if s.Quick, err = strconv.Atoi(text); err != nil {
			bad("quick")
		}
	}
	switch f.Tag.Get("is") {
	case "":
	case "required":
		s.Required = true
	case "local":
		s.Local = true
	case "shorthand":
		s.Shorthand = true
	case "trials":
		s.OfTrials = true
	default:
		bad("is")
	}
	return s
}

// goTypes are the Go types of the kinds.
var goTypes = [...]reflect.Type{
	String: reflect.TypeFor[string](), Int: reflect.TypeFor[int](), Float: reflect.TypeFor[float64](), Bool: reflect.TypeFor[bool](),
	Integers: reflect.TypeFor[[]int](), Floats: reflect.TypeFor[[]float64](), Strings: reflect.TypeFor[[]string](),
}

// kindOf is the kind of a setting in a field of a type: a Go type of the kinds, one defined as it, or *float64, which is nil where no value
// is given.
func kindOf(t reflect.Type) (Kind, bool) {
	if t == reflect.TypeFor[*float64]() {
		return Float, true
	}
	for kind, of := range goTypes {
		if t.Kind() == of.Kind() && t.ConvertibleTo(of) {
			return Kind(kind), true
		}
	}
	return 0, false
}

// parse reads a default as a TOML file would give it.
func (k Kind) parse(text string) any {
	if k == String || k == Strings {
		return text
	}
	if k.isList() {
		text = "[" + strings.Join(strings.Fields(text), ",") + "]"
	}
	v, _ := tomlValue(text)
	return v
}

// rangeOf reads an interval.
func rangeOf(text string) (*Range, bool) {
	low, high, ok := strings.Cut(text, ",")
	if !ok || !strings.ContainsAny(low[:min(1, len(low))], "([") || !strings.ContainsAny(high[max(0, len(high)-1):], ")]") {
		return nil, false
	}
	r := &Range{OpenMin: low[0] == '(', OpenMax: high[len(high)-1] == ')', Max: unlimited}
	var err error
	if r.Min, err = strconv.ParseFloat(low[1:], 64); err != nil {
		return nil, false
	}
	if high == ")" {
		r.OpenMax = false
		return r, true
	}
	r.Max, err = strconv.ParseFloat(high[:len(high)-1], 64)
	return r, err == nil
}

// needOf reads the need of a tag; nil if it is malformed.
func needOf(text string) *need {
	if key, value, ok := strings.Cut(text, "!="); ok {
		return &need{fmt.Sprintf("a %s other than %q", key, value), func(s *Setup) bool { return fmt.Sprint(s.Get(key)) != value }}
	}
	if key, values, ok := strings.Cut(text, "="); ok {
		return oneOf(key, strings.Split(values, "|"))
	}
	key, least, _ := strings.Cut(text, ">")
	x, err := strconv.ParseFloat(least, 64)
	if err != nil {
		return nil
	}
	return &need{key + " above " + least, func(s *Setup) bool { v, _ := number(asTOML(s.Get(key))); return v > x }}
}

// oneOf is the need that a setting has one of some values.
func oneOf(key string, values []string) *need {
	var quoted []string
	for _, v := range values {
		quoted = append(quoted, strconv.Quote(v))
	}
	text := quoted[len(quoted)-1]
	if len(quoted) > 1 {
		text = strings.Join(quoted[:len(quoted)-1], ", ") + " or " + text
	}
	return &need{key + " = " + text, func(s *Setup) bool { return slices.Contains(values, fmt.Sprint(s.Get(key))) }}
}

// set stores a value that check returned in the setting's field of a struct.
func (s *Setting) set(in reflect.Value, value any) {
	f := in.FieldByIndex(s.index)
	switch v := value.(type) {
	case []int:
		value = slices.Clone(v)
	case []float64:
		value = slices.Clone(v)
	case []string:
		value = slices.Clone(v)
	}
	if f.Kind() == reflect.Pointer {
		f.Set(reflect.New(f.Type().Elem()))
		f = f.Elem()
	}
	f.Set(reflect.ValueOf(value).Convert(f.Type()))
}

// get returns the value in the setting's field of a struct, in the Go type of its Kind.
func (s *Setting) get(in reflect.Value) any {
	return in.FieldByIndex(s.index).Convert(goTypes[s.Kind]).Interface()
}
