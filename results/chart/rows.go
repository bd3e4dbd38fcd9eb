package chart

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"cenet/results/stats"
)

// A Row is an interval in a panel of rows, with the paper's figure. All panels of a chart have the same rows in the same order; a row may
// be empty in some of them.
type Row struct {
	Label string          `json:"label"`
	Ours  *stats.Interval `json:"ours,omitempty"`  // nil: empty
	Paper *float64        `json:"paper,omitempty"` // nil: the paper has no figure
	// Uncounted: its control failed.
	Uncounted bool `json:"uncounted,omitempty"`
}

// The looks of our results and of the paper's figures.
var (
	hereLook      = Look{Color: colours["blue"], Marker: "disc"}
	uncountedLook = Look{Color: colours["orange"], Marker: "square"}
	paperLook     = Look{Color: colours["dark grey"], Marker: "diamond"}
)

// belowOurs is the distance from our interval down to the paper's figure, in rows.
const belowOurs = 0.25

// RowRoom is the room on either end of an axis of rows, in rows.
const RowRoom = 0.6

// resolveRows makes a line of each interval and each figure of the paper; the first row is on top.
func (p *Panel) resolveRows() error {
	names := make([]string, len(p.Rows))
	p.Named, p.Zero = true, true
	from, to := 0.0, 0.0
	add := func(label string, look Look, at, mean, lo, hi float64) error {
		p.Lines = append(p.Lines, Line{
			Label: label, X: []float64{at}, Y: []float64{mean}, Lo: []float64{lo}, Hi: []float64{hi}, Apart: true, Look: look,
			Names: []string{label},
		})
		if !stats.Finite(mean) {
			return errors.New("chart: a row that is not finite")
		}
		from, to = min(from, mean), max(to, mean)
		if stats.Finite(hi) {
			from, to = min(from, lo), max(to, hi)
		}
		return nil
	}
	for i, r := range p.Rows {
		at := len(p.Rows) - 1 - i
		names[at] = r.Label
		if d := r.Ours; d != nil {
			if d.Bounded() && !stats.Finite(d.Half) {
				return errors.New("chart: a row that is not finite")
			}
			label, look := r.Label, hereLook
			if r.Uncounted {
				label, look = label+", not counted", uncountedLook
			}
			if err := add(label, look, float64(at), d.Mean, d.Lo(), d.Hi()); err != nil {
				return err
			}
		}
		if r.Paper != nil {
			if err := add(r.Label+", paper", paperLook, float64(at)-belowOurs, *r.Paper, math.Inf(-1), math.Inf(1)); err != nil {
				return err
			}
		}
	}
	if len(p.Lines) == 0 {
		return fmt.Errorf("chart: panel %q has only empty rows", p.Title)
	}
	p.XAxis, p.YAxis = &Axis{Min: from, Max: to}, Names(names, RowRoom)
	return nil
}

// shareRows gives all panels the same range, and names their rows once.
func (c *Chart) shareRows() {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range c.Panels {
		lo, hi = min(lo, p.XAxis.Min), max(hi, p.XAxis.Max)
	}
	room := 0.04 * (hi - lo)
	axis := Round(lo-room, hi+room, math.Inf(-1), math.Inf(1))
	for i := range c.Panels {
		c.Panels[i].XAxis = axis
	}
	rows := c.Panels[0].Rows
	const row, head = 0.95 * Centimeter, 2.2 * Centimeter // of one row; of title and axis
	c.RowHeight = float64(len(rows))*row + head
	for _, r := range rows {
		c.RowNames = append(c.RowNames, r.Label)
	}
	c.Legend = []Key{{Label: "here, 95 % confidence interval", Look: hereLook}}
	if slices.ContainsFunc(c.Panels, func(p Panel) bool { return slices.ContainsFunc(p.Rows, func(r Row) bool { return r.Uncounted }) }) {
		c.Legend = append(c.Legend, Key{Label: "not counted: the control failed", Look: uncountedLook})
	}
	c.Legend = append(c.Legend, Key{Label: "paper", Look: paperLook})
}
