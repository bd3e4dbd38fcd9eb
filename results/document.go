package results

import (
	"cenet/results/stats"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// A Document is everything that an experiment shows, in its order: table.md is drawn from it, and so is the page of all results.
// Texts may have `code` between back quotes, and no other markup.
type Document struct {
	Title    string
	Quick    bool     // nothing in it is a result
	About    []string // paragraphs under the title
	Sections []Part
	Machine  []string      // date and machine
	Claims   []stats.Claim // of the paper, with what was found
}

// A Part is a section of a document; the first may be without a heading.
type Part struct {
	Head   string
	Blocks []Block
}

// A Block is one of a paragraph, a list, a table and a figure.
type Block struct {
	Text   string
	List   []string
	Table  *Table
	Figure *Drawing
}

// recordsFile stands beside the tables that are drawn from it, with the layout.
const recordsFile = "records.jsonl"

// ReadDocument reads what an experiment has left in its folder: the page of a check, or records with their layout. Where there is
// neither, the error wraps fs.ErrNotExist.
func ReadDocument(dir string) (Document, error) {
	p, err := ReadPage(dir)
	if err == nil {
		return p.Document()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return Document{}, err
	}
	path := filepath.Join(dir, recordsFile)
	records, err := ReadRecords(path)
	if err != nil {
		return Document{}, err
	}
	l, err := readLayout(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Document{}, fmt.Errorf("%s: no %s beside it, which says what the records are of: `./reproduce.sh render %s` writes one", path, layoutFile, filepath.Base(dir))
	}
	if err != nil {
		return Document{}, err
	}
	d, err := NewDocument(l, records)
	if err != nil {
		return d, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

// NewDocument is what records show under a layout.
func NewDocument(l Layout, records []Record) (Document, error) {
	v, err := newView(l, records)
	if err != nil {
		return Document{}, err
	}
	d := v.document(v.figures())
	d.Claims = v.claims()
	return d, nil
}

// document is the view as a document with these figures.
func (v *view) document(figures []figure) Document {
	d := Document{Title: v.Title, Quick: v.Quick, About: v.About, Machine: v.machine()}
	first := Part{Blocks: []Block{{Table: exported("table", v.columns)}, {Text: intervalNote}}}
	if len(v.marked) > 0 {
		first.Blocks = append(first.Blocks, Block{Text: v.underTrainedText()})
	}
	if s := v.saturationText(); s != "" {
		first.Blocks = append(first.Blocks, Block{Text: s})
	}
	for _, f := range figures {
		drawing := f.drawing()
		first.Blocks = append(first.Blocks, Block{Figure: &drawing})
	}
	d.Sections = append(d.Sections, first)
	add := func(head string, blocks ...Block) { d.Sections = append(d.Sections, Part{head, blocks}) }
	if len(v.tests) > 0 {
		blocks := []Block{{Table: exported("paired-tests", v.testsTable)}, {Text: testsNote}}
		if slices.ContainsFunc(v.tests, func(t *test) bool { return t.Role == stats.Control }) {
			blocks = append(blocks, Block{Text: controlNote})
		}
		add("Paired tests", blocks...)
	}
	if t := exported("residuals", v.residualsTable); len(t.Rows) > 0 {
		add("GFLOPs against the paper", Block{Table: t}, Block{Text: residualsNote})
	}
	list := func(head string, lines []string) {
		if len(lines) > 0 {
			add(head, Block{List: lines})
		}
	}
	if v.Kind == LayoutBlocks {
		list("What is the same measurement, and what is scaled down", append(v.sameMeasurement(), v.Notes...))
	} else {
		list("Notes", v.Notes)
	}
	list("Failed and missing trials", v.absences())
	return d
}

// exported is a table of a view.
func exported(name string, draw func() ([]column, [][]string)) *Table {
	columns, rows := draw()
	t := &Table{Name: name, Rows: rows}
	for _, c := range columns {
		t.Columns = append(t.Columns, Column{Head: c.head, Text: c.text})
	}
	return t
}

// Document is the page as a document.
func (p Page) Document() (Document, error) {
	d := Document{Title: p.Title, Quick: p.Quick, About: p.About, Machine: p.Machine}
	for _, s := range p.Sections {
		part := Part{Head: s.Head}
		for _, t := range s.Text {
			part.Blocks = append(part.Blocks, Block{Text: t})
		}
		if s.Table != nil {
			part.Blocks = append(part.Blocks, Block{Table: s.Table})
		}
		for _, c := range s.Charts {
			f, err := c.figure(p.Styles, p.Quick)
			if err != nil {
				return d, fmt.Errorf("chart %s: %w", c.Name, err)
			}
			drawing := f.drawing()
			part.Blocks = append(part.Blocks, Block{Figure: &drawing})
		}
		d.Sections = append(d.Sections, part)
		d.Claims = append(d.Claims, s.Claims...)
	}
	return d, nil
}

// Markdown is table.md.
func (d Document) Markdown() (string, error) {
	var b strings.Builder
	paragraph := func(s string) { b.WriteString(s + "\n\n") }
	list := func(lines []string) {
		for _, s := range lines {
			b.WriteString("- " + s + "\n")
		}
		b.WriteByte('\n')
	}
	paragraph("# " + d.Title)
	if d.Quick {
		paragraph("**" + quickBanner + "**")
	}
	for _, s := range d.About {
		paragraph(s)
	}
	for _, s := range d.Sections {
		if s.Head != "" {
			paragraph("## " + s.Head)
		}
		for _, block := range s.Blocks {
			switch {
			case block.Table != nil:
				table, err := block.Table.Markdown()
				if err != nil {
					return "", err
				}
				paragraph(strings.TrimRight(table, "\n"))
			case block.Figure != nil:
				paragraph(fmt.Sprintf("![%s](%s.png)", block.Figure.Title, block.Figure.Name))
			case block.List != nil:
				list(block.List)
			default:
				paragraph(block.Text)
			}
		}
	}
	if len(d.Machine) > 0 {
		paragraph("## Date and machine")
		list(d.Machine)
	}
	return strings.TrimRight(b.String(), "\n") + "\n", nil
}
