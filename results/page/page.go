// Package page holds what an experiment shows as data: a page of sections with texts, tables and charts, and the overview of all claims.
// Packages markdown, terminal, plot and web turn it into files and words.
//
//	page.go     pages and sections
//	table.go    tables
//	overview.go the overview of all experiments
package page

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"cenet/results/chart"
	"cenet/results/stats"
)

// QuickBanner is on everything that a quick run draws.
const QuickBanner = "QUICK RUN – not a result"

// A Page is what an experiment shows. Texts may have `code` between back quotes, and no other markup.
type Page struct {
	Title    string    `json:"title"`
	Quick    bool      `json:"quick,omitempty"` // marks everything with QuickBanner
	About    []string  `json:"about,omitempty"` // lines under the title
	Facts    []Fact    `json:"facts,omitempty"` // after them
	Sections []Section `json:"sections"`
	Machine  []string  `json:"machine,omitempty"` // date and machine
	// Styles are those of the channel blocks in the charts.
	Styles chart.Styles `json:"styles,omitempty"`
	// Networks are the identities of the trials whose networks it is about, in ascending order.
	Networks []string `json:"networks,omitempty"`

	// Closing are the lines that a terminal shows after the first table. They are not kept.
	Closing []string `json:"-"`
}

// A Section shows its parts in the order of the fields; each may be missing.
type Section struct {
	Head   string        `json:"head"`
	Text   []string      `json:"text,omitempty"` // paragraphs
	Table  *Table        `json:"table,omitempty"`
	Notes  []string      `json:"notes,omitempty"` // paragraphs after the table
	Charts []chart.Chart `json:"charts,omitempty"`
	List   []string      `json:"list,omitempty"`
	Facts  []Fact        `json:"facts,omitempty"` // the end of the list
	// Seeds has a row for each network and measurement that the figures are means of. It is a file of its own, and is not shown.
	Seeds *Table `json:"seeds,omitempty"`
	// Claims are what the section decides about the paper's claims, for the overview.
	Claims []stats.Claim `json:"claims,omitempty"`
}

// A Fact is something that a reader looks up under its label: the command, the images.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// String is the fact in a line.
func (f Fact) String() string { return f.Label + ": " + f.Text }

// Command is the fact that a command makes the page.
func Command(command string) []Fact { return []Fact{{"Command", "`" + command + "`"}} }

// Lines are the list with the facts at its end.
func (s *Section) Lines() []string {
	lines := slices.Clone(s.List)
	for _, f := range s.Facts {
		lines = append(lines, f.String())
	}
	return lines
}

// Tables are those that the section has.
func (s *Section) Tables() []*Table {
	return slices.DeleteFunc([]*Table{s.Table, s.Seeds}, func(t *Table) bool { return t == nil })
}

// Claims are those of all sections.
func (p *Page) Claims() []stats.Claim {
	var list []stats.Claim
	for _, s := range p.Sections {
		list = append(list, s.Claims...)
	}
	return list
}

// Resolve returns the page with complete charts. The titles of a quick run's charts begin with the banner.
func (p Page) Resolve() (Page, error) {
	p.Sections = slices.Clone(p.Sections)
	for i := range p.Sections {
		charts := slices.Clone(p.Sections[i].Charts)
		for k, c := range charts {
			var err error
			if charts[k], err = resolve(c, p.Styles, p.Quick); err != nil {
				return p, err
			}
		}
		p.Sections[i].Charts = charts
	}
	return p, nil
}

func resolve(c chart.Chart, styles chart.Styles, quick bool) (chart.Chart, error) {
	c, err := c.Resolve(styles)
	if err != nil {
		return c, fmt.Errorf("chart %s: %w", c.Name, err)
	}
	if quick {
		c.Title = QuickBanner + ": " + c.Title
	}
	return c, nil
}

// Validate refuses names that are not names of files or that are used twice, and rows that do not fit their table.
func (p *Page) Validate() error {
	if err := p.Styles.Validate(); err != nil {
		return err
	}
	names := map[string]bool{}
	claim := func(name string) error {
		if name == "" || FileName(name) != name || strings.HasPrefix(name, ".") || names[name] {
			return fmt.Errorf("page: %q is not a valid name for a file, or is used twice", name)
		}
		names[name] = true
		return nil
	}
	for _, s := range p.Sections {
		for _, t := range s.Tables() {
			if err := claim(t.Name); err != nil {
				return err
			}
			if len(t.Columns) == 0 {
				return errors.New("page: a table without columns")
			}
			for _, r := range t.Rows {
				if len(r) != len(t.Columns) {
					return fmt.Errorf("page: a row of %d cells in table %s of %d columns", len(r), t.Name, len(t.Columns))
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

// FileName replaces in a name what is not safe in the name of a file.
func FileName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, s)
}
