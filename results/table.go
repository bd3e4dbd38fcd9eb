package results

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
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
			used = used || r[i] != absent
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

// MeanText writes the mean of values with its interval, "86.41 ± 0.52"; "86.41 (85.90 to 86.92)" for two values, "86.41 ± –" for one, "–" for none.
func MeanText(values []float64, decimals int) string {
	i, err := Mean(values)
	if err != nil {
		return absent
	}
	return intervalText(i, decimals, "")
}

// intervalText writes an interval, and both ends of the range of two values; sign is "+" to show the sign of the mean always.
func intervalText(i Interval, decimals int, sign string) string {
	figure := func(x float64) string { return fmt.Sprintf("%"+sign+".*f", decimals, x) }
	text := figure(i.Mean)
	switch {
	case i.Bounded():
		text += " ± " + strconv.FormatFloat(i.Half, 'f', decimals, 64)
	case i.N == 2 && i.Min == i.Max:
		text += " (both)"
	case i.N == 2:
		text += fmt.Sprintf(" (%s to %s)", figure(i.Min), figure(i.Max))
	default:
		text += " ± " + absent
	}
	return strings.ReplaceAll(text, "-", "−")
}

// figureText writes one figure, "–" where it is nil.
func figureText(x *float64, decimals int) string {
	if x == nil {
		return absent
	}
	return strconv.FormatFloat(*x, 'f', decimals, 64)
}

// secondsText writes a short time with three digits that count, a long one in hours, minutes and seconds.
func secondsText(s float64) string {
	switch {
	case !finite(s) || s < 0:
		return absent
	case s < 100:
		return strconv.FormatFloat(s, 'f', min(6, max(0, 2-exponent(s))), 64) + " s"
	}
	t := int64(math.Round(s))
	switch {
	case t < 3600:
		return fmt.Sprintf("%d min %d s", t/60, t%60)
	case t < 48*3600:
		return fmt.Sprintf("%d h %d min", t/3600, t%3600/60)
	}
	return fmt.Sprintf("%d d %d h", t/86400, t%86400/3600)
}

// exponent is the decimal exponent of a figure, 0 for 0.
func exponent(x float64) int {
	if x == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(x))))
}

// groupDigits writes 11689512 as 11,689,512.
func groupDigits(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number of things, "1 core", "2 cores".
func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return groupDigits(n) + " " + noun
}

// rawText writes a figure for the CSV so that it reads back bit for bit, and nothing for one that is not known.
func rawText(x float64) string {
	if !finite(x) {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

func rawFigure(x *float64) string {
	if x == nil {
		return ""
	}
	return rawText(*x)
}

// rawMean is mean, standard deviation and half-width of the interval for the CSV.
func rawMean(values []float64) []string {
	i, err := Mean(values)
	if err != nil {
		return []string{"", "", ""}
	}
	return []string{rawText(i.Mean), rawText(i.SD), rawText(i.Half)}
}
