// Package chart holds charts as data: lines, fields and rows of intervals on axes, and how each looks. Resolve completes a chart; packages
// plot and web then draw it without looking at where it came from.
//
//	chart.go  charts, panels, lines, fields; Resolve
//	axis.go   ranges and ticks
//	rows.go   intervals in rows, with the paper's figures
//	style.go  the colour, marker and dashes of each channel block
package chart

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"

	"cenet/results/stats"
)

// Centimeter is the number of points in a centimetre.
const Centimeter = 72 / 2.54

// A Chart has panels that share a legend. Resolve sets the fields without a name in JSON, unless the maker of the chart did.
type Chart struct {
	Name   string  `json:"name"` // of its files
	Title  string  `json:"title"`
	Panels []Panel `json:"panels"`

	PerRow    int      `json:"-"` // panels in a row; 0: all
	RowHeight float64  `json:"-"` // height of a row of panels, points; 0: 8 cm
	Legend    []Key    `json:"-"` // nil: the lines of the first panel
	RowNames  []string `json:"-"` // names of the rows that all panels share, from the top
}

// A Panel shows lines, a field, or rows.
type Panel struct {
	Title string `json:"title,omitempty"`
	X     string `json:"x"`
	Y     string `json:"y"`
	LogX  bool   `json:"log_x,omitempty"`
	LogY  bool   `json:"log_y,omitempty"`
	// Least and Most bound the values; nil: no bound. The y axis ends there if both are given. On a logarithmic axis smaller
	// values are drawn at Least.
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
	// XLabels are shown at their X instead of numbers.
	XLabels map[string]float64 `json:"x_labels,omitempty"`
	Lines   []Line             `json:"lines,omitempty"`
	Field   *Field             `json:"field,omitempty"`
	Rows    []Row              `json:"rows,omitempty"`

	XAxis *Axis `json:"-"` // nil: it spans the data
	YAxis *Axis `json:"-"`
	Named bool  `json:"-"` // a row for each line, with names on the y axis: values lie along x, and X of a line is its row
	Zero  bool  `json:"-"` // 0 on the x axis is marked
}

// A Line joins points, in the order of X.
type Line struct {
	Label string    `json:"label"`
	X     []float64 `json:"x"`
	Y     []float64 `json:"y"`
	Apart bool      `json:"apart,omitempty"` // the points are not joined
	// Lo and Hi are the ends of an interval at each point, drawn as a band, or as bars if the points are not joined; nil: no intervals.
	// A point without an interval has infinite ends.
	Lo []float64 `json:"lo,omitempty"`
	Hi []float64 `json:"hi,omitempty"`
	// Block is the channel block of the line, which has its own style; "": the style follows from the line's place.
	Block string `json:"block,omitempty"`

	Look  Look      `json:"-"`
	Names []string  `json:"-"` // of each point's case; nil: the label says it
	Seeds [][]Value `json:"-"` // the values that each point is the mean of; nil: not known
}

// A Value is that of one seed.
type Value struct {
	Seed string
	Y    float64
}

// Bounded reports whether point i has an interval.
func (l *Line) Bounded(i int) bool {
	return l.Lo != nil && !math.IsInf(l.Lo[i], 0) && !math.IsInf(l.Hi[i], 0)
}

// Add appends a point with the mean of some values, one a seed. It reports whether there is one: the values must be finite.
func (l *Line) Add(x float64, seeds []Value) bool {
	values := make([]float64, len(seeds))
	for i, s := range seeds {
		values[i] = s.Y
	}
	mean, err := stats.Mean(values)
	if err != nil {
		return false
	}
	l.X, l.Y = append(l.X, x), append(l.Y, mean.Mean)
	l.Lo, l.Hi, l.Seeds = append(l.Lo, mean.Lo()), append(l.Hi, mean.Hi()), append(l.Seeds, seeds)
	return true
}

// A Key is an entry of the legend.
type Key struct {
	Label  string
	Look   Look
	Joined bool // a line goes through the marker
}

// Key is the legend's entry of the line.
func (l *Line) Key() Key { return Key{l.Label, l.Look, !l.Apart} }

// A Field is a function of two variables on a grid, Values[i][j] at X[i], Y[j], drawn in steps: one colour between each two
// of the ascending Levels, and one beyond either end.
type Field struct {
	X      []float64   `json:"x"`
	Y      []float64   `json:"y"`
	Values [][]float64 `json:"values"`
	Levels []float64   `json:"levels"`
}

// Step is the index of the step that a value is in, from 0 to the number of levels.
func (f *Field) Step(v float64) int { return sort.SearchFloat64s(f.Levels, v) }

// Tiles calls a function with the step and the edges of each rectangle of the field: a grid point reaches half way to its neighbours, and
// equal steps of a column are one rectangle.
func (f *Field) Tiles(tile func(step int, x0, x1, y0, y1 float64)) {
	edge := func(grid []float64, i int) float64 { // below point i
		if i == 0 || i == len(grid) {
			return grid[min(i, len(grid)-1)]
		}
		return (grid[i-1] + grid[i]) / 2
	}
	for i, column := range f.Values {
		for j := 0; j < len(column); {
			step, end := f.Step(column[j]), j+1
			for end < len(column) && f.Step(column[end]) == step {
				end++
			}
			tile(step, edge(f.X, i), edge(f.X, i+1), edge(f.Y, j), edge(f.Y, end))
			j = end
		}
	}
}

// Look is the look of a step.
func (f *Field) Look(step int) Look { return Ramp(step, len(f.Levels)+1) }

// Resolve returns the chart with axes, looks and legend.
func (c Chart) Resolve(styles Styles) (Chart, error) {
	if len(c.Panels) == 0 {
		return c, errors.New("chart: no panels")
	}
	c.Panels = slices.Clone(c.Panels)
	for i := range c.Panels {
		if err := c.Panels[i].resolve(styles); err != nil {
			return c, err
		}
	}
	if c.PerRow == 0 {
		c.PerRow = len(c.Panels)
	}
	if c.RowHeight == 0 {
		c.RowHeight = 8 * Centimeter
	}
	switch first := &c.Panels[0]; {
	case first.Rows != nil:
		c.shareRows()
	case first.Field != nil:
		c.Legend = first.Field.legend()
	case c.Legend == nil:
		for i := range first.Lines {
			k := first.Lines[i].Key()
			k.Joined = !first.Lines[0].Apart // samples of one width
			c.Legend = append(c.Legend, k)
		}
	}
	if len(c.Legend) == 1 && c.Legend[0].Label == "" {
		c.Legend = nil
	}
	return c, nil
}

func (p *Panel) resolve(styles Styles) error {
	switch {
	case p.Rows != nil && (p.Lines != nil || p.Field != nil):
		return errors.New("chart: a panel has rows and something else")
	case p.Rows != nil:
		return p.resolveRows()
	case p.Field != nil:
		return p.Field.resolve(p)
	case len(p.Lines) == 0:
		return errors.New("chart: a panel without lines")
	}
	p.Lines = slices.Clone(p.Lines)
	for i := range p.Lines {
		l := &p.Lines[i]
		switch {
		case l.Look.Marker != "":
		case l.Block != "":
			l.Look = styles.Look(l.Block)
		default:
			l.Look = Ramp(i, len(p.Lines))
		}
		if err := p.checkLine(l); err != nil {
			return fmt.Errorf("line %q: %w", l.Label, err)
		}
	}
	if p.XAxis == nil {
		p.spanX()
	}
	if p.YAxis == nil {
		p.spanY()
	}
	return nil
}

// checkLine refuses a line without points and values that are not finite, and moves those below a logarithmic axis to its end.
func (p *Panel) checkLine(l *Line) error {
	if len(l.X) != len(l.Y) || len(l.Lo) != len(l.Hi) || l.Lo != nil && len(l.Lo) != len(l.X) {
		return errors.New("chart: a line of unequal coordinates")
	}
	if len(l.X) == 0 {
		return errors.New("chart: a line without points")
	}
	if p.LogY && p.Least != nil {
		l.Y = slices.Clone(l.Y)
		for i := range l.Y {
			l.Y[i] = max(l.Y[i], *p.Least)
		}
	}
	for i := range l.X {
		x, y := l.X[i], scaled(l.Y[i], p.LogY)
		if p.XAxis != nil {
			x = p.XAxis.Place(x)
		} else {
			x = scaled(x, p.LogX)
		}
		if !stats.Finite(x) || !stats.Finite(y) || l.Lo != nil && (math.IsNaN(l.Lo[i]) || math.IsNaN(l.Hi[i])) {
			return errors.New("chart: a point that is not finite")
		}
	}
	return nil
}

// spanX makes the x axis from the points.
func (p *Panel) spanX() {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, l := range p.Lines {
		for _, x := range l.X {
			lo, hi = min(lo, scaled(x, p.LogX)), max(hi, scaled(x, p.LogX))
		}
	}
	_, _, step := roundRange(lo, hi, math.Inf(-1), math.Inf(1)) // that of the wider range of round numbers
	a := &Axis{Min: lo, Max: hi, Log: p.LogX}
	if p.LogX && p.XLabels == nil {
		a.Min, a.Max = decades(lo, hi)
	}
	if a.Min == a.Max {
		a.Min, a.Max = a.Min-1, a.Max+1
	}
	switch {
	case p.XLabels != nil:
		for label, at := range p.XLabels {
			a.Ticks = append(a.Ticks, Tick{at, label})
		}
		slices.SortFunc(a.Ticks, func(s, t Tick) int { return cmp.Compare(s.At, t.At) })
	case p.LogX:
		a.Ticks = powers(a.Min, a.Max)
	default:
		a.Ticks = multiples(step, a.Min, a.Max)
	}
	p.XAxis = a
}

// spanY makes the y axis from the points and from the bounds.
func (p *Panel) spanY() {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, l := range p.Lines {
		for i := range l.Y {
			lo, hi = min(lo, scaled(l.Y[i], p.LogY)), max(hi, scaled(l.Y[i], p.LogY))
			if l.Apart && l.Lo != nil {
				lo, hi = min(lo, scaled(l.Lo[i], p.LogY)), max(hi, scaled(l.Hi[i], p.LogY))
			}
		}
	}
	least, most := math.Inf(-1), math.Inf(1)
	if p.Least != nil {
		least = scaled(*p.Least, p.LogY)
	}
	if p.Most != nil {
		most = scaled(*p.Most, p.LogY)
	}
	exact := p.Least != nil && p.Most != nil
	switch {
	case p.LogY:
		a := &Axis{Log: true}
		if a.Min, a.Max = decades(lo, hi); exact {
			a.Min, a.Max = least, most
		}
		a.Ticks = powers(a.Min, a.Max)
		p.YAxis = a
	case exact:
		p.YAxis = Exact(least, most, NiceStep((most-least)/5))
	default:
		p.YAxis = Round(lo, hi, least, most)
	}
}

// resolve sets the axes of the panel that shows the field.
func (f *Field) resolve(p *Panel) error {
	if len(f.X) < 2 || len(f.Y) < 2 || len(f.Values) != len(f.X) || len(f.Levels) == 0 {
		return errors.New("chart: a field without a grid or levels")
	}
	for _, column := range f.Values {
		if len(column) != len(f.Y) {
			return errors.New("chart: a column of a field is not as high as its grid")
		}
		if slices.ContainsFunc(column, math.IsNaN) {
			return errors.New("chart: a value of a field is not a number")
		}
	}
	p.XAxis, p.YAxis = Axis{}.Over(f.X[0], f.X[len(f.X)-1]), Axis{}.Over(f.Y[0], f.Y[len(f.Y)-1])
	return nil
}

func (f *Field) legend() []Key {
	short := func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
	var legend []Key
	for i := range len(f.Levels) + 1 {
		label := "above " + short(f.Levels[max(0, i-1)])
		switch {
		case i == 0:
			label = "below " + short(f.Levels[0])
		case i < len(f.Levels):
			label = "to " + short(f.Levels[i])
		}
		look := f.Look(i)
		look.Marker = "square"
		legend = append(legend, Key{Label: label, Look: look})
	}
	return legend
}
