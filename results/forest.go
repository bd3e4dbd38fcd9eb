package results

import (
	"cenet/results/stats"
	"errors"
	"fmt"
	"math"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A ForestRow is an interval in a panel of rows, with what it is compared with. All panels of a chart have the same rows in the same order; one that a panel
// has no interval of is empty there.
type ForestRow struct {
	Label string          `json:"label"`
	Ours  *stats.Interval `json:"ours,omitempty"`  // nil: empty
	Paper *float64        `json:"paper,omitempty"` // nil: the paper has no figure
}

// The styles of what was found here, and of the paper's figures.
var (
	hereStyle  = style{color: blue, marker: disc{}}
	paperStyle = style{color: darkGrey, marker: diamond{}}
)

// belowOurs is how far below our interval the paper's figure is, in rows.
const belowOurs = 0.25

// The room of a forest plot.
const (
	forestRow  = 0.95 * vg.Centimeter
	rowNames   = 4.6 * vg.Centimeter // wide
	forestHead = 2.2 * vg.Centimeter // of title and axis of a panel
)

// forest makes the panel of some rows, the first on top.
func (p Panel) forest() (panel, error) {
	names := make(nameTicks, len(p.Rows))
	q := panel{title: p.Title, x: p.X, ymin: -0.6, ymax: float64(len(p.Rows)) - 0.4, yticks: names, rowLabels: true, zero: true}
	bars := errorBars{rows: true, least: math.Inf(-1), most: math.Inf(1)}
	q.xmin, q.xmax = 0, 0
	widen := func(values ...float64) error {
		for _, x := range values {
			if !stats.Finite(x) {
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
			bars.list = append(bars.list, finals{at: at, mean: point{y: d.Mean, lo: d.Lo(), hi: d.Hi(), min: d.Min, max: d.Max}, style: hereStyle, name: r.Label})
		}
		if r.Paper != nil {
			if err := widen(*r.Paper); err != nil {
				return q, err
			}
			bars.list = append(bars.list, finals{at: at - belowOurs, mean: point{y: *r.Paper, lo: math.Inf(-1), hi: math.Inf(1)}, style: paperStyle, name: r.Label + ", paper"})
		}
	}
	if len(bars.list) == 0 {
		return q, fmt.Errorf("results: panel %q has only empty rows", p.Title)
	}
	q.plotters = []plot.Plotter{bars}
	return q, nil
}

// forests gives the panels of a forest plot one range, and names their rows once.
func (f *figure) forests(rows []ForestRow) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range f.panels {
		lo, hi = min(lo, p.xmin), max(hi, p.xmax)
	}
	room := 0.04 * (hi - lo)
	from, to, step := axisRange(lo-room, hi+room, math.Inf(-1), math.Inf(1))
	for i := range f.panels {
		f.panels[i].xmin, f.panels[i].xmax, f.panels[i].xticks = from, to, roundTicks{step}
		f.panels[i].unnamed = true
	}
	f.rowSize = vg.Length(len(rows))*forestRow + forestHead
	for _, r := range rows {
		f.rows = append(f.rows, r.Label)
	}
	f.joined = false
	f.legend = []series{
		{label: "here, with the 95 % confidence interval", style: hereStyle},
		{label: "paper", style: paperStyle},
	}
}

// nameRows writes the names of the rows to the left of a panel, in as many lines as they take.
func (f figure) nameRows(c draw.Canvas, p *plot.Plot, panel draw.Canvas) {
	data := p.DataCanvas(panel)
	_, trY := p.Transforms(&data)
	sty := textStyle(tickSize, stdfont.WeightNormal)
	sty.XAlign, sty.YAlign = draw.XLeft, draw.YCenter
	const line = vg.Length(tickSize) * 1.2
	for i, name := range f.rows {
		lines := wrap(name, sty, rowNames-0.3*vg.Centimeter)
		y := trY(float64(len(f.rows)-1-i)) + line*vg.Length(len(lines)-1)/2
		for _, text := range lines {
			c.FillText(sty, vg.Point{X: c.Min.X + 0.2*vg.Centimeter, Y: y}, text)
			y -= line
		}
	}
}

// zeroLine marks 0 on the x axis.
type zeroLine struct{}

func (zeroLine) Plot(c draw.Canvas, p *plot.Plot) {
	trX, _ := p.Transforms(&c)
	x := trX(0)
	c.StrokeLine2(draw.LineStyle{Color: darkGrey, Width: 0.8, Dashes: dashed}, x, c.Min.Y, x, c.Max.Y)
}
