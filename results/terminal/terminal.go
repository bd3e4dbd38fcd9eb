// Package terminal writes tables, and summaries of pages, as wide as a terminal.
package terminal

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"cenet/results/page"
	"cenet/results/words"
)

// What a terminal shows must fit into its width: a line that it breaks takes the table apart. Widths are counted in characters; 0 is
// unlimited.

// Summary is the first table of a page and its closing lines, for a terminal of the given width.
func Summary(p page.Page, width int) (string, error) {
	var b strings.Builder
	if p.Quick {
		b.WriteString(fold(page.QuickBanner, width))
	}
	if p.Title != "" {
		b.WriteString(fold(p.Title, width))
	}
	if t := short(p); t != nil {
		text, dropped, err := table(t, width)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
		if dropped > 0 {
			b.WriteString(fold(words.Count(dropped, "column")+" more in table.md", width))
		}
	}
	for _, line := range p.Closing {
		b.WriteString(fold(line, width))
	}
	return b.String(), nil
}

// short is the page's first table without wide and empty columns. If no column is to be kept, the last is.
func short(p page.Page) *page.Table {
	for _, s := range p.Sections {
		if s.Table != nil {
			t := s.Table.Select(func(i int) bool { return !s.Table.Columns[i].Wide }).Prune(s.Table.Columns[0].Head)
			if !slices.ContainsFunc(t.Columns, func(c page.Column) bool { return c.Keep }) {
				t.Columns[len(t.Columns)-1].Keep = true
			}
			return t
		}
	}
	return nil
}

// table draws a table within a width, and returns how many columns do not fit.
func table(t *page.Table, width int) (text string, dropped int, err error) {
	fitted := fit(t, width)
	text, err = fitted.Draw(renderer.NewBlueprint(tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleLight),
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
			Lines:      tw.Lines{ShowHeaderLine: tw.On},
		},
	}))
	if err != nil || width <= 0 {
		return text, 0, err
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String(), len(t.Columns) - len(fitted.Columns), nil
}

// minCell is the length to which a text is cut at most, with the sign that says so.
const minCell = 6

// fit drops columns until a table fits, from the right, but neither the first nor those to keep; then it cuts the longest
// texts; then it drops what was to be kept.
func fit(t *page.Table, width int) *page.Table {
	if width <= 0 {
		return t
	}
	widths := make([]int, len(t.Columns))
	shown := make([]int, len(t.Columns)) // columns, by their index
	for i, c := range t.Columns {
		shown[i], widths[i] = i, utf8.RuneCountInString(c.Head)
		for _, r := range t.Rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(r[i]))
		}
	}
	over := func() int { // excess characters
		const padding = 2
		sum := -width
		for _, i := range shown {
			sum += widths[i] + padding
		}
		return sum
	}
	drop := func(keep func(i int) bool) {
		for k := len(shown) - 1; k > 0 && over() > 0; k-- {
			if !keep(shown[k]) {
				shown = slices.Delete(shown, k, k+1)
			}
		}
	}
	drop(func(i int) bool { return t.Columns[i].Keep })
	for over() > 0 {
		longest := slices.MaxFunc(shown, func(a, b int) int { return widths[a] - widths[b] })
		if widths[longest] <= minCell {
			break
		}
		widths[longest]--
	}
	drop(func(int) bool { return false })

	out := t.Select(func(i int) bool { return slices.Contains(shown, i) })
	for k, i := range shown {
		out.Columns[k].Head = words.Cut(out.Columns[k].Head, words.Within(widths[i]))
		for _, row := range out.Rows {
			row[k] = words.Cut(row[k], words.Within(widths[i]))
		}
	}
	return out
}

// fold breaks a text into lines of the given width, between words where it can.
func fold(s string, width int) string {
	if width <= 0 {
		return s + "\n"
	}
	var b strings.Builder
	for _, line := range words.Wrap(s, words.Within(width)) {
		for part := range slices.Chunk([]rune(line), width) {
			b.WriteString(string(part) + "\n")
		}
	}
	return b.String()
}
