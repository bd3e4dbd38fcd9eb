package results

import (
	"bytes"
	"cenet/results/words"
	"encoding/csv"
	"slices"
	"strings"
	"sync"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// column is one column of a table: its head and its alignment.
type column struct {
	head string
	text bool // left-aligned text; figures stand on the right
}

// narrow is set once: tablewriter measures "±" and "–" as two cells wide in some locales, and a table must not depend on
// the locale of whoever draws it.
var narrow sync.Once

func newTable(w *bytes.Buffer, columns []column, r tw.Renderer) *tablewriter.Table {
	align := make([]tw.Align, len(columns))
	for i, c := range columns {
		align[i] = tw.AlignRight
		if c.text {
			align[i] = tw.AlignLeft
		}
	}
	alignment := tw.CellAlignment{PerColumn: align}
	t := tablewriter.NewTable(w,
		tablewriter.WithRenderer(r),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignmentConfig(alignment),
		tablewriter.WithRowAlignmentConfig(alignment),
	)
	narrow.Do(func() { tablewriter.WithEastAsian(tw.Off)(t) })
	return t
}

func fillTable(t *tablewriter.Table, columns []column, rows [][]string) error {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.head
	}
	t.Header(head)
	for _, r := range rows {
		if err := t.Append(r); err != nil {
			return err
		}
	}
	return t.Render()
}

// markdownTable draws a table in Markdown.
func markdownTable(columns []column, rows [][]string) (string, error) {
	escape := func(cell string) string { return strings.ReplaceAll(cell, "|", `\|`) }
	columns = slices.Clone(columns)
	for i := range columns {
		columns[i].head = escape(columns[i].head)
	}
	escaped := make([][]string, len(rows))
	for i, r := range rows {
		for _, cell := range r {
			escaped[i] = append(escaped[i], escape(cell))
		}
	}
	var b bytes.Buffer
	err := fillTable(newTable(&b, columns, renderer.NewMarkdown()), columns, escaped)
	return b.String(), err
}

// textTable draws a table for a terminal.
func textTable(columns []column, rows [][]string) (string, error) {
	var b bytes.Buffer
	plain := renderer.NewBlueprint(tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleLight),
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off},
			Lines:      tw.Lines{ShowHeaderLine: tw.On},
		},
	})
	err := fillTable(newTable(&b, columns, plain), columns, rows)
	return b.String(), err
}

// csvTable writes rows, the first of them the head.
func csvTable(rows [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(rows)
	return b.Bytes(), err
}

// prune drops the columns in which no row has a figure, but never one whose head is in keep.
func prune(columns []column, rows [][]string, keep ...string) ([]column, [][]string) {
	var at []int
	for i, c := range columns {
		used := len(rows) == 0
		for _, k := range keep {
			used = used || k == c.head
		}
		for _, r := range rows {
			used = used || r[i] != words.Absent
		}
		if used {
			at = append(at, i)
		}
	}
	kept := make([]column, len(at))
	for j, i := range at {
		kept[j] = columns[i]
	}
	short := make([][]string, len(rows))
	for k, r := range rows {
		for _, i := range at {
			short[k] = append(short[k], r[i])
		}
	}
	return kept, short
}
