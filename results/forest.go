package results

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A ForestRow is an interval in a panel of rows, with what it is compared with. All panels of a chart have the same rows in the same order; one that a panel
// has no interval of is empty there.
type ForestRow struct {
	Label string    `json:"label"`
	Ours  *Interval `json:"ours,omitempty"`  // nil: empty
	Paper *float64  `json:"paper,omitempty"` // nil: the paper has no figure
	Block string    `json:"block,omitempty"` // that the interval is of, for its style
}

// paperStyle is that of the paper's figures.
var paperStyle = style{color: darkGrey, marker: diamond{}}

// The room of a forest plot.
const (
	forestRow  = 0.62 * vg.Centimeter
	forestHead = 2.2 * vg.Centimeter // of title and axis of a panel
)

// forest makes the panel of some rows, the first on top.
func (p Panel) forest(styles Styles) (panel, error) {
	names := make(nameTicks, len(p.Rows))
	q := panel{title: p.Title, x: p.X, ymin: -0.6, ymax: float64(len(p.Rows)) - 0.4, yticks: names, rowLabels: true, zero: true}
	bars := errorBars{rows: true, least: math.Inf(-1), most: math.Inf(1)}
	q.xmin, q.xmax = 0, 0
	widen := func(values ...float64) error {
		for _, x := range values {
			if !finite(x) {
				return errors.New("results: a row that is not finite")
			}
			q.xmin, q.xmax = min(q.xmin, x), max(q.xmax, x)
		}
		return nil
	}
	for i, r := range p.Rows {
		at := float64(len(p.Rows) - 1 - i)
		names[len(names)-1-i] = r.Label
		if r.Ours != nil {
			d := *r.Ours
			if err := widen(d.Mean); err != nil {
				return q, err
			}
			if d.Bounded() {
				if err := widen(d.Lo(), d.Hi()); err != nil {
					return q, err
				}
			}
			bars.list = append(bars.list, finals{at: at, mean: point{y: d.Mean, lo: d.Lo(), hi: d.Hi(), min: d.Min, max: d.Max}, style: styles.of(r.Block), name: r.Label})
		}
		if r.Paper != nil {
			if err := widen(*r.Paper); err != nil {
				return q, err
			}
			bars.list = append(bars.list, finals{at: at, mean: point{y: *r.Paper, lo: math.Inf(-1), hi: math.Inf(1)}, style: paperStyle, name: r.Label + ", paper"})
		}
	}
	if len(bars.list) == 0 {
		return q, fmt.Errorf("results: panel %q has only empty rows", p.Title)
	}
	q.plotters = []plot.Plotter{bars}
	return q, nil
}

// forests gives the panels of a forest plot one range, and names their rows once.
func (f *figure) forests(rows int) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range f.panels {
		lo, hi = min(lo, p.xmin), max(hi, p.xmax)
	}
	room := 0.04 * (hi - lo)
	from, to, step := axisRange(lo-room, hi+room, math.Inf(-1), math.Inf(1))
	for i := range f.panels {
		f.panels[i].xmin, f.panels[i].xmax, f.panels[i].xticks = from, to, roundTicks{step}
		f.panels[i].unnamed = i > 0
	}
	f.rowSize = vg.Length(rows)*forestRow + forestHead
	f.joined = false
	f.legend = []series{
		{label: "here, with the 95 % confidence interval", style: style{color: blue, marker: disc{}}},
		{label: "paper", style: paperStyle},
	}
}

// zeroLine marks 0 on the x axis.
type zeroLine struct{}

func (zeroLine) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x := trX(0)
	c.StrokeLine2(draw.LineStyle{Color: darkGrey, Width: 0.8, Dashes: dashed}, x, c.Min.Y, x, c.Max.Y)
}
