package results

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cenet/nn/durable"
	"cenet/results/stats"
)

// A Page is what a check shows: text, tables and charts. It is kept as a file of its own, from which it can be drawn again.
type Page struct {
	Title    string    `json:"title"`
	Quick    bool      `json:"quick,omitempty"` // marks everything "QUICK RUN – not a result"
	About    []string  `json:"about,omitempty"` // lines under the title
	Sections []Section `json:"sections"`
	Machine  []string  `json:"machine,omitempty"` // date and machine
	// Styles are those of the channel blocks that lines are of.
	Styles Styles `json:"styles,omitempty"`
	// Networks are the identities of the trials whose networks it is on, in ascending order.
	Networks []string `json:"networks,omitempty"`
	// Closing are the lines that a terminal shows after the table. They are not kept.
	Closing []string `json:"-"`
}

// A Section has a heading, paragraphs, and after them a table and charts where there are any.
type Section struct {
	Head   string   `json:"head"`
	Text   []string `json:"text,omitempty"`
	Table  *Table   `json:"table,omitempty"`
	Charts []Chart  `json:"charts,omitempty"`
	// Claims are what the section decides of the paper's claims, for the overview of all experiments.
	Claims []stats.Claim `json:"claims,omitempty"`
}

// A Table has as many cells in each row as it has columns.
type Table struct {
	Name    string     `json:"name"` // of its file, NAME.csv
	Columns []Column   `json:"columns"`
	Rows    [][]string `json:"rows"`
}

// A Column is the head of one. Figures stand on the right, text on the left. A terminal has no room for wide ones.
type Column struct {
	Head string `json:"head"`
	Text bool   `json:"text,omitempty"`
	Wide bool   `json:"wide,omitempty"`
}

// pageFile is where a page is kept.
const pageFile = "page.json"

// RenderPage keeps a page in dir, which it creates, and draws it: table.md, a CSV file for each table, charts as PNG and
// SVG. It returns the files drawn, table.md first. The same page gives the same bytes.
func RenderPage(dir string, p Page) ([]string, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	d, err := p.Document()
	if err != nil {
		return nil, err
	}
	page, err := d.Markdown()
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
	if err := durable.WriteBytes(filepath.Join(dir, pageFile), append(text, '\n')); err != nil {
		return nil, err
	}
	if err := write("table.md", []byte(page)); err != nil {
		return written, err
	}
	for _, s := range p.Sections {
		if s.Table != nil {
			head := make([]string, len(s.Table.Columns))
			for i, c := range s.Table.Columns {
				head[i] = c.Head
			}
			data, err := csvTable(append([][]string{head}, s.Table.Rows...))
			if err != nil {
				return written, err
			}
			if err := write(s.Table.Name+".csv", data); err != nil {
				return written, err
			}
		}
		for _, c := range s.Charts {
			f, err := c.figure(p.Styles, p.Quick)
			if err != nil {
				return written, fmt.Errorf("chart %s: %w", c.Name, err)
			}
			for ending, draw := range map[string]func() ([]byte, error){".png": f.png, ".svg": f.svg} {
				data, err := draw()
				if err != nil {
					return written, fmt.Errorf("chart %s: %w", c.Name, err)
				}
				if err := write(c.Name+ending, data); err != nil {
					return written, err
				}
			}
		}
	}
	slices.Sort(written[1:])
	return written, nil
}

// ReadPage reads the page that RenderPage kept in dir.
func ReadPage(dir string) (Page, error) {
	path := filepath.Join(dir, pageFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return Page{}, err
	}
	var p Page
	if err := json.Unmarshal(text, &p); err != nil {
		return Page{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := p.validate(); err != nil {
		return Page{}, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func (p Page) validate() error {
	if err := p.Styles.validate(); err != nil {
		return fmt.Errorf("results: %w", err)
	}
	names := map[string]bool{}
	claim := func(name string) error {
		if name == "" || fileName(name) != name || strings.HasPrefix(name, ".") || names[name] {
			return fmt.Errorf("results: %q is no name for a file of a page, or is taken", name)
		}
		names[name] = true
		return nil
	}
	for _, s := range p.Sections {
		if t := s.Table; t != nil {
			if err := claim(t.Name); err != nil {
				return err
			}
			if len(t.Columns) == 0 {
				return errors.New("results: a table without columns")
			}
			for _, r := range t.Rows {
				if len(r) != len(t.Columns) {
					return fmt.Errorf("results: a row of %d cells in table %s of %d columns", len(r), t.Name, len(t.Columns))
				}
			}
		}
		for _, c := range s.Charts {
			if err := claim(c.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Table) columns() []column {
	var list []column
	for _, c := range t.Columns {
		list = append(list, column{c.Head, c.Text})
	}
	return list
}

// Markdown draws the table.
func (t *Table) Markdown() (string, error) { return markdownTable(t.columns(), t.Rows) }

// narrow returns the table without its wide columns.
func (t *Table) narrow() *Table {
	out := &Table{Name: t.Name, Rows: make([][]string, len(t.Rows))}
	for i, c := range t.Columns {
		if c.Wide {
			continue
		}
		out.Columns = append(out.Columns, c)
		for k, row := range t.Rows {
			out.Rows[k] = append(out.Rows[k], row[i])
		}
	}
	return out
}

// PageSummary is the first table of a page and its closing lines for a terminal of the given number of characters; 0: any.
func PageSummary(p Page, width int) (string, error) {
	var b strings.Builder
	if p.Quick {
		b.WriteString(folded(quickBanner, width))
	}
	b.WriteString(folded(p.Title, width))
	var failed error
	for _, s := range p.Sections {
		if s.Table != nil {
			t := s.Table.narrow()
			columns := t.columns()
			var table string
			table, failed = fittedTable(columns, t.Rows, width, columns[len(columns)-1].head)
			b.WriteString(table)
			break
		}
	}
	for _, line := range p.Closing {
		b.WriteString(folded(line, width))
	}
	return b.String(), failed
}
