package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
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
)

// String says what a value of the kind is, as in "expected a number".
func (k Kind) String() string {
	return [...]string{"a string", "an integer", "a number", "true or false", "a list of integers", "a list of numbers"}[k]
}

// Range bounds a number, or each number of a list.
type Range struct {
	Min, Max         float64
	OpenMin, OpenMax bool // the bound itself is outside
}

// Unlimited stands for a bound that only keeps arithmetic sane.
const Unlimited = 1 << 31

// From is the range from a to b.
func From(a, b float64) *Range { return &Range{Min: a, Max: b} }

// AtLeast is the range from a on.
func AtLeast(a float64) *Range { return &Range{Min: a, Max: Unlimited} }

// Above is the range above a, to b.
func Above(a, b float64) *Range { return &Range{Min: a, Max: b, OpenMin: true} }

// Below is the range from a to what is below b.
func Below(a, b float64) *Range { return &Range{Min: a, Max: b, OpenMax: true} }

// holds reports whether v lies in the range; NaN lies in none.
func (r *Range) holds(v float64) bool {
	return (v > r.Min || v == r.Min && !r.OpenMin) && (v < r.Max || v == r.Max && !r.OpenMax)
}

// String says which numbers are in the range, as in "a number from 0 to 1".
func (r *Range) String() string {
	low, high := "at least ", "at most "
	if r.OpenMin {
		low = "above "
	}
	if r.OpenMax {
		high = "below "
	}
	switch {
	case r.Max == Unlimited:
		return low + Number(r.Min)
	case !r.OpenMin && !r.OpenMax:
		return "from " + Number(r.Min) + " to " + Number(r.Max)
	}
	return low + Number(r.Min) + " and " + high + Number(r.Max)
}

// Order is what a list demands of its elements.
type Order int

// The orders of a list.
const (
	AnyOrder  Order = iota
	Distinct        // no element twice
	Ascending       // each above the one before
)

// Setting describes one key of an experiment's file. Whatever has to know the
// keys follows from the list of settings: how a file and its sweep are
// checked, defaults, the nearest valid name, documentation.
type Setting struct {
	Key  string // dotted, as in train.lr
	Doc  string // one line
	Kind Kind

	Range   *Range               // of numbers; nil: any finite number
	Order   Order                // of lists
	Choices func(Names) []string // of strings; nil: any string

	Default   any    // as Check returns it; nil: Required, or see Otherwise
	Otherwise string // the default in words where Default cannot say it
	Required  bool

	// Local settings say where something is, not what it is: they are part of
	// no record and no identity.
	Local bool
	// Quick is how many cases a quick run takes at most where a twentieth of them is less; 0: the setting is no number of cases.
	Quick int
	// A Shorthand stands for values of other settings. It is recorded, but an
	// identity has the values instead.
	Shorthand bool
	// Needs says in words what other settings it takes for this one to have
	// an effect; "" if it always has one.
	Needs string
}

// Expected says what a value of the setting must be.
func (s *Setting) Expected() string {
	if s.Range == nil {
		return s.Kind.String()
	}
	if s.Kind == Integers || s.Kind == Floats {
		return s.Kind.String() + ", each " + s.Range.String()
	}
	return s.Kind.String() + " " + s.Range.String()
}

// fault is what is wrong with a value; elem is the element of a list it is
// wrong with, or -1.
type fault struct {
	text string
	elem int
}

// Check returns the value of the setting that v stands for, in the Go type of
// its Kind. v is what the TOML library makes of a value, or already in that
// type.
func (s *Setting) Check(v any, names Names) (any, error) {
	value, f := s.check(v, names)
	if f != nil {
		return nil, fmt.Errorf("%s: %s", s.Key, f.text)
	}
	return value, nil
}

func (s *Setting) check(v any, names Names) (any, *fault) {
	if n, ok := v.(int); ok {
		v = int64(n)
	}
	switch s.Kind {
	case String:
		if text, ok := v.(string); ok {
			if s.Choices != nil && !slices.Contains(s.Choices(names), text) && names.Aliases[text] != "" {
				text = names.Aliases[text]
			}
			return text, s.checkName(text, names)
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
		if n, ok := v.(int64); ok {
			v = float64(n)
		}
		if x, ok := v.(float64); ok {
			return x + 0, s.checkNumber(x) // +0 turns −0 into 0
		}
	case Integers:
		if list, ok := v.([]int); ok {
			anys := make([]any, len(list))
			for i, n := range list {
				anys[i] = int64(n)
			}
			v = anys
		}
		if list, ok := v.([]any); ok {
			return s.checkList(list)
		}
	case Floats:
		if list, ok := v.([]any); ok {
			return s.checkFloats(list)
		}
	}
	return nil, &fault{fmt.Sprintf("expected %s, got %s", s.Expected(), describe(v)), -1}
}

func (s *Setting) checkNumber(x float64) *fault {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return &fault{fmt.Sprintf("%s is not a finite number", Number(x)), -1}
	case s.Range != nil && !s.Range.holds(x):
		return &fault{fmt.Sprintf("%s is out of range: expected %s", Number(x), s.Expected()), -1}
	}
	return nil
}

func (s *Setting) checkName(text string, names Names) *fault {
	if s.Choices == nil {
		if s.Required && strings.TrimSpace(text) == "" {
			return &fault{"is empty", -1}
		}
		return nil
	}
	known := s.Choices(names)
	if slices.Contains(known, text) {
		return nil
	}
	return &fault{fmt.Sprintf("unknown %s %s; %s", lastPart(s.Key), Quote(text), NearestOf(text, known)), -1}
}

func (s *Setting) checkList(list []any) (any, *fault) {
	if len(list) == 0 {
		return nil, &fault{"the list is empty: expected " + s.Expected(), -1}
	}
	ints := make([]int, len(list))
	seen := map[int]bool{}
	for i, v := range list {
		n, ok := v.(int64)
		switch {
		case !ok:
			return nil, &fault{fmt.Sprintf("expected %s, got %s in it", s.Expected(), describe(v)), i}
		case s.Range != nil && !s.Range.holds(float64(n)):
			return nil, &fault{fmt.Sprintf("%d is out of range: expected %s", n, s.Expected()), i}
		case s.Order == Distinct && seen[int(n)]:
			return nil, &fault{fmt.Sprintf("%d is listed twice", n), i}
		case s.Order == Ascending && i > 0 && int(n) <= ints[i-1]:
			return nil, &fault{fmt.Sprintf("%d follows %d: the list must ascend", n, ints[i-1]), i}
		}
		ints[i] = int(n)
		seen[int(n)] = true
	}
	return ints, nil
}

func (s *Setting) checkFloats(list []any) (any, *fault) {
	if len(list) == 0 {
		return nil, &fault{"the list is empty: expected " + s.Expected(), -1}
	}
	floats := make([]float64, len(list))
	for i, v := range list {
		if n, ok := v.(int64); ok {
			v = float64(n)
		}
		x, ok := v.(float64)
		if !ok {
			return nil, &fault{fmt.Sprintf("expected %s, got %s in it", s.Expected(), describe(v)), i}
		}
		if f := s.checkNumber(x); f != nil {
			return nil, &fault{f.text, i}
		}
		switch {
		case s.Order == Distinct && slices.Contains(floats[:i], x):
			return nil, &fault{fmt.Sprintf("%s is listed twice", Number(x)), i}
		case s.Order == Ascending && i > 0 && x <= floats[i-1]:
			return nil, &fault{fmt.Sprintf("%s follows %s: the list must ascend", Number(x), Number(floats[i-1])), i}
		}
		floats[i] = x + 0
	}
	return floats, nil
}

// field is a setting and the place of its value in a T.
type field[T any] struct {
	Setting
	at     func(*T) any     // a pointer to a Go type of Kind
	values func(*T) *Values // where the value is, in place of at
	used   func(*T) bool    // whether the setting has an effect; nil: always
}

// set stores a value that check returned.
func (f *field[T]) set(t *T, value any) {
	if f.values != nil {
		v := f.values(t)
		if *v == nil {
			*v = Values{}
		}
		(*v)[f.Key] = value
		return
	}
	switch p := f.at(t).(type) {
	case *string:
		*p = value.(string)
	case *int:
		*p = value.(int)
	case *float64:
		*p = value.(float64)
	case **float64:
		x := value.(float64)
		*p = &x
	case *bool:
		*p = value.(bool)
	case *[]int:
		*p = slices.Clone(value.([]int))
	case *[]float64:
		*p = slices.Clone(value.([]float64))
	default:
		setNamed(p, value)
	}
}

// get returns the value in t, in the Go type of Kind.
func (f *field[T]) get(t *T) any {
	if f.values != nil {
		return (*f.values(t))[f.Key]
	}
	switch p := f.at(t).(type) {
	case *string:
		return *p
	case *int:
		return *p
	case *float64:
		return *p
	case *bool:
		return *p
	case *[]int:
		return *p
	case *[]float64:
		return *p
	default:
		return getNamed(p)
	}
}

func (f *field[T]) hasEffect(t *T) bool { return f.used == nil || f.used(t) }

// OneOf is Choices for names fixed in the list of settings.
func OneOf(names ...string) func(Names) []string {
	return func(Names) []string { return names }
}

// find returns the field of a dotted key, or nil.
func find[T any](fields []field[T], key string) *field[T] {
	for i := range fields {
		if fields[i].Key == key {
			return &fields[i]
		}
	}
	return nil
}

// keys returns the dotted keys of fields in their order.
func keys[T any](fields []field[T]) []string {
	list := make([]string, len(fields))
	for i := range fields {
		list[i] = fields[i].Key
	}
	return list
}

// NearestOf says which of the known names is nearest to word, and lists them.
func NearestOf(word string, known []string) string {
	if len(known) == 0 {
		return "none is known"
	}
	return fmt.Sprintf("nearest: %q (known: %s)", Nearest(word, known), strings.Join(known, ", "))
}

// describe says what a TOML value is, in a few words on one line.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return "the string " + Quote(v)
	case int64:
		return fmt.Sprintf("the integer %d", v)
	case float64:
		return "the number " + Number(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return "a date or a time"
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	case []map[string]any:
		return "an array of tables"
	}
	return "a value of another type"
}

// Number writes x as a reader would.
func Number(x float64) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case math.IsInf(x, 0):
		return strings.ToLower(strconv.FormatFloat(x, 'g', -1, 64))
	case x == math.Trunc(x) && math.Abs(x) < 1e15:
		return strconv.FormatFloat(x+0, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// Quote quotes text that a user wrote, cut to a length that leaves the line
// readable.
func Quote(text string) string { return strconv.Quote(shorten(text)) }

// plain is quote without the quotes where no letter needs them.
func plain(text string) string {
	text = shorten(text)
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return strconv.Quote(text)
		}
	}
	return text
}

func shorten(text string) string {
	const most = 60
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}
