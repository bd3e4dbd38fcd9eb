package layout

import (
	"cenet/results"
	"cenet/results/chart"
	"math"
)

// view is a layout with its records in cases: what the tables and charts are made from.
type view struct {
	Layout
	cases   []*caseOf
	records []results.Record
	marked  map[*caseOf]bool // under-trained
	tests   []*test
	usual   []string // the most frequent value of each axis
}

// titled puts the experiment's title before what a figure shows.
func (v *view) titled(what string) string {
	if v.Title == "" {
		return what
	}
	return v.Title + ": " + what
}

// lineLook is the block's own look where blocks vary, else the i-th of n along a ramp.
func (v *view) lineLook(c *caseOf, i, n int) chart.Look {
	if b := axisIndex(v.Layout, results.BlockKey); b >= 0 {
		return v.Styles.Look(c.values[b])
	}
	return chart.Ramp(i, n)
}

// drawable is a list of the chart, if it has panels.
func drawable(c chart.Chart) []chart.Chart {
	if len(c.Panels) == 0 {
		return nil
	}
	return []chart.Chart{c}
}

// seedRange is the range of the values of all seeds.
func seedRange(lines []chart.Line) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for _, seeds := range l.Seeds {
			for _, v := range seeds {
				lo, hi = min(lo, v.Y), max(hi, v.Y)
			}
		}
	}
	return lo, hi
}
