package page

import (
	"bytes"
	"slices"
	"sync"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/tw"

	"cenet/results/words"
)

// A Table has as many cells in each row as it has columns.
type Table struct {
	Name    string     `json:"name"` // of its file, NAME.csv; "": it has none
	Columns []Column   `json:"columns"`
	Rows    [][]string `json:"rows"`
	CSV     [][]string `json:"-"` // rows of the file, the head first; nil: those of the table
}

// A Column is the head of one. Figures are aligned right, text left.
type Column struct {
	Head string `json:"head"`
	Text bool   `json:"text,omitempty"`
	Wide bool   `json:"wide,omitempty"` // a terminal has no room for it
	Keep bool   `json:"-"`              // a narrow terminal drops it last
}

// Columns are columns of text with the given heads, of figures with the others.
func Columns(text []string, figures ...string) []Column {
	var list []Column
	for _, head := range text {
		list = append(list, Column{Head: head, Text: true})
	}
	for _, head := range figures {
		list = append(list, Column{Head: head})
	}
	return list
}

// Select is the table with the columns for which keep is true.
func (t *Table) Select(keep func(i int) bool) *Table {
	out := &Table{Name: t.Name, CSV: t.CSV, Rows: make([][]string, len(t.Rows))}
	for i, c := range t.Columns {
		if !keep(i) {
			continue
		}
		out.Columns = append(out.Columns, c)
		for k, row := range t.Rows {
			out.Rows[k] = append(out.Rows[k], row[i])
		}
	}
	return out
}

// Prune is the table without the columns in which no row has a figure, but with those whose heads are in keep.
func (t *Table) Prune(keep ...string) *Table {
	return t.Select(func(i int) bool {
		return len(t.Rows) == 0 || slices.Contains(keep, t.Columns[i].Head) ||
			slices.ContainsFunc(t.Rows, func(r []string) bool { return r[i] != words.Absent })
	})
}

// narrow is set once: in some locales tablewriter measures "±" and "–" as two cells wide, and a table must not depend on the locale.
var narrow sync.Once

// Draw writes the table.
func (t *Table) Draw(r tw.Renderer) (string, error) {
	align := make([]tw.Align, len(t.Columns))
	head := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		head[i], align[i] = c.Head, tw.AlignRight
		if c.Text {
			align[i] = tw.AlignLeft
		}
	}
	alignment := tw.CellAlignment{PerColumn: align}
	var b bytes.Buffer
	w := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(r),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(alignment),
		tablewriter.WithRowAlignmentConfig(alignment),
	)
	narrow.Do(func() { tablewriter.WithEastAsian(tw.Off)(w) })
	w.Header(head)
	for _, row := range t.Rows {
		if err := w.Append(row); err != nil {
			return "", err
		}
	}
	err := w.Render()
	return b.String(), err
}
