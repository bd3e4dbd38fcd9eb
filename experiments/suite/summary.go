package suite

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cenet/results/page"
	"cenet/results/stats"
)

// summary returns a sentence for each family of topics: the verdicts on its claims by network, and the range of the differences.
func summary(topics []page.Topic) []page.Sentence {
	var families []string
	claims, heads := map[string][]stats.Claim{}, map[string]string{}
	for _, t := range topics {
		if _, ok := heads[t.Family]; !ok {
			families = append(families, t.Family)
		}
		heads[t.Family] = t.Head
		for _, c := range t.Claims {
			if c.Counts() || c.Role == stats.FromTheory {
				claims[t.Family] = append(claims[t.Family], c)
			}
		}
	}
	var sentences []page.Sentence
	for _, f := range families {
		list := claims[f]
		switch {
		case len(list) == 0:
		case slices.ContainsFunc(list, func(c stats.Claim) bool { return c.Role != stats.FromTheory }):
			sentences = append(sentences, page.Sentence{On: heads[f], Text: ofNetworks(list)})
		default:
			sentences = append(sentences, page.Sentence{On: heads[f], Text: ofTheory(list)})
		}
	}
	return sentences
}

// ofTheory counts the statements that hold and quotes the others.
func ofTheory(claims []stats.Claim) string {
	var fail []string
	for _, c := range claims {
		if c.Decision != stats.Reproduced {
			fail = append(fail, "“"+c.Statement+"”")
		}
	}
	if len(fail) == 0 {
		return fmt.Sprintf("all %d statements hold", len(claims))
	}
	return fmt.Sprintf("%d of %d statements hold; there are counterexamples to %s", len(claims)-len(fail), len(claims), listed(fail))
}

// A statement is a claim on several networks, grouped by verdict.
type statement struct {
	what     string
	outcomes []outcome
}

type outcome struct {
	decision    stats.Decision
	of          []string // networks; none: the statement is about all
	ours, paper span
}

// ofNetworks writes each statement once, with the verdicts by network.
func ofNetworks(claims []stats.Claim) string {
	var list []statement
	for _, c := range claims {
		s := findOrAdd(&list, func(s statement) bool { return s.what == c.Statement }, statement{what: c.Statement})
		o := findOrAdd(&s.outcomes, func(o outcome) bool { return o.decision == c.Decision }, outcome{decision: c.Decision})
		if c.Subject != "" && !slices.Contains(o.of, c.Subject) {
			o.of = append(o.of, c.Subject)
		}
		if c.Unit == stats.Points && c.Ours != nil {
			o.ours.add(c.Ours.Mean)
			if c.Paper != nil {
				o.paper.add(*c.Paper)
			}
		}
	}
	parts := make([]string, len(list))
	for i, s := range list {
		outcomes := make([]string, len(s.outcomes))
		for k, o := range s.outcomes {
			outcomes[k] = o.String()
		}
		parts[i] = s.what + ": " + strings.Join(outcomes, ", ")
	}
	return strings.Join(parts, "; ")
}

func (o outcome) String() string {
	text := o.decision.String()
	if len(o.of) > 0 {
		text += " for " + listed(o.of)
	}
	switch {
	case o.ours.some && o.paper.some:
		text += fmt.Sprintf(" (%s, in the paper %s)", o.ours, o.paper)
	case o.ours.some:
		text += fmt.Sprintf(" (%s)", o.ours)
	}
	return text
}

// findOrAdd returns the first match in a list. Without a match, it adds an element.
func findOrAdd[T any](list *[]T, is func(T) bool, another T) *T {
	i := slices.IndexFunc(*list, is)
	if i < 0 {
		i, *list = len(*list), append(*list, another)
	}
	return &(*list)[i]
}

// listed joins words for a sentence: "a, b and c".
func listed(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

// span is the range of some differences.
type span struct {
	least, most float64
	some        bool
}

func (s *span) add(x float64) {
	if !s.some {
		*s = span{x, x, true}
	}
	s.least, s.most = math.Min(s.least, x), math.Max(s.most, x)
}

func (s span) String() string {
	least, most := fmt.Sprintf("%+.1f", s.least), fmt.Sprintf("%+.1f", s.most)
	text := least + " pp"
	if least != most {
		text = least + " to " + most + " pp"
	}
	return strings.ReplaceAll(text, "-", "−")
}
