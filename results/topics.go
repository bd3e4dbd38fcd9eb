package results

import "strings"

// A Tally is how many of the paper's claims have a verdict.
type Tally struct {
	Verdict string // without what stands behind it in brackets
	Claims  int
}

// Tally counts the claims of the paper by their verdict, in the order in which verdicts first appear.
func (o Overview) Tally() []Tally {
	var list []Tally
	at := map[string]int{}
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			if !c.Counts() {
				continue
			}
			v := c.Kind()
			i, ok := at[v]
			if !ok {
				i = len(list)
				at[v], list = i, append(list, Tally{Verdict: v})
			}
			list[i].Claims++
		}
	}
	return list
}

// BelowPaper is how many of the undecided claims that count have an interval below the paper's difference.
func (o Overview) BelowPaper() int {
	n := 0
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			if c.Counts() && c.BelowPaper {
				n++
			}
		}
	}
	return n
}

// Kind is the verdict without what stands behind it in brackets.
func (c *Claim) Kind() string {
	v, _, _ := strings.Cut(c.Verdict, " (")
	return v
}

// A ClaimRow is a claim as the overview shows it.
type ClaimRow struct {
	Claim, Paper, Ours string
	Verdict            string // with what stands behind it
	Kind               string // the verdict alone
	Counts             bool   // it is one of the paper's, and could have come out either way
	Case               bool   // it is a case of the claim above it
	Plot               string // name of a figure, without ending; "": there is none
}

// Rows are the claims of the topic as the overview shows them, each followed by its cases.
func (t Topic) Rows() []ClaimRow {
	var rows []ClaimRow
	add := func(c Claim, isCase bool, corrected string) {
		if c.Smaller {
			corrected += "; the larger scale counts"
		}
		rows = append(rows, ClaimRow{
			Claim: c.Claim, Paper: c.paperColumn(isCase), Ours: c.Ours, Verdict: c.Verdict + corrected, Kind: c.Kind(),
			Counts: c.Counts() && !isCase, Case: isCase, Plot: c.Plot,
		})
	}
	corrected := t.corrected()
	for i, c := range t.Claims {
		add(c, false, corrected[i])
		for _, k := range c.Cases {
			add(k, true, "")
		}
	}
	return rows
}

// paperColumn is what stands in the column of the paper.
func (c *Claim) paperColumn(isCase bool) string {
	switch {
	case c.Own:
		return "not the paper's"
	case c.Identity:
		return "holds by construction"
	case isCase:
		return absent
	case c.Paper == "" || c.Paper == absent:
		return "no figure"
	}
	return c.Paper
}
