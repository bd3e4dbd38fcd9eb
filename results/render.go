package results

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cenet/nn/durable"
	"cenet/results/words"
)

// Render draws an experiment into dir, which it creates: table.md, table.csv, its plots as PNG and SVG, and
// the layout, so that the folder with its records can be drawn again by itself. It returns the
// files written, table.md first. The same layout and records give the same bytes. Trials that failed or are missing are
// shown as such and are no error; records that do not fit the layout are one.
func Render(dir string, l Layout, records []Record) ([]string, error) {
	v, err := newView(l, records)
	if err != nil {
		return nil, err
	}
	figures := v.figures()
	page, err := v.document(figures).Markdown()
	if err != nil {
		return nil, err
	}
	raw, err := csvTable(v.csv())
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
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
	written = append(written, filepath.Join(dir, layoutFile))
	if err := writeLayout(dir, l); err != nil {
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

// Summary is the table for a terminal of so many characters, 0 for any number: one row per case, then the paired tests and what failed
// or is missing. Where there is no room for all columns, there are fewer.
func Summary(l Layout, records []Record, width int) (string, error) {
	v, err := newView(l, records)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if l.Quick {
		b.WriteString(folded(quickBanner, width))
	}
	if l.Title != "" {
		b.WriteString(folded(l.Title, width))
	}
	keep := []string{"block", "top-1 %", "Top-1 (%)"}
	for _, a := range v.axes() {
		keep = append(keep, v.axisLabel(a))
	}
	columns, rows := prune(v.summaryRows())
	table, err := fittedTable(columns, rows, width, keep...)
	if err != nil {
		return "", err
	}
	b.WriteString(table)
	if len(v.marked) > 0 {
		b.WriteString(folded(v.underTrainedText(), width))
	}
	if s := v.saturationText(); s != "" {
		b.WriteString(folded(s, width))
	}
	for _, c := range v.compared() {
		b.WriteString(folded(words.Sentence(&c), width))
	}
	for _, s := range v.absences() {
		b.WriteString(folded(s, width))
	}
	return b.String(), nil
}

// view is a layout with its records in cases: what both layouts draw from.
type view struct {
	Layout
	cases   []*caseOf
	records []Record
	marked  map[*caseOf]bool // under-trained
	tests   []*test
	usual   []string // the value of each axis that most cases have
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
	most := usual(l, cases)
	return &view{l, cases, records, underTrained(l, cases), pairedTests(l, cases, most), most}, nil
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
