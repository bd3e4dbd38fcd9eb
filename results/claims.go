package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cenet/nn/durable"
	"cenet/results/stats"
	"cenet/results/words"
)

// A Topic is what the paper claims of one matter, and the experiment that looks at it.
type Topic struct {
	// Family names the table of the paper that the claims are of: Holm's correction is over all claims of a family. "": over those of the topic.
	Family string
	Head   string
	// Demonstration is that larger scales are to count: of this one, only what a block costs is.
	Demonstration bool
	Name          string // of the experiment, and of its folder next to the overview; "": none is shown
	Title         string // of the experiment
	Setting       string // images, width and epochs, in a few words
	Scale         string // what is scaled down, in a sentence; "" where nothing is
	Claims        []stats.Claim
	Absent        string   // why there is nothing to show; "" where there is
	Figures       []string // charts to show below, names without ending, in addition to those of claims
}

// Heading is the head, with what the topic is not.
func (t Topic) Heading() string {
	if t.Demonstration {
		return t.Head + " (demonstration)"
	}
	return t.Head
}

// A Sentence is what a reader should believe of some claims.
type Sentence struct{ On, Text string }

// Lead is the subject of the sentence, with a full stop.
func (s Sentence) Lead() string {
	if strings.HasSuffix(s.On, "?") {
		return s.On
	}
	return s.On + "."
}

// Overview is one page of all claims: a table, and what it was drawn from.
type Overview struct {
	Title   string
	Summary []Sentence // what a reader should believe
	About   []string
	Quick   bool
	Topics  []Topic
	Chart   *Chart // that opens it; nil: there is none
	Styles  Styles // of its blocks
}

// drawn is the chart that opens the overview, as a figure.
func (o Overview) drawn() (figure, error) { return o.Chart.figure(o.Styles, o.Quick) }

// Drawing is the chart that opens the overview as data; nil where there is none.
func (o Overview) Drawing() (*Drawing, error) {
	if o.Chart == nil {
		return nil, nil
	}
	f, err := o.drawn()
	if err != nil {
		return nil, err
	}
	d := f.drawing()
	return &d, nil
}

// underTrainedMark explains † in an overview.
const underTrainedMark = "† under-trained: the baseline is below what its experiment expects of it."

// Markdown draws the overview, for a file beside the folders of the experiments.
func (o Overview) Markdown() (string, error) {
	o.Correct()
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(s + "\n\n") }
	paragraph("# " + o.Title)
	if o.Quick {
		paragraph("**" + quickBanner + "**")
	}
	if o.Chart != nil {
		paragraph(fmt.Sprintf("![%s](%s.png)", o.Chart.Title, o.Chart.Name))
	}
	if len(o.Summary) > 0 {
		lines := make([]string, len(o.Summary))
		for i, s := range o.Summary {
			lines[i] = fmt.Sprintf("- **%s** %s.", s.Lead(), s.Text)
		}
		paragraph(strings.Join(lines, "\n"))
	}
	for _, s := range o.About {
		paragraph(s)
	}
	columns := []column{{"Claim", true}, {"Paper", true}, {"Here", true}, {"Verdict", true}, {"Plot", true}}
	marked := false
	for _, t := range o.Topics {
		for _, c := range t.Claims {
			marked = marked || c.UnderTrained
		}
	}
	if tally := o.Tally(); len(tally) > 0 {
		var parts []string
		for _, v := range tally {
			parts = append(parts, fmt.Sprintf("%d %v", v.Claims, v.Decision))
		}
		paragraph("Claims of the paper: " + strings.Join(parts, ", ") + ".")
	}
	for _, t := range o.Topics {
		paragraph("## " + t.Heading())
		if t.Name != "" && t.Absent == "" {
			paragraph(fmt.Sprintf("[%s](%s/table.md), `./reproduce.sh %s`.%s", t.Title, t.folder(o.Quick), t.Name, after(" ", t.Scale)))
		}
		if t.Absent != "" {
			paragraph(t.Absent)
			continue
		}
		var rows [][]string
		for _, r := range t.Rows() {
			lead, plot := "", words.Absent
			if r.Case {
				lead = "– "
			} else if r.Plot != "" {
				plot = fmt.Sprintf("[plot](%s/%s.png)", t.folder(o.Quick), r.Plot)
			}
			rows = append(rows, []string{lead + r.Claim, r.Paper, r.Ours, r.Verdict, plot})
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
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if o.Chart != nil {
		f, err := o.drawn()
		if err != nil {
			return err
		}
		if err := f.write(filepath.Dir(path)); err != nil {
			return err
		}
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
