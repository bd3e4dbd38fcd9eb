package results

import (
	"fmt"
	"strings"
)

// A Claim is a row of the overview of all experiments.
type Claim struct {
	Claim   string `json:"claim"`
	Paper   string `json:"paper"`          // the paper's figure, "–" where it gives none
	Ours    string `json:"ours"`           // with its confidence interval
	Verdict string `json:"verdict"`        // by the rules for verdicts
	Plot    string `json:"plot,omitempty"` // name of a figure, without its ending; "": none
}

// Claims are those that an experiment's records decide: one for each paired test. Of a sweep that varies more than two settings, one
// for each pair of blocks, which tells at how many combinations it is reproduced.
func Claims(l Layout, records []Record) ([]Claim, error) {
	v, err := newView(l, records)
	if err != nil {
		return nil, err
	}
	plot := ""
	if f, ok := v.overview(); ok {
		plot = f.name
	}
	if along := v.alongAxes(); len(along) > 0 {
		plot = along[0].name
	}
	if l.Kind != LayoutBlocks && len(l.axes()) > 2 {
		return v.summedClaims(plot), nil
	}
	var list []Claim
	for _, t := range v.tests {
		c := Claim{Claim: t.claim(), Paper: absent, Ours: t.differenceText() + " pp", Verdict: t.verdictText(), Plot: plot}
		if t.where != "" {
			c.Claim = t.where + ": " + c.Claim
		}
		if t.paper != nil {
			c.Paper = strings.Replace(fmt.Sprintf("%+.1f pp", *t.paper), "-", "−", 1)
		}
		list = append(list, c)
	}
	return list, nil
}

// summedClaims counts in how many cases a claim is decided which way.
func (v *view) summedClaims(plot string) []Claim {
	var order []string
	counts, all := map[string]map[Decision]int{}, map[string]int{}
	best := map[string]test{}
	for _, t := range v.tests {
		k := t.claim()
		if counts[k] == nil {
			order, counts[k] = append(order, k), map[Decision]int{}
		}
		if t.failed != nil {
			continue
		}
		all[k]++
		counts[k][t.verdict.Decision]++
		if b, ok := best[k]; !ok || t.verdict.Difference.Mean > b.verdict.Difference.Mean {
			best[k] = t
		}
	}
	var list []Claim
	for _, k := range order {
		if all[k] == 0 {
			continue
		}
		where := best[k].where
		if where == "" {
			where = "with the usual settings"
		}
		list = append(list, Claim{
			Claim: k + ", in any of " + count(all[k], "setting"), Paper: absent, Plot: plot,
			Ours: fmt.Sprintf("at most %s pp, %s", best[k].differenceText(), where),
			Verdict: fmt.Sprintf("reproduced in %d, not in %d, undecidable in %d", counts[k][Reproduced], counts[k][NotReproduced],
				counts[k][Undecidable]),
		})
	}
	return list
}

// Claims are those of a page's sections.
func (p Page) Claims() []Claim {
	var list []Claim
	for _, s := range p.Sections {
		list = append(list, s.Claims...)
	}
	return list
}

// Done is what an experiment came to, for the overview.
type Done struct {
	Name, Title string // of the folder, and for people
	Claims      []Claim
	Missing     string // why there are no claims; "" where there are
}

// Overview is the page of all experiments, in Markdown. about are paragraphs under its title.
func Overview(about []string, list []Done) (string, error) {
	columns := []column{{"Experiment", true}, {"Claim", true}, {"Paper", false}, {"Ours", false}, {"Verdict", true}, {"Plot", true}}
	var rows [][]string
	for _, d := range list {
		link := fmt.Sprintf("[%s](%s/table.md)", d.Name, d.Name)
		if d.Missing != "" {
			rows = append(rows, []string{d.Name, d.Title, absent, absent, d.Missing, absent})
		}
		for _, c := range d.Claims {
			plot := absent
			if c.Plot != "" {
				plot = fmt.Sprintf("[plot](%s/%s.png)", d.Name, c.Plot)
			}
			rows = append(rows, []string{link, c.Claim, c.Paper, c.Ours, c.Verdict, plot})
		}
	}
	table, err := markdownTable(columns, rows)
	if err != nil {
		return "", err
	}
	return "# Results\n\n" + strings.Join(about, "\n\n") + "\n\n" + strings.TrimRight(table, "\n") + "\n", nil
}
