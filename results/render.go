package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cenet/nn/durable"
)

// Render draws an experiment into dir, which it creates: table.md, table.csv and its plots as PNG and SVG. It returns the
// files written, table.md first. The same layout and records give the same bytes. Trials that failed or are missing are
// shown as such and are no error; records that do not fit the layout are one.
func Render(dir string, l Layout, records []Record) ([]string, error) {
	v, err := newView(l, records)
	if err != nil {
		return nil, err
	}
	figures := v.figures()
	page, err := v.markdown(figures)
	if err != nil {
		return nil, err
	}
	raw, err := csvTable(v.csv())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var written []string
	write := func(name string, data []byte) error {
		path := filepath.Join(dir, name)
		written = append(written, path)
		return durable.WriteBytes(path, data)
	}
	if err := write("table.md", []byte(page)); err != nil {
		return nil, err
	}
	if err := write("table.csv", raw); err != nil {
		return nil, err
	}
	for _, f := range figures {
		for _, format := range []struct {
			ending string
			draw   func() ([]byte, error)
		}{{".png", f.png}, {".svg", f.svg}} {
			data, err := format.draw()
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", f.name, err)
			}
			if err := write(f.name+format.ending, data); err != nil {
				return nil, err
			}
		}
	}
	return written, nil
}

// Summary is the table for a terminal: one row per case, then the paired tests and what failed or is missing.
func Summary(l Layout, records []Record) (string, error) {
	v, err := newView(l, records)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if l.Quick {
		fmt.Fprintf(&b, "%s\n", quickBanner)
	}
	if l.Title != "" {
		fmt.Fprintf(&b, "%s\n", l.Title)
	}
	columns, rows := v.summaryRows()
	table, err := textTable(prune(columns, rows))
	if err != nil {
		return "", err
	}
	b.WriteString(table)
	if len(v.marked) > 0 {
		fmt.Fprintln(&b, v.underTrainedText())
	}
	for _, t := range v.tests {
		fmt.Fprintf(&b, "%s\n", t.sentence())
	}
	for _, s := range v.absences() {
		fmt.Fprintf(&b, "%s\n", s)
	}
	return b.String(), nil
}

// view is a layout with its records in cases: what both layouts draw from.
type view struct {
	Layout
	cases   []*caseOf
	records []Record
	marked  map[*caseOf]bool // under-trained
	tests   []test
}

func newView(l Layout, records []Record) (*view, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	records = Latest(records)
	cases, err := group(l, records)
	if err != nil {
		return nil, err
	}
	return &view{l, cases, records, underTrained(l, cases), pairedTests(l, cases)}, nil
}

func (v *view) columns() ([]column, [][]string) {
	if v.Kind == LayoutBlocks {
		return v.blocksTable()
	}
	return v.sweepTable()
}

func (v *view) csv() [][]string {
	if v.Kind == LayoutBlocks {
		return v.blocksCSV()
	}
	return v.sweepCSV()
}

func (v *view) summaryRows() ([]column, [][]string) {
	if v.Kind == LayoutBlocks {
		return v.blocksSummary()
	}
	return v.sweepTable()
}

// markdown is table.md.
func (v *view) markdown(figures []figure) (string, error) {
	var b strings.Builder
	paragraph := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n\n", a...) }
	list := func(head string, lines []string) {
		if len(lines) == 0 {
			return
		}
		paragraph("## %s", head)
		for _, s := range lines {
			fmt.Fprintf(&b, "- %s\n", s)
		}
		b.WriteByte('\n')
	}
	section := func(head string, columns []column, rows [][]string) error {
		table, err := markdownTable(columns, rows)
		if err != nil {
			return err
		}
		if head != "" {
			paragraph("## %s", head)
		}
		paragraph("%s", strings.TrimRight(table, "\n"))
		return nil
	}

	paragraph("# %s", v.Title)
	if v.Quick {
		paragraph("**%s**", quickBanner)
	}
	if len(v.About) > 0 {
		paragraph("%s", strings.Join(v.About, "\n"))
	}
	columns, rows := v.columns()
	if err := section("", columns, rows); err != nil {
		return "", err
	}
	paragraph("%s", intervalNote)
	if len(v.marked) > 0 {
		paragraph("%s", v.underTrainedText())
	}
	if s := v.saturationText(); s != "" {
		paragraph("%s", s)
	}
	for _, f := range figures {
		paragraph("![%s](%s.png)", f.title, f.name)
	}
	if len(v.tests) > 0 {
		columns, rows := v.testsTable()
		if err := section("Paired tests", columns, rows); err != nil {
			return "", err
		}
		paragraph("%s", testsNote)
	}
	if columns, rows := v.residualsTable(); len(rows) > 0 {
		if err := section("GFLOPs against the paper", columns, rows); err != nil {
			return "", err
		}
		paragraph("%s", residualsNote)
	}
	if v.Kind == LayoutBlocks {
		list("What is the same measurement, and what is scaled down", append(v.sameMeasurement(), v.Notes...))
	} else {
		list("Notes", v.Notes)
	}
	list("Failed and missing trials", v.absences())
	list("Date and machine", v.machine())
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}
