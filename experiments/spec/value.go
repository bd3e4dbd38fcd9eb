package spec

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"cenet/experiments/mistake"
)

// Value reads a value of the command line as a file would have it after the equals sign. A word that is not TOML, as in model.block=ce,
// is a string. Several values with commas between them, as in train.lr=0.03,0.1, are Alternatives; "a,b" in quotes is one string, and
// [1,2] one list.
func Value(text string) (any, error) {
	if len(text) > largestFile {
		return nil, fmt.Errorf("a value of %d bytes", len(text))
	}
	if v, ok := tomlValue(text); ok {
		return v, nil
	}
	parts := splitOutside(text)
	if len(parts) == 1 {
		return text, nil
	}
	several := Alternatives{Text: text}
	for _, part := range parts {
		part = strings.TrimSpace(part)
		v, ok := tomlValue(part)
		if !ok {
			v = part
		}
		several.Values = append(several.Values, v)
	}
	return several, nil
}

// Alternatives are the values of a setting that a command line sweeps.
type Alternatives struct {
	Text   string // as the command line has them
	Values []any  // each as Value returns one
}

// String is the text of the command line.
func (a Alternatives) String() string { return a.Text }

// each is what a function makes of each value.
func (a Alternatives) each(of func(any) any) Alternatives {
	var values []any
	var words []string
	for _, v := range a.Values {
		v = of(v)
		values, words = append(values, v), append(words, display(v))
	}
	return Alternatives{strings.Join(words, ","), values}
}

// tomlValue reads a value; false if the text is not one.
func tomlValue(text string) (any, bool) {
	var tree map[string]any
	if _, err := toml.Decode("x = "+mistake.OneLine(text), &tree); err != nil || len(tree) != 1 {
		return nil, false
	}
	return tree["x"], true
}

// splitOutside splits text at the commas outside quotes, brackets and braces.
func splitOutside(text string) []string {
	var parts []string
	depth, from := 0, 0
	quote := byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' && quote == '"' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '[' || c == '{':
			depth++
		case c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			parts, from = append(parts, text[from:i]), i+1
		}
	}
	return append(parts, text[from:])
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
	case int:
		return int64(v)
	case []any:
		return listAsTOML(v)
	case []int:
		return listAsTOML(v)
	case []float64:
		return listAsTOML(v)
	case []string:
		return listAsTOML(v)
	}
	return v
}

func listAsTOML[T any](v []T) []any {
	list := make([]any, len(v))
	for i := range v {
		list[i] = asTOML(v[i])
	}
	return list
}

// number is a TOML number as a float; −0 is 0.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v + 0, true
	}
	return 0, false
}

// canonical writes a value with its type so that two values are equal if and only if their writings are.
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

// display writes a value of a setting as a file would.
func display(value any) string {
	switch v := value.(type) {
	case string:
		return mistake.Quote(v)
	case float64:
		return Number(v)
	}
	return fmt.Sprint(value)
}

// describe describes a TOML value in a few words on one line.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return "the string " + mistake.Quote(v)
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
