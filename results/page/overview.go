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
	Summary []Sentence // what a reader should believe
	About   []string
	Quick   bool
	Topics  []Topic
	Chart   *chart.Chart // on top; nil: there is none
	Styles  chart.Styles // of its blocks
}

// A Topic is a group of the paper's claims, and the experiment that tests them.
type Topic struct {
	// Family names the table of the paper that the claims are from: Holm's correction is over all claims of a family. "": over those of the
	// topic.
	Family string
	Head   string
	// Demonstration: larger scales are to count, and of this one only the cost of a block.
	Demonstration bool
	Name          string // of the experiment, and of its folder next to the overview; "": none is shown
	Title         string // of the experiment
	Setting       string // images, width and epochs, in a few words
	Scale         string // what is scaled down, in a sentence; "": nothing
	Claims        []stats.Claim
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

// A Sentence is what a reader should believe about some claims.
type Sentence struct{ On, Text string }

// Lead is the subject of the sentence, with a full stop.
func (s Sentence) Lead() string {
	if strings.HasSuffix(s.On, "?") {
		return s.On
	}
	return s.On + "."
}

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

// A ClaimRow is a claim in words, as the overview shows it.
type ClaimRow struct {
	Claim, Paper, Ours string
	Verdict            string // with its restrictions
	Decision           stats.Decision
	Counts             bool   // it is one of the paper's, and could have come out either way
	Case               bool   // it is a case of the claim above it
	Plot               string // name of a figure, without ending; "": there is none
}

// Rows are the claims of the topic as the overview shows them, each followed by its cases.
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
		for k := range c.Cases {
			one := row(&c.Cases[k])
			one.Paper, one.Case = words.Absent, true
			rows = append(rows, one)
		}
	}
	return rows
}
