package spec

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cenet/experiments/mistake"
)

// Kind is the type of a setting's value.
type Kind int

// The kinds, each with the Go type that Check gives its values.
const (
	String   Kind = iota // string
	Int                  // int
	Float                // float64; a file may write an integer
	Bool                 // bool
	Integers             // []int, never empty
	Floats               // []float64, never empty; a file may write integers
	Strings              // []string, never empty, each listed once; a file may write one string
)

// String describes a value of the kind, as in "expected a number".
func (k Kind) String() string {
	return [...]string{"a string", "an integer", "a number", "true or false", "a list of integers", "a list of numbers",
		"a string or a list of strings"}[k]
}

// isList reports whether a value of the kind is a list.
func (k Kind) isList() bool { return k >= Integers }

// Range bounds a number, or each number of a list.
type Range struct {
	Min, Max         float64
	OpenMin, OpenMax bool // the bound itself is outside
}

// unlimited is the Max of a range without an upper bound. It only keeps arithmetic sane.
const unlimited = 1 << 31

// holds reports whether v lies in the range; NaN lies in none.
func (r *Range) holds(v float64) bool {
	return (v > r.Min || v == r.Min && !r.OpenMin) && (v < r.Max || v == r.Max && !r.OpenMax)
}

// String describes the numbers in the range, as in "from 0 to 1".
func (r *Range) String() string {
	low, high := "at least ", "at most "
	if r.OpenMin {
		low = "above "
	}
	if r.OpenMax {
		high = "below "
	}
	switch {
	case r.Max == unlimited:
		return low + Number(r.Min)
	case !r.OpenMin && !r.OpenMax:
		return "from " + Number(r.Min) + " to " + Number(r.Max)
	}
	return low + Number(r.Min) + " and " + high + Number(r.Max)
}

// A Setting is one key of an experiment's file, as the tags of a struct's field describe it: see settingsOf. How a file and its sweep are
// checked, defaults, the nearest valid name, the schema and identities follow from the settings.
type Setting struct {
	Key  string // dotted, as in train.lr
	Doc  string // one line
	Kind Kind

	Range   *Range   // of numbers; nil: any finite number
	Order   string   // of lists: "distinct" or "ascending"; "": any
	Choices []string // of strings; nil: those of Names, or any string

	Default  any  // as Check returns it; nil: the setting is required, or its default follows from other settings
	Required bool // a file must give it
	Quick    int  // of a number of cases, the most that a quick run takes if a twentieth is less; 0: not a number of cases

	// A Local setting has one value for all trials and does not change results, as where the images are: records and identities omit it.
	Local bool
	// A Shorthand replaces values of other settings. It is recorded, but an identity has the values instead.
	Shorthand bool
	// OfTrials are keys that describe an experiment with trials, and not a check.
	OfTrials bool

	like  string // the setting whose choices of Names it has; "": its own
	needs *need  // what other settings it takes for this one to have an effect; nil: nothing
	table string // of a registry's struct that has the field; "": the field is in a struct of this package
	index []int  // of the field
}

// A need is what other settings it takes for one to have an effect.
type need struct {
	text string // as in: no trial has TEXT
	met  func(*Setup) bool
}

// expected describes a valid value of the setting.
func (s *Setting) expected() string {
	switch {
	case s.Range == nil:
		return s.Kind.String()
	case s.Kind.isList():
		return s.Kind.String() + ", each " + s.Range.String()
	}
	return s.Kind.String() + " " + s.Range.String()
}

// choices are the valid values of a string; nil: any.
func (s *Setting) choices(names *Names) []string {
	if s.Choices != nil {
		return s.Choices
	}
	if s.like != "" {
		return names.Choices[s.like]
	}
	return names.Choices[s.Key]
}

// fault is what is wrong with a value; elem is the element of a list it is wrong with, or -1.
type fault struct {
	text string
	elem int
}

// Check returns v as a value of the setting, in the Go type of its Kind. v is what the TOML library makes of a value, or already in that
// type.
func (s *Setting) Check(v any, names *Names) (any, error) {
	value, f := s.check(v, names)
	if f != nil {
		return nil, fmt.Errorf("%s: %s", s.Key, f.text)
	}
	return value, nil
}

func (s *Setting) check(v any, names *Names) (any, *fault) {
	v = asTOML(v)
	switch s.Kind {
	case String:
		if text, ok := v.(string); ok {
			return s.checkName(text, names)
		}
	case Bool:
		if b, ok := v.(bool); ok {
			return b, nil
		}
	case Int:
		if n, ok := v.(int64); ok {
			return int(n), s.checkNumber(float64(n))
		}
	case Float:
		if x, ok := number(v); ok {
			return x, s.checkNumber(x)
		}
	case Integers, Floats:
		if list, ok := v.([]any); ok {
			return s.checkList(list)
		}
	case Strings:
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		return s.checkStrings(list)
	}
	return nil, &fault{fmt.Sprintf("expected %s, got %s", s.expected(), describe(v)), -1}
}

func (s *Setting) checkNumber(x float64) *fault {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return &fault{fmt.Sprintf("%s is not a finite number", Number(x)), -1}
	case s.Range != nil && !s.Range.holds(x):
		return &fault{fmt.Sprintf("%s is out of range: expected %s", Number(x), s.expected()), -1}
	}
	return nil
}

func (s *Setting) checkName(text string, names *Names) (any, *fault) {
	known := s.choices(names)
	switch {
	case known == nil && s.Required && strings.TrimSpace(text) == "":
		return nil, &fault{"is empty", -1}
	case known == nil || slices.Contains(known, text):
		return text, nil
	case slices.Contains(known, names.Aliases[text]):
		return names.Aliases[text], nil
	}
	return nil, &fault{fmt.Sprintf("unknown %s %s; %s", lastPart(s.Key), mistake.Quote(text), mistake.NearestOf(text, known)), -1}
}

func (s *Setting) checkList(list []any) (any, *fault) {
	if len(list) == 0 {
		return nil, &fault{"the list is empty: expected " + s.expected(), -1}
	}
	ints, floats := make([]int, len(list)), make([]float64, len(list))
	for i, v := range list {
		x, ok := number(v)
		n, whole := v.(int64)
		if !ok || s.Kind == Integers && !whole {
			return nil, &fault{fmt.Sprintf("expected %s, got %s in it", s.expected(), describe(v)), i}
		}
		if f := s.checkNumber(x); f != nil {
			return nil, &fault{f.text, i}
		}
		switch {
		case s.Order == "distinct" && slices.Contains(floats[:i], x):
			return nil, &fault{fmt.Sprintf("%s is listed twice", Number(x)), i}
		case s.Order == "ascending" && i > 0 && x <= floats[i-1]:
			return nil, &fault{fmt.Sprintf("%s follows %s: the list must ascend", Number(x), Number(floats[i-1])), i}
		}
		ints[i], floats[i] = int(n), x
	}
	if s.Kind == Integers {
		return ints, nil
	}
	return floats, nil
}

func (s *Setting) checkStrings(list []any) (any, *fault) {
	var texts []string
	for i, v := range list {
		text, ok := v.(string)
		switch {
		case !ok && len(list) == 1:
			return nil, &fault{fmt.Sprintf("expected %s, got %s", s.expected(), describe(v)), -1}
		case !ok:
			return nil, &fault{fmt.Sprintf("expected %s, got %s in it", s.expected(), describe(v)), i}
		case strings.TrimSpace(text) == "":
			return nil, &fault{"is empty", -1}
		case slices.Contains(texts, text):
			return nil, &fault{mistake.Quote(text) + " is listed twice", i}
		}
		texts = append(texts, text)
	}
	if texts == nil {
		return nil, &fault{"the list is empty: expected " + s.expected(), -1}
	}
	return texts, nil
}

// find returns the setting of a dotted key, or nil.
func find(settings []Setting, key string) *Setting {
	for i := range settings {
		if settings[i].Key == key {
			return &settings[i]
		}
	}
	return nil
}

// keys returns the dotted keys of settings in their order.
func keys(settings []Setting) []string {
	list := make([]string, len(settings))
	for i := range settings {
		list[i] = settings[i].Key
	}
	return list
}
