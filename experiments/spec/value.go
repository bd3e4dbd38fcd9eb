package spec

import (
	"fmt"

	"github.com/BurntSushi/toml"
)

// Value reads a value as a file would have it behind the equals sign. A word that is none, as in model.block=ce, is taken as
// a string.
func Value(text string) (any, error) {
	if len(text) > largestFile {
		return nil, fmt.Errorf("a value of %d bytes", len(text))
	}
	var tree map[string]any
	if _, err := toml.Decode("x = "+OneLine(text), &tree); err != nil || len(tree) != 1 {
		return text, nil
	}
	return tree["x"], nil
}
