package layout

import (
	"slices"
	"strconv"

	"cenet/results"
	"cenet/results/chart"
)

// view is a layout with its records in cases: what tables, charts and claims are made from.
type view struct {
	Layout
	cases   []*caseOf
	records []results.Record
	marked  map[*caseOf]bool // under-trained
	tests   []*test
	usual   []string // the most frequent value of each axis
}

func newView(l Layout, records []results.Record) (*view, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	records = results.Latest(records)
	cases, err := group(l, records)
	if err != nil {
		return nil, err
	}
	usual := usualValues(l, cases)
	return &view{l, cases, records, underTrained(l, cases), pairedTests(l, cases, usual), usual}, nil
}

// titled puts the experiment's title before what a chart shows.
func (v *view) titled(what string) string {
	if v.Title == "" {
		return what
	}
	return v.Title + ": " + what
}

// numeric reports whether every value of an axis is a number.
func (v *view) numeric(axis string) bool {
	i := v.axisIndex(axis)
	return !slices.ContainsFunc(v.cases, func(c *caseOf) bool {
		_, err := strconv.ParseFloat(c.values[i], 64)
		return err != nil
	})
}

// lineLook is the block's own look where blocks vary, else the i-th of n along a ramp.
func (v *view) lineLook(c *caseOf, i, n int) chart.Look {
	if b := v.axisIndex(results.BlockKey); b >= 0 {
		return v.Styles.Look(c.values[b])
	}
	return chart.Ramp(i, n)
}
