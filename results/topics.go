package results

import "fmt"

// A Tally is how many of the paper's claims came out so.
type Tally struct {
	Decision Decision
	Claims   int
}

// Tally counts the claims of the paper by their decision, in the order in which decisions first appear.
func (o Overview) Tally() []Tally {
	var list []Tally
	at := map[Decision]int{}
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
	families := map[string][]*Claim{}
	for i, t := range o.Topics {
		name := t.Family
		if name == "" {
			name = fmt.Sprint(i)
		}
		for k := range t.Claims {
			if c := &t.Claims[k]; c.Standing == OfPaper && !c.Superseded {
				families[name] = append(families[name], c)
			}
		}
	}
	for _, claims := range families {
		correct(claims)
	}
}

// A ClaimRow is a claim as the overview shows it, in words.
type ClaimRow struct {
	Claim, Paper, Ours string
	Verdict            string // with what restricts it
	Decision           Decision
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
			Claim: c.Name(), Paper: c.PaperText(), Ours: c.OursText(), Verdict: c.VerdictText() + c.standsText(), Decision: c.Decision, Counts: c.Counts(), Plot: c.Plot,
		})
		for k := range c.Cases {
			c := &c.Cases[k]
			rows = append(rows, ClaimRow{Claim: c.Name(), Paper: absent, Ours: c.OursText(), Verdict: c.VerdictText(), Decision: c.Decision, Case: true, Plot: c.Plot})
		}
	}
	return rows
}
