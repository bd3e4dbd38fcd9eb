package bench

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
)

// ListFlag adds a flag that is a list with commas, in place of what it is without the flag.
func ListFlag[T any](flags *flag.FlagSet, to *[]T, name, usage string, parse func(string) (T, error)) {
	flags.Func(name, usage, func(text string) error {
		*to = nil
		for _, word := range strings.Split(text, ",") {
			v, err := parse(strings.TrimSpace(word))
			if err != nil {
				return err
			}
			*to = append(*to, v)
		}
		return nil
	})
}

// Positive parses a positive number.
func Positive(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 1<<12 {
		return 0, fmt.Errorf("a number from 1 to 4096 is wanted, not %q", text)
	}
	return n, nil
}
