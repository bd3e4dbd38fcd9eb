package cli

import (
	"errors"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"time"

	"cenet/experiments/mistake"
)

// one reads the flags and returns the one other argument. Flags may be before or after it.
func (c *call) one() (string, error) {
	words, err := c.words()
	switch {
	case err == nil && len(words) == 0:
		err = mistake.Errorf("a name is missing: %s", c.line)
	case err == nil && len(words) > 1:
		err = mistake.Errorf("one name is expected, got %d, %s: %s", len(words), strings.Join(words, " and "), c.line)
	}
	if err != nil {
		return "", err
	}
	return words[0], nil
}

// words reads the flags and returns the other arguments.
func (c *call) words() ([]string, error) {
	var words []string
	for args := c.args; len(args) > 0; {
		if err := c.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, mistake.Of(c.flagError(err))
		}
		args = c.Args()
		if len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	return words, nil
}

// none reads the flags and refuses other arguments.
func (c *call) none() error {
	words, err := c.words()
	if err != nil {
		return err
	}
	return c.refuse(words)
}

// refuse returns an error if a command that takes no arguments was given some.
func (c *call) refuse(words []string) error {
	if len(words) > 0 {
		return mistake.Errorf("%s takes no arguments, got %s", c.Name(), strings.Join(words, " "))
	}
	return nil
}

// flagError replaces the library's error about a flag by one that names the expected value or the nearest flag.
func (c *call) flagError(err error) error {
	text := err.Error()
	var flags []string
	c.VisitAll(func(f *flag.Flag) { flags = append(flags, "--"+f.Name) })
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		if len(flags) == 0 {
			return fmt.Errorf("unknown flag --%s: %s takes none", name, c.line)
		}
		name = "--" + strings.TrimLeft(name, "-")
		return fmt.Errorf("unknown flag %s; nearest: %s (known: %s)", name, mistake.Nearest(name, flags), strings.Join(flags, ", "))
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		value, about := flag.UnquoteUsage(c.Lookup(name))
		return fmt.Errorf("--%s: %s expected: %s", name, value, about)
	}
	parts := regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-([^:]*): (.*)$`).FindStringSubmatch(text)
	if parts == nil {
		return fmt.Errorf("%v; --help lists the flags", err)
	}
	value, name, reason := parts[1], parts[2], parts[3]
	if g, ok := c.Lookup(name).Value.(flag.Getter); ok {
		switch g.Get().(type) {
		case bool:
			reason = "expected true or false"
		case time.Duration:
			reason = "expected a time, as in 20s or 5m"
		default:
			reason = "expected a whole number"
		}
	}
	return fmt.Errorf("--%s: %s: %s", name, value, reason)
}
