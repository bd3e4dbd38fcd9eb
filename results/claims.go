package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cenet/nn/durable"
)

// A Claim is what the paper says, beside what an experiment found of it.
type Claim struct {
	Claim   string `json:"claim"`
	Paper   string `json:"paper,omitempty"` // its figure; "": it prints none
	Ours    string `json:"ours"`            // with its confidence interval where it has one
	Verdict string `json:"verdict"`
	Plot    string `json:"plot,omitempty"` // name of a chart of the same page, without ending; "": there is none
	// Own tells that the statement is not the paper's: it stands beside one of the paper's, and is not counted with these.
	Own bool `json:"own,omitempty"`
}

// Claims are the paired tests of Channel Equilibrium against its rivals, and whether the table of an experiment is whole.
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
	var list []Claim
	for _, t := range v.tests {
		if t.block != v.valueLabel(BlockKey, blockCE) {
			continue
		}
		c := Claim{Claim: t.claim(), Paper: t.paperText(), Ours: t.differenceText(), Verdict: t.verdictText(), Plot: plot}
		if t.where != "" {
			c.Claim = t.where + ": " + c.Claim
		}
		if t.failed == nil {
			c.Ours += fmt.Sprintf(" pp, %s", count(t.verdict.Difference.N, "seed"))
		}
		if v.markedTest(t) {
			c.Ours += " †"
		}
		list = append(list, c)
	}
	return list, nil
}

// paperText is the paper's difference, "" where it prints none.
func (t test) paperText() string {
	if t.paper == nil {
		return ""
	}
	return strings.Replace(fmt.Sprintf("%+.1f pp", *t.paper), "-", "−", 1)
}

// markedTest tells whether the case of the test is under-trained.
func (v *view) markedTest(t test) bool { return v.marked[t.of] }

// A Topic is what the paper claims of one matter, and the experiment that looks at it.
type Topic struct {
	Head    string
	Name    string // of the experiment, and of its folder beside the overview; "": none is shown
	Title   string // of the experiment
	Scale   string // what is scaled down, in a sentence; "" where nothing is
	Claims  []Claim
	Absent  string   // why there is nothing to show; "" where there is
	Figures []string // charts to show beneath, names without ending; beside those that claims have
}

// Overview is one page of all claims: a table, and what it was drawn from.
type Overview struct {
	Title  string
	About  []string
	Quick  bool
	Topics []Topic
}

// underTrainedMark explains † in an overview.
const underTrainedMark = "† under-trained: the baseline is below what its experiment expects of it."

// Markdown draws the overview, for a file beside the folders of the experiments.
func (o Overview) Markdown() (string, error) {
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(s + "\n\n") }
	paragraph("# " + o.Title)
	if o.Quick {
		paragraph("**" + quickBanner + "**")
	}
	for _, s := range o.About {
		paragraph(s)
	}
	columns := []column{{"Claim", true}, {"Paper", true}, {"Here", true}, {"Verdict", true}, {"Plot", true}}
	verdicts := map[string]int{}
	var order []string
	marked := false
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			if v, _, _ := strings.Cut(c.Verdict, " ("); !c.Own {
				if verdicts[v]++; verdicts[v] == 1 {
					order = append(order, v)
				}
			}
			marked = marked || strings.Contains(c.Ours, "†")
		}
	}
	if len(order) > 0 {
		var parts []string
		for _, v := range order {
			parts = append(parts, fmt.Sprintf("%d %s", verdicts[v], v))
		}
		paragraph("Claims of the paper: " + strings.Join(parts, ", ") + ".")
	}
	for _, t := range o.Topics {
		paragraph("## " + t.Head)
		if t.Name != "" && t.Absent == "" {
			paragraph(fmt.Sprintf("[%s](%s/table.md), `./reproduce.sh %s`.%s", t.Title, t.folder(o.Quick), t.Name, after(" ", t.Scale)))
		}
		if t.Absent != "" {
			paragraph(t.Absent)
			continue
		}
		var rows [][]string
		for _, c := range t.Claims {
			paper, plot := c.Paper, absent
			switch {
			case c.Own:
				paper = "not the paper's"
			case paper == "" || paper == absent:
				paper = "no figure"
			}
			if c.Plot != "" {
				plot = fmt.Sprintf("[plot](%s/%s.png)", t.folder(o.Quick), c.Plot)
			}
			rows = append(rows, []string{c.Claim, paper, c.Ours, c.Verdict, plot})
		}
		if len(rows) > 0 {
			table, err := markdownTable(columns, rows)
			if err != nil {
				return "", err
			}
			paragraph(strings.TrimRight(table, "\n"))
		}
		shown := map[string]bool{}
		for _, f := range t.plots() {
			if !shown[f] {
				shown[f] = true
				paragraph(fmt.Sprintf("![%s](%s/%s.png)", t.Title, t.folder(o.Quick), f))
			}
		}
	}
	if marked {
		paragraph(underTrainedMark)
	}
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}

// Write draws the overview into a file.
func (o Overview) Write(path string) error {
	text, err := o.Markdown()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return durable.WriteBytes(path, []byte(text))
}

// plots are the charts of the claims, then the others.
func (t Topic) plots() []string {
	var list []string
	for _, c := range t.Claims {
		if c.Plot != "" {
			list = append(list, c.Plot)
		}
	}
	return append(list, t.Figures...)
}

// folder is where the experiment's files are, as seen from the overview.
func (t Topic) folder(quick bool) string {
	if quick {
		return "../" + t.Name + "/quick"
	}
	return t.Name
}

// after is a text behind a separator, "" where there is none.
func after(separator, text string) string {
	if text == "" {
		return ""
	}
	return separator + text
}
