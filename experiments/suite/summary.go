package suite

import (
	"fmt"
	"slices"
	"strings"

	"cenet/experiments/report"
	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// An answer is what the claims of some topics say to one question.
type answer struct {
	question string
	claims   []answering // those that count or whose control failed, or statements of theory
	awaits   []string    // experiments that decide, and are not finished
}

// An answering claim has its topic.
type answering struct {
	*stats.Claim
	topic *page.Topic
}

// summary answers the questions of the topics: on accuracies and channels first, then on costs, then on theory.
func summary(topics []page.Topic) []page.Sentence {
	kinds := make([][]answer, 3)
	for i := range topics {
		t := &topics[i]
		for k := range t.Claims {
			c := &t.Claims[k]
			if c.Role != stats.FromPaper && c.Role != stats.FromTheory {
				continue
			}
			kind, question := questionOf(c, t)
			a := findOrAdd(&kinds[kind], func(a answer) bool { return a.question == question }, answer{question: question})
			switch {
			case c.Role == stats.FromTheory, c.Counts(), c.ControlFailed && !c.Superseded && !c.Awaited:
				a.claims = append(a.claims, answering{c, t})
			default:
				for _, name := range t.Awaits {
					findOrAdd(&a.awaits, func(n string) bool { return n == name }, name)
				}
			}
		}
	}
	var sentences []page.Sentence
	for _, a := range slices.Concat(kinds...) {
		if text := a.text(); text != "" {
			sentences = append(sentences, page.Sentence{Question: a.question, Answer: text})
		}
	}
	return sentences
}

// questionOf is the question that a claim answers, and its place: 0 for accuracies and channels, 1 for costs, 2 for theory.
func questionOf(c *stats.Claim, t *page.Topic) (kind int, question string) {
	switch k := c.Compared; {
	case c.Role == stats.FromTheory:
		return 2, "Does the theory hold?"
	case c.Cost():
		return 1, "What does CE cost?"
	case t.Answers != "":
		return 0, t.Answers
	case k != nil && k.Key == results.BlockKey:
		against := "no block"
		if k.Against != "none" {
			against = report.Label(k.Against)
		}
		return 0, fmt.Sprintf("Is %s more accurate than %s?", report.Label(k.Value), against)
	}
	return 0, t.Head
}

// text is the answer in words; "" if there is nothing to say.
func (a *answer) text() string {
	awaits := ""
	if len(a.awaits) > 0 {
		awaits = "`" + strings.Join(a.awaits, "`, `") + "`"
	}
	switch {
	case len(a.claims) == 0 && awaits == "":
		return ""
	case len(a.claims) == 0:
		return "No verdict yet. These experiments decide and are not finished: " + awaits + "."
	case a.claims[0].Role == stats.FromTheory:
		return ofTheory(a.claims)
	}
	text := ofNetworks(a.claims)
	if awaits != "" {
		text += " Not finished: " + awaits + "."
	}
	return text
}

// ofTheory counts the statements that hold, and quotes the others.
func ofTheory(claims []answering) string {
	type failing struct {
		experiment string
		quoted     []string
	}
	var list []failing
	holds := len(claims)
	for _, c := range claims {
		if c.Decision != stats.Reproduced {
			holds--
			f := findOrAdd(&list, func(f failing) bool { return f.experiment == c.topic.Name }, failing{experiment: c.topic.Name})
			f.quoted = append(f.quoted, "“"+c.Statement+"”")
		}
	}
	if len(list) == 0 {
		return fmt.Sprintf("All %d statements hold.", holds)
	}
	parts := make([]string, len(list))
	for i, f := range list {
		parts[i] = fmt.Sprintf("to %s (`%s`)", listed(f.quoted), f.experiment)
	}
	return fmt.Sprintf("%d of %d statements hold. There are counterexamples %s.", holds, len(claims), strings.Join(parts, ", "))
}

// An outcome is the networks for which a statement came out in one way.
type outcome struct {
	statement string
	how, why  string // before and after the networks
	on        []string
	figures   bool // the networks are followed by figures
}

// ofNetworks says which statements came out how on which networks, and by how much.
func ofNetworks(claims []answering) string {
	images := claims[0].topic.Images
	if slices.ContainsFunc(claims, func(c answering) bool { return c.topic.Images != images || c.Cost() }) {
		images = ""
	}
	var list []outcome
	ways, measures := map[string]int{}, map[string]int{} // numbers of outcomes and of measures of a statement
	seen := map[string]bool{}
	for _, c := range claims {
		if whole := words.Statement(c.Claim); !seen[whole] {
			seen[whole] = true
			measures[c.Statement]++
		}
	}
	for _, c := range claims {
		what := c.Statement
		if measures[what] > 1 {
			what = words.Statement(c.Claim)
		}
		how, why := inWords(c.Claim, len(seen) == 1)
		o := findOrAdd(&list, func(o outcome) bool { return o.statement == what && o.how == how && o.why == why },
			outcome{statement: what, how: how, why: why})
		if o.on == nil {
			ways[what]++
		}
		on, figures := networkOf(c, images == "")
		o.on, o.figures = append(o.on, on), o.figures || figures
	}
	type verdict struct {
		how   string
		parts []string
	}
	var verdicts []verdict
	for _, o := range list {
		text := strings.TrimSpace("for " + listed(o.on))
		if text == "for" {
			text = ""
		}
		if len(ways) > 1 {
			if ways[o.statement] == 1 && !o.figures {
				text = ""
			}
			text = strings.TrimSpace(o.statement + " " + text)
		}
		v := findOrAdd(&verdicts, func(v verdict) bool { return v.how == o.how }, verdict{how: o.how})
		v.parts = append(v.parts, text+o.why)
	}
	parts := make([]string, len(verdicts))
	for i, v := range verdicts {
		by := " "
		if len(ways) > 1 {
			by = ": "
		}
		parts[i] = strings.TrimRight(v.how+by+strings.Join(v.parts, "; "), " :")
		if len(ways) > 1 || i == 0 {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	by := "; "
	if len(ways) > 1 {
		by = ". "
	}
	text := strings.Join(parts, by) + "."
	if images != "" {
		text += " On " + images + "."
	}
	return text
}

// inWords is how a claim came out; of a comparison that the question asks for, whether the block is the more accurate.
func inWords(c *stats.Claim, asked bool) (how, why string) {
	compared := asked && c.Compared != nil && c.Compared.Within == 0
	switch {
	case c.ControlFailed:
		return "not counted", ", where the control failed"
	case compared && c.Decision == stats.Reproduced:
		return "yes", ""
	case compared && c.Decision == stats.Contradicted:
		return "less accurate", ""
	case compared && c.Decision == stats.Smaller:
		return "by less than half of the paper's difference, if at all,", ""
	}
	return c.Decision.String(), ""
}

// networkOf names the network of a claim, with the figures that fit into a sentence and, where needed, its images.
func networkOf(c answering, placed bool) (text string, hasFigures bool) {
	name, figures := c.Subject, ""
	if placed && c.topic.Images != "" && c.Compared != nil {
		name += " on " + c.topic.Images
	}
	switch {
	case name == "" || c.Ours == nil:
	case c.Unit == stats.Points:
		if figures = words.Difference(c.Claim) + " pp"; c.Paper != nil {
			figures += ", paper " + words.PaperDifference(c.Claim)
		}
	case c.Unit == stats.Times:
		figures = fmt.Sprintf("×%.2f, paper %s", c.Ours.Mean, words.Paper(c.Claim))
	case c.Unit == stats.GFLOPs:
		figures = strings.Join(c.Notes, ", ")
	}
	if figures == "" {
		return name, false
	}
	return name + " (" + figures + ")", true
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
