package page

import (
	"fmt"
	"slices"
	"strings"

	"cenet/results/chart"
	"cenet/results/stats"
	"cenet/results/words"
)

// An Overview is one page of all claims.
type Overview struct {
	Title   string
	Lead    string     // what the page is about; "": nothing is said
	Summary []Sentence // what a reader should believe
	About   []string   // how claims are judged
	Quick   bool
	Topics  []Topic
	Chart   *chart.Chart // on top; nil: there is none
	Styles  chart.Styles // of its blocks
}

// A Topic is an experiment and the claims that it tests.
type Topic struct {
	// Family names the table of the paper that the claims are from: Holm's correction is over all claims of a family. "": over those of the
	// topic.
	Family        string
	Head          string
	Answers       string   // the question of the summary that its claims answer; "": one for each comparison
	Demonstration bool     // of the accuracies, only larger scales count
	Awaits        []string // the larger scales that are not finished
	Name          string   // of the experiment, and of its folder next to the overview; "": none is shown
	Title         string   // of the experiment
	Images        string   // name of the data set
	Setting       string   // images, width and epochs, in a few words
	Scale         string   // what is scaled down, in a sentence; "": nothing
	Claims        []stats.Claim
	Folded        int      // claims that only the experiment's own page shows
	Absent        string   // why there is nothing to show; "": there is something
	Figures       []string // names of charts to show below, without ending, after those of claims
}

// Heading is the head, marked if the topic is a demonstration.
func (t *Topic) Heading() string {
	if t.Demonstration {
		return t.Head + " (demonstration)"
	}
	return t.Head
}

// Split are the topics of one kind: demonstrations, or all others.
func (o *Overview) Split(demonstrations bool) (list []Topic) {
	for _, t := range o.Topics {
		if t.Demonstration == demonstrations {
			list = append(list, t)
		}
	}
	return list
}

// UnderTrained reports whether the baseline of a claim is.
func (o *Overview) UnderTrained() bool {
	return slices.ContainsFunc(o.Topics, func(t Topic) bool {
		return slices.ContainsFunc(t.Claims, func(c stats.Claim) bool { return c.UnderTrained })
	})
}

// A Sentence is a question about some claims with its answer.
type Sentence struct{ Question, Answer string }

// Opening is the chart on top of the overview, complete; nil: there is none.
func (o *Overview) Opening() (*chart.Chart, error) {
	if o.Chart == nil {
		return nil, nil
	}
	c, err := resolve(*o.Chart, o.Styles, o.Quick)
	return &c, err
}

// A Tally is a number of the paper's claims with the same decision.
type Tally struct {
	Decision stats.Decision
	Claims   int
}

// Tally counts the claims of the paper by their decision, in the order in which decisions first appear.
func (o *Overview) Tally() []Tally {
	var list []Tally
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			if !c.Counts() {
				continue
			}
			i := slices.IndexFunc(list, func(t Tally) bool { return t.Decision == c.Decision })
			if i < 0 {
				i, list = len(list), append(list, Tally{Decision: c.Decision})
			}
			list[i].Claims++
		}
	}
	return list
}

// Count says how many claims of the paper count, and how many of these have which verdict.
func (o *Overview) Count() string {
	claims, rows := 0, len(o.Counted())
	var parts []string
	for _, t := range o.Tally() {
		claims += t.Claims
		parts = append(parts, fmt.Sprintf("%d %v", t.Claims, t.Decision))
	}
	text := words.Count(claims, "claim") + " of the paper count"
	if claims == 1 {
		text += "s"
	}
	if rows < claims {
		text += ", in " + words.Count(rows, "row")
	}
	return text + ": " + strings.Join(parts, ", ") + "."
}

// AboutDemonstrations says what demonstrations are.
const AboutDemonstrations = "They show in minutes that every network trains on small images. What a block costs is counted; accuracies " +
	"and what is measured on these networks are not: the larger scale decides."

// Correct sets the p-values after Holm's correction over the claims of each of the paper's tables that were tested: all its networks, and
// those whose control failed, but no claim twice.
func (o *Overview) Correct() {
	families := map[string][]*stats.Claim{}
	for i, t := range o.Topics {
		name := t.Family
		if name == "" {
			name = fmt.Sprint(i)
		}
		for k := range t.Claims {
			if c := &t.Claims[k]; c.Role == stats.FromPaper && !c.Superseded {
				families[name] = append(families[name], c)
			}
		}
	}
	for _, claims := range families {
		stats.CorrectHolm(claims)
	}
}

// A CountedRow is the counted claim on the accuracy of a network, or another counted statement on all networks of an experiment.
type CountedRow struct {
	Claim, On   string
	Paper, Ours string
	Outcomes    []Outcome
	Name        string // of the experiment
}

// An Outcome is a verdict; if networks of a row have several, it is followed by the networks that have it.
type Outcome struct {
	Text     string
	Decision stats.Decision
}

// Counted are the rows of the claims that count, the costs of blocks last.
func (o *Overview) Counted() []CountedRow {
	var accuracy, costs []CountedRow
	for i := range o.Topics {
		t := &o.Topics[i]
		var statements []string
		claims := map[string][]*stats.Claim{}
		for k := range t.Claims {
			c := &t.Claims[k]
			if !c.Counts() {
				continue
			}
			key := words.Statement(c)
			if c.Compared != nil {
				key = words.Name(c)
			}
			if claims[key] == nil {
				statements = append(statements, key)
			}
			claims[key] = append(claims[key], c)
		}
		for _, key := range statements {
			list := claims[key]
			if row := countedRow(t, list); list[0].Cost() {
				costs = append(costs, row)
			} else {
				accuracy = append(accuracy, row)
			}
		}
	}
	return append(accuracy, costs...)
}

func countedRow(t *Topic, claims []*stats.Claim) CountedRow {
	joined := func(text func(*stats.Claim) string, by string) string { // a text once, if it is the same for all
		list := make([]string, len(claims))
		for i, c := range claims {
			list[i] = text(c)
		}
		if len(slices.Compact(slices.Clone(list))) == 1 {
			return list[0]
		}
		return strings.Join(list, by)
	}
	subject := func(c *stats.Claim) string { return c.Subject }
	row := CountedRow{Claim: words.Statement(claims[0]), On: joined(subject, ", "), Paper: joined(words.Paper, "; "),
		Ours: joined(words.Ours, "; "), Name: t.Name}
	if !claims[0].Cost() { // those are of the paper's own networks
		row.On = strings.Trim(row.On+", "+t.Setting, ", ")
	}
	on := map[string][]string{} // networks by verdict
	for _, c := range claims {
		verdict := words.Verdict(c) + words.AfterHolm(c)
		if on[verdict] == nil {
			row.Outcomes = append(row.Outcomes, Outcome{verdict, c.Decision})
		}
		on[verdict] = append(on[verdict], c.Subject)
	}
	if len(row.Outcomes) > 1 {
		for i := range row.Outcomes {
			row.Outcomes[i].Text += ": " + strings.Join(on[row.Outcomes[i].Text], ", ")
		}
	}
	return row
}

// A ClaimRow is a claim in words, as the overview shows it.
type ClaimRow struct {
	Claim, Paper, Ours string
	Verdict            string // with its restrictions
	Decision           stats.Decision
	Counts             bool   // it is one of the paper's, and could have come out either way
	Case               bool   // it is a case of the claim above it
	Plot               string // name of a figure, without ending; "": there is none
}

// Rows are the claims of the topic as the overview shows them. Each is followed by its cases, but not in a demonstration, whose own page
// has them.
func (t *Topic) Rows() []ClaimRow {
	var rows []ClaimRow
	row := func(c *stats.Claim) ClaimRow {
		return ClaimRow{Claim: words.Name(c), Paper: words.Paper(c), Ours: words.Ours(c), Verdict: words.Verdict(c), Decision: c.Decision,
			Plot: c.Plot}
	}
	for i := range t.Claims {
		c := &t.Claims[i]
		whole := row(c)
		whole.Verdict, whole.Counts = whole.Verdict+words.AfterHolm(c), c.Counts()
		rows = append(rows, whole)
		if t.Demonstration {
			continue
		}
		for k := range c.Cases {
			one := row(&c.Cases[k])
			one.Paper, one.Case = words.Absent, true
			rows = append(rows, one)
		}
	}
	return rows
}
