package layout

import (
	"slices"

	"cenet/results"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
	"cenet/results/words"
)

// intervalNote says which accuracies a table shows, and what ± is.
func (v *view) intervalNote() string {
	images := "the test images"
	if v.HeldOut {
		images = "images held out of the training images"
	}
	return "Accuracies are those of the last epoch on " + images + ": mean ± half the 95 % confidence interval (Student's t) " +
		"over seeds. Two seeds have no interval; both values are shown. “–”: not known."
}

// Page is what records show under a layout. Trials that failed or are missing are listed; records that do not fit the layout are an error.
func Page(l Layout, records []results.Record) (page.Page, error) {
	v, err := newView(l, records)
	if err != nil {
		return page.Page{}, err
	}
	p := page.Page{Title: v.Title, Quick: v.Quick, About: v.About, Styles: v.Styles, Machine: v.machine()}
	if v.Command != "" {
		p.Facts = page.Command(v.Command)
	}
	first := page.Section{Notes: []string{v.intervalNote()}, Charts: v.charts(), Claims: v.claims()}
	if v.Kind == Blocks {
		first.Table = v.blocksTable()
		first.Table.CSV = v.blocksCSV()
	} else {
		first.Table = v.sweepTable()
		first.Table.CSV = v.sweepCSV()
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
	notes := page.Section{Head: "Notes", List: v.Notes, Facts: v.Facts}
	if v.Kind == Blocks {
		notes.Head, notes.List = "What compares with the paper, and what is scaled down", append(v.comparable(), v.Notes...)
	}
	for _, s := range []page.Section{notes, {Head: "Failed and missing trials", List: v.absences()}} {
		if len(s.Lines()) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	p.Closing = append(p.Closing, v.absences()...)
	return p, nil
}

// charts are all charts that have something to show.
func (v *view) charts() []chart.Chart {
	return slices.Concat(v.curveCharts(), v.alongAxes(), v.overview())
}
