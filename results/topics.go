package results

import (
	"cenet/results/stats"
	"cenet/results/words"
	"fmt"
)

// A Tally is how many of the paper's claims came out so.
type Tally struct {
	Decision stats.Decision
	Claims   int
}

// Tally counts the claims of the paper by their decision, in the order in which decisions first appear.
func (o Overview) Tally() []Tally {
	var list []Tally
	at := map[stats.Decision]int{}
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			if !c.Counts() {
				continue
			}
			i, ok := at[c.Decision]
			if !ok {
				i = len(list)
				at[c.Decision], list = i, append(list, Tally{Decision: c.Decision})
			}
			list[i].Claims++
		}
	}
	return list
}

// Correct sets the p-values after Holm's correction over the claims of each of the paper's tables that were tested: all its networks, and those whose
// control failed, but no claim twice.
func (o Overview) Correct() {
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

// A ClaimRow is a claim as the overview shows it, in words.
type ClaimRow struct {
	Claim, Paper, Ours string
	Verdict            string // with what restricts it
	Decision           stats.Decision
	Counts             bool   // it is one of the paper's, and could have come out either way
	Case               bool   // it is a case of the claim above it
	Plot               string // name of a figure, without ending; "": there is none
}

// Rows are the claims of the topic as the overview shows them, each followed by its cases.
func (t Topic) Rows() []ClaimRow {
	var rows []ClaimRow
	for i := range t.Claims {
		c := &t.Claims[i]
		rows = append(rows, ClaimRow{
			Claim: words.Name(c), Paper: words.Paper(c), Ours: words.Ours(c), Verdict: words.Verdict(c) + words.AfterHolm(c), Decision: c.Decision, Counts: c.Counts(), Plot: c.Plot,
		})
		for k := range c.Cases {
			c := &c.Cases[k]
			rows = append(rows, ClaimRow{Claim: words.Name(c), Paper: words.Absent, Ours: words.Ours(c), Verdict: words.Verdict(c), Decision: c.Decision, Case: true, Plot: c.Plot})
		}
	}
	return rows
}
