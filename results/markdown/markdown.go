// Package markdown writes pages, tables and the overview of all claims as Markdown.
package markdown

import (
	"fmt"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter/renderer"

	"cenet/results/page"
	"cenet/results/words"
)

// Table writes a table.
func Table(t *page.Table) (string, error) {
	escape := func(cell string) string { return strings.ReplaceAll(cell, "|", `\|`) }
	escaped := &page.Table{Columns: slices.Clone(t.Columns), Rows: make([][]string, len(t.Rows))}
	for i := range escaped.Columns {
		escaped.Columns[i].Head = escape(escaped.Columns[i].Head)
	}
	for i, row := range t.Rows {
		for _, cell := range row {
			escaped.Rows[i] = append(escaped.Rows[i], escape(cell))
		}
	}
	return escaped.Draw(renderer.NewMarkdown())
}

// builder collects paragraphs.
type builder struct {
	strings.Builder
	err error
}

func (b *builder) paragraph(format string, args ...any) {
	fmt.Fprintf(b, format+"\n\n", args...)
}

func (b *builder) list(lines []string) {
	if len(lines) > 0 {
		b.paragraph("- %s", strings.Join(lines, "\n- "))
	}
}

func (b *builder) table(t *page.Table) {
	text, err := Table(t)
	if b.err == nil {
		b.err = err
	}
	b.paragraph("%s", strings.TrimRight(text, "\n"))
}

// head is the title, with the banner of a quick run.
func (b *builder) head(title string, quick bool) {
	b.paragraph("# %s", title)
	if quick {
		b.paragraph("**%s**", page.QuickBanner)
	}
}

func (b *builder) done() (string, error) { return strings.TrimRight(b.String(), "\n") + "\n", b.err }

// Page writes a page that Resolve has completed: table.md.
func Page(p page.Page) (string, error) {
	var b builder
	b.head(p.Title, p.Quick)
	for _, s := range p.About {
		b.paragraph("%s", s)
	}
	for _, f := range p.Facts {
		b.paragraph("%s", f)
	}
	for _, s := range p.Sections {
		if s.Head != "" {
			b.paragraph("## %s", s.Head)
		}
		for _, text := range s.Text {
			b.paragraph("%s", text)
		}
		if s.Table != nil {
			b.table(s.Table)
		}
		for _, text := range s.Notes {
			b.paragraph("%s", text)
		}
		for _, c := range s.Charts {
			b.paragraph("![%s](%s.png)", c.Title, c.Name)
		}
		b.list(s.Lines())
		if s.Seeds != nil {
			b.paragraph("Each network's values: [%s.csv](%[1]s.csv).", s.Seeds.Name)
		}
	}
	if len(p.Machine) > 0 {
		b.paragraph("## Date and machine")
		b.list(p.Machine)
	}
	return b.done()
}

// underTrained explains † in an overview.
const underTrained = "† under-trained: the baseline is below what its experiment expects of it."

// Overview writes the overview of all claims, for a file next to the folders of the experiments.
func Overview(o page.Overview) (string, error) {
	o.Correct()
	var b builder
	b.head(o.Title, o.Quick)
	if o.Chart != nil {
		b.paragraph("![%s](%s.png)", o.Chart.Title, o.Chart.Name)
	}
	var sentences []string
	for _, s := range o.Summary {
		sentences = append(sentences, fmt.Sprintf("**%s** %s", s.Question, s.Answer))
	}
	b.list(sentences)
	if o.Lead != "" {
		b.paragraph("%s", o.Lead)
	}
	b.counted(&o)
	if len(o.About) > 0 {
		b.paragraph("## How claims are judged")
	}
	for _, s := range o.About {
		b.paragraph("%s", s)
	}
	for _, t := range o.Split(false) {
		b.topic("##", t, o.Quick)
	}
	if list := o.Split(true); len(list) > 0 {
		b.paragraph("## Demonstrations")
		b.paragraph(page.AboutDemonstrations)
		for _, t := range list {
			b.topic("###", t, o.Quick)
		}
	}
	if o.UnderTrained() {
		b.paragraph(underTrained)
	}
	return b.done()
}

// counted writes the table of the claims that count.
func (b *builder) counted(o *page.Overview) {
	rows := o.Counted()
	if len(rows) == 0 {
		return
	}
	b.paragraph("## The claims that count")
	b.paragraph("%s", o.Count())
	table := &page.Table{Columns: page.Columns([]string{"Claim", "Networks", "Paper", "Here", "Verdict", "From"})}
	for _, r := range rows {
		var verdicts []string
		for _, v := range r.Outcomes {
			verdicts = append(verdicts, v.Text)
		}
		table.Rows = append(table.Rows, []string{r.Claim, r.On, r.Paper, r.Ours, strings.Join(verdicts, "; "),
			fmt.Sprintf("[%s](%s/table.md)", r.Name, folderOf(r.Name, o.Quick))})
	}
	b.table(table)
}

// folderOf is the folder of an experiment as seen from the overview.
func folderOf(name string, quick bool) string {
	if quick {
		return "../" + name + "/quick"
	}
	return name
}

// topic writes the claims of an experiment, and its plots, under a heading of a level.
func (b *builder) topic(level string, t page.Topic, quick bool) {
	folder := folderOf(t.Name, quick)
	b.paragraph("%s %s", level, t.Head)
	if t.Absent != "" {
		b.paragraph("%s", t.Absent)
		return
	}
	if t.Name != "" {
		b.paragraph("%s", strings.TrimSpace(fmt.Sprintf("[%s](%s/table.md), `./reproduce.sh %s`. %s", t.Title, folder, t.Name, t.Scale)))
	}
	table := &page.Table{Columns: page.Columns([]string{"Claim", "Paper", "Here", "Verdict", "Plot"})}
	for _, r := range t.Rows() {
		lead, plot := "", words.Absent
		if r.Case {
			lead = "– "
		} else if r.Plot != "" {
			plot = fmt.Sprintf("[plot](%s/%s.png)", folder, r.Plot)
		}
		table.Rows = append(table.Rows, []string{lead + r.Claim, r.Paper, r.Ours, r.Verdict, plot})
	}
	if len(table.Rows) > 0 {
		b.table(table)
	}
	if t.Folded > 0 {
		b.paragraph("%s in [its tables](%s/table.md).", words.Count(t.Folded, "more comparison"), folder)
	}
	var plots []string // those of the claims, then the others
	for _, c := range t.Claims {
		plots = append(plots, c.Plot)
	}
	shown := map[string]bool{"": true}
	for _, p := range append(plots, t.Figures...) {
		if !shown[p] {
			b.paragraph("![%s](%s/%s.png)", t.Title, folder, p)
		}
		shown[p] = true
	}
}
