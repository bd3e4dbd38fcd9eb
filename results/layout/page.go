package layout

import (
	"slices"

	"cenet/results"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

func newView(l Layout, records []results.Record) (*view, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	records = results.Latest(records)
	cases, err := group(l, records)
	if err != nil {
		return nil, err
	}
	most := usual(l, cases)
	return &view{l, cases, records, underTrained(l, cases), pairedTests(l, cases, most), most}, nil
}

// Page is what records show under a layout. Trials that failed or are missing are listed; records that do not fit the layout are an error.
func Page(l Layout, records []results.Record) (page.Page, error) {
	v, err := newView(l, records)
	if err != nil {
		return page.Page{}, err
	}
	p := page.Page{Title: v.Title, Quick: v.Quick, About: v.About, Styles: v.Styles, Machine: v.machine()}
	first := page.Section{Notes: []string{intervalNote}, Charts: v.charts(), Claims: v.claims()}
	if v.Kind == Blocks {
		first.Table, p.Short = v.blocksTable(), v.blocksShort().Prune()
		first.Table.CSV = v.blocksCSV()
	} else {
		first.Table = v.sweepTable()
		p.Short, first.Table.CSV = first.Table.Prune(), v.sweepCSV()
	}
	first.Table.Name = "table"
	if len(v.marked) > 0 {
		p.Closing = append(p.Closing, v.underTrainedText())
	}
	if s := v.saturationText(); s != "" {
		p.Closing = append(p.Closing, s)
	}
	first.Notes = append(first.Notes, p.Closing...)
	p.Sections = append(p.Sections, first)
	if len(v.tests) > 0 {
		compared := v.compared()
		s := page.Section{Head: "Paired tests", Table: testsTable(compared), Notes: []string{testsNote}}
		if slices.ContainsFunc(compared, func(c stats.Claim) bool { return c.Role == stats.Control }) {
			s.Notes = append(s.Notes, controlNote)
		}
		if slices.ContainsFunc(v.tests, func(t *test) bool { return t.Within > 0 }) {
			s.Notes = append(s.Notes, withinNote)
		}
		p.Sections = append(p.Sections, s)
		for i := range compared {
			p.Closing = append(p.Closing, words.Sentence(&compared[i]))
		}
	}
	if t := v.residualsTable(); len(t.Rows) > 0 {
		p.Sections = append(p.Sections, page.Section{Head: "GFLOPs against the paper", Table: t, Notes: []string{residualsNote}})
	}
	list := func(head string, lines []string) {
		if len(lines) > 0 {
			p.Sections = append(p.Sections, page.Section{Head: head, List: lines})
		}
	}
	if v.Kind == Blocks {
		list("What is the same measurement, and what is scaled down", append(v.sameMeasurement(), v.Notes...))
	} else {
		list("Notes", v.Notes)
	}
	list("Failed and missing trials", v.absences())
	p.Closing = append(p.Closing, v.absences()...)
	return p, nil
}
