package spec

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
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
	if _, err := toml.Decode("x = "+OneLine(text), &tree); err != nil || len(tree) != 1 {
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
