package results

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A Chart is a figure of one panel or of panels side by side, which share the legend.
type Chart struct {
	Name   string  `json:"name"` // of its files
	Title  string  `json:"title"`
	Panels []Panel `json:"panels"`
}

// A Panel shows lines, a field, or rows.
type Panel struct {
	Title string `json:"title,omitempty"`
	X     string `json:"x"`
	Y     string `json:"y"`
	LogX  bool   `json:"log_x,omitempty"`
	LogY  bool   `json:"log_y,omitempty"`
	// Least and Most bound what Y can be; nil: nothing does. The axis ends there if both are given. On a logarithmic axis what
	// is below Least stands there.
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
	// XLabels are shown at their X in place of figures.
	XLabels map[string]float64 `json:"x_labels,omitempty"`
	Lines   []Line             `json:"lines,omitempty"`
	Field   *Field             `json:"field,omitempty"`
	// Rows are those of a forest plot, in place of lines: intervals, one beneath the other.
	Rows []ForestRow `json:"rows,omitempty"`
}

// A Line joins points, in the order of X.
type Line struct {
	Label string    `json:"label"`
	X     []float64 `json:"x"`
	Y     []float64 `json:"y"`
	Apart bool      `json:"apart,omitempty"` // the points are not joined
	// Lo and Hi are the ends of an interval at each point, shown as a band, or as bars where points are not joined; nil: there is none.
	Lo []float64 `json:"lo,omitempty"`
	Hi []float64 `json:"hi,omitempty"`
	// Block is the channel block that the line is of, which has a style of its own; "": the line has that of its place.
	Block string `json:"block,omitempty"`
}

// A Field is a function of two variables on a grid, Values[i][j] at X[i], Y[j], shown in steps: one colour between each two
// of the ascending Levels, and one beyond either end.
type Field struct {
	X      []float64   `json:"x"`
	Y      []float64   `json:"y"`
	Values [][]float64 `json:"values"`
	Levels []float64   `json:"levels"`
}

// figure makes the figure that is drawn.
func (c Chart) figure(styles Styles, quick bool) (figure, error) {
	f := figure{name: c.Name, title: c.Title, perRow: max(1, len(c.Panels)), rowSize: 8 * vg.Centimeter, joined: true}
	if quick {
		f.title = quickBanner + ": " + f.title
	}
	if len(c.Panels) == 0 {
		return f, errors.New("results: a chart without panels")
	}
	for i, p := range c.Panels {
		q, legend, err := p.panel(styles)
		if err != nil {
			return f, err
		}
		if i == 0 {
			f.legend = legend
			f.joined = p.Field == nil && p.Rows == nil && !p.Lines[0].Apart
		}
		f.panels = append(f.panels, q)
	}
	if rows := c.Panels[0].Rows; rows != nil {
		f.forests(rows)
	}
	if len(f.legend) == 1 && f.legend[0].label == "" {
		f.legend = nil
	}
	return f, nil
}

func (p Panel) panel(styles Styles) (panel, []series, error) {
	q := panel{title: p.Title, x: p.X, y: p.Y, logX: p.LogX, logY: p.LogY}
	if p.Rows != nil {
		if p.Lines != nil || p.Field != nil {
			return q, nil, errors.New("results: a panel of rows and of something else")
		}
		q, err := p.forest()
		return q, nil, err
	}
	if p.Field != nil {
		legend, err := p.Field.onto(&q)
		return q, legend, err
	}
	least, most := math.Inf(-1), math.Inf(1)
	if p.Least != nil {
		least = scaled(*p.Least, p.LogY)
	}
	if p.Most != nil {
		most = scaled(*p.Most, p.LogY)
	}
	var lines []series
	xlo, xhi, ylo, yhi := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i, l := range p.Lines {
		if len(l.X) != len(l.Y) || len(l.Lo) != len(l.Hi) || l.Lo != nil && len(l.Lo) != len(l.X) {
			return q, nil, errors.New("results: a line of unequal coordinates")
		}
		var points []point
		for k := range l.X {
			x, y := scaled(l.X[k], p.LogX), scaled(l.Y[k], p.LogY)
			if p.LogY && p.Least != nil {
				y = max(y, least) // 0 has no logarithm: it stands at the edge
			}
			q := point{x: x, y: y, lo: math.Inf(-1), hi: math.Inf(1), min: y, max: y}
			if l.Lo != nil {
				q.lo, q.hi = scaled(l.Lo[k], p.LogY), scaled(l.Hi[k], p.LogY)
			}
			if l.Apart && l.Lo != nil {
				ylo, yhi = min(ylo, q.lo), max(yhi, q.hi)
			}
			points = append(points, q)
			xlo, xhi, ylo, yhi = min(xlo, x), max(xhi, x), min(ylo, y), max(yhi, y)
		}
		look := ramp(i, len(p.Lines))
		if l.Block != "" {
			look = styles.of(l.Block)
		}
		s, err := newSeries(l.Label, look, points)
		if err != nil {
			return q, nil, fmt.Errorf("line %q: %w", l.Label, err)
		}
		lines = append(lines, s)
		if l.Apart {
			q.plotters = append(q.plotters, dots(s))
		} else {
			q.plotters = append(q.plotters, band(s), line(s))
		}
	}
	if len(lines) == 0 {
		return q, nil, errors.New("results: a panel without lines")
	}
	q.xmin, q.xmax, q.xticks = axis(xlo, xhi, math.Inf(-1), math.Inf(1), p.LogX)
	q.ymin, q.ymax, q.yticks = axis(ylo, yhi, least, most, p.LogY)
	if p.Least != nil && p.Most != nil {
		q.ymin, q.ymax = least, most
		if !p.LogY {
			q.yticks = roundTicks{niceStep((most - least) / 5)}
		}
	}
	if !p.LogX { // the points say where it ends
		q.xmin, q.xmax = xlo, xhi
	}
	if p.XLabels != nil {
		q.xticks = labelTicks(p.XLabels)
		q.xmin, q.xmax = xlo, xhi
	}
	if q.xmax == q.xmin {
		q.xmin, q.xmax = q.xmin-1, q.xmax+1
	}
	return q, lines, nil
}

func scaled(v float64, logarithmic bool) float64 {
	if logarithmic {
		return math.Log10(v)
	}
	return v
}

// axis is the range of an axis and its ticks; of a logarithmic one lo and hi are exponents.
func axis(lo, hi, least, most float64, logarithmic bool) (from, to float64, ticks plot.Ticker) {
	if !logarithmic {
		from, to, step := axisRange(lo, hi, least, most)
		return from, to, roundTicks{step}
	}
	from, to = math.Floor(lo+1e-9), math.Ceil(hi-1e-9)
	if from == to {
		from, to = from-1, to+1
	}
	return from, to, powerTicks{}
}

// powerTicks marks powers of ten, up to about eight of them.
type powerTicks struct{}

func (powerTicks) Ticks(lo, hi float64) []plot.Tick {
	step := max(1, math.Ceil((hi-lo)/8))
	var ticks []plot.Tick
	for k := math.Ceil(lo/step-1e-9) * step; k <= hi+1e-9; k += step {
		ticks = append(ticks, plot.Tick{Value: k, Label: powerLabel(k)})
	}
	return ticks
}

// powerLabel writes 10ᵏ.
func powerLabel(k float64) string {
	if k >= -2 && k <= 3 {
		return strconv.FormatFloat(math.Pow(10, k), 'g', -1, 64)
	}
	return "1e" + strconv.FormatFloat(k+0, 'f', 0, 64)
}

// labelTicks marks places with texts.
type labelTicks map[string]float64

func (t labelTicks) Ticks(lo, hi float64) []plot.Tick {
	var ticks []plot.Tick
	for label, at := range t {
		ticks = append(ticks, plot.Tick{Value: at, Label: label})
	}
	sort.Slice(ticks, func(i, j int) bool { return ticks[i].Value < ticks[j].Value })
	return ticks
}

// dots draws points alone.
type dots series

func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	for _, q := range d.points {
		if !math.IsInf(q.lo, 0) && !math.IsInf(q.hi, 0) {
			c.StrokeLines(draw.LineStyle{Color: d.style.color, Width: 0.7}, c.ClipLinesXY([]vg.Point{{X: trX(q.x), Y: trY(q.lo)}, {X: trX(q.x), Y: trY(q.hi)}})...)
		}
		c.DrawGlyphNoClip(d.style.glyph(markerSize), vg.Point{X: trX(q.x), Y: trY(q.y)})
	}
}

// onto sets a panel to show the field, and returns the legend.
func (f *Field) onto(q *panel) ([]series, error) {
	if len(f.X) < 2 || len(f.Y) < 2 || len(f.Values) != len(f.X) || len(f.Levels) == 0 {
		return nil, errors.New("results: a field without a grid or levels")
	}
	for _, column := range f.Values {
		if len(column) != len(f.Y) {
			return nil, errors.New("results: a field with columns of another height than its grid")
		}
		for _, v := range column {
			if math.IsNaN(v) {
				return nil, errors.New("results: a field with a value that is no number")
			}
		}
	}
	q.xmin, q.xmax, q.ymin, q.ymax = f.X[0], f.X[len(f.X)-1], f.Y[0], f.Y[len(f.Y)-1]
	q.xticks, q.yticks = roundTicks{niceStep((q.xmax - q.xmin) / 6)}, roundTicks{niceStep((q.ymax - q.ymin) / 6)}
	q.plotters = []plot.Plotter{field{f}}
	var legend []series
	for i := range len(f.Levels) + 1 {
		label := "above " + shortNumber(f.Levels[max(0, i-1)])
		switch {
		case i == 0:
			label = "below " + shortNumber(f.Levels[0])
		case i < len(f.Levels):
			label = "to " + shortNumber(f.Levels[i])
		}
		s := f.style(i)
		s.marker = square{}
		legend = append(legend, series{label: label, style: s})
	}
	return legend, nil
}

func shortNumber(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// style has the colour of a step.
func (f *Field) style(i int) style { return ramp(i, len(f.Levels)+1) }

// field draws a Field: each grid point as far as half way to its neighbours, and equal steps of a column at once.
type field struct{ *Field }

func (f field) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	edge := func(grid []float64, i int) float64 { // below point i
		if i == 0 || i == len(grid) {
			return grid[min(i, len(grid)-1)]
		}
		return (grid[i-1] + grid[i]) / 2
	}
	for i, column := range f.Values {
		for j := 0; j < len(column); {
			step := sort.SearchFloat64s(f.Levels, column[j])
			end := j + 1
			for end < len(column) && sort.SearchFloat64s(f.Levels, column[end]) == step {
				end++
			}
			// A little further, under what is drawn next: the background would shine through the seams.
			const seam = 0.4
			x0, x1 := trX(edge(f.X, i)), min(c.Max.X, trX(edge(f.X, i+1))+seam)
			y0, y1 := trY(edge(f.Y, j)), min(c.Max.Y, trY(edge(f.Y, end))+seam)
			c.FillPolygon(f.style(step).color, []vg.Point{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
			j = end
		}
	}
}
