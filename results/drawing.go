package results

import (
	"fmt"
	"image/color"
	"math"
	"sort"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
)

// A Drawing is a plot as data: what PNG and SVG are drawn from, for who draws it otherwise.
type Drawing struct {
	Name, Title string
	Legend      []Key
	Panels      []Axes
	PerRow      int
}

// A Key is an entry of the legend.
type Key struct {
	Label  string
	Look   Look
	Joined bool // its points are
}

// Look is how a line or a point looks.
type Look struct {
	Color  color.RGBA
	Marker string    // "disc", "square", "triangle", "inverted triangle" or "diamond"
	Dashes []float64 // lengths of dashes and gaps in points; nil: a solid line
}

// Axes are a panel. Its coordinates are those on the axes: of a logarithmic one, exponents of 10.
type Axes struct {
	Title, X, Y            string
	XMin, XMax, YMin, YMax float64
	XTicks, YTicks         []Tick
	LogX, LogY             bool
	ZeroX                  *float64 // the place of 0 on a logarithmic x axis; nil: it has none
	Names                  bool     // the ticks of the y axis are names, a row each
	Zero                   bool     // 0 on the x axis is marked
	Traces                 []Trace
	Field                  *Steps
}

// A Tick is a marked place of an axis.
type Tick struct {
	At    float64
	Label string
}

// A Trace is a line, or points that are not joined.
type Trace struct {
	Key
	Points []Dot
	Rows   bool // values are along x, and the places of the cases along y
}

// A Dot is a point with its interval. Lo and Hi are infinite where there is none.
type Dot struct {
	X, Y, Lo, Hi float64
	Name         string   // of a case; "": the trace has it
	Singles      []Single // that the point is the mean of, where these are known
}

// A Single is one of the values that a mean is of.
type Single struct {
	Seed  string
	Value float64
}

// Steps are a field: the step of each value, between two of the levels, and the values themselves.
type Steps struct {
	*Field
	Looks []Look // of the steps, one more than levels
}

// Step is the index into Looks of a value.
func (s *Steps) Step(v float64) int { return sort.SearchFloat64s(s.Levels, v) }

// drawing is the figure as data.
func (f figure) drawing() Drawing {
	d := Drawing{Name: f.name, Title: f.title, PerRow: f.perRow}
	for _, s := range f.legend {
		d.Legend = append(d.Legend, Key{s.label, s.style.look(), f.joined})
	}
	for _, p := range f.panels {
		d.Panels = append(d.Panels, p.axes())
	}
	return d
}

func (p panel) axes() Axes {
	a := Axes{
		Title: p.title, X: p.x, Y: p.y, XMin: p.xmin, XMax: p.xmax, YMin: p.ymin, YMax: p.ymax,
		XTicks: ticks(p.xticks, p.xmin, p.xmax), YTicks: ticks(p.yticks, p.ymin, p.ymax),
		LogX: p.logX, LogY: p.logY, ZeroX: p.zeroX, Names: p.rowLabels, Zero: p.zero,
	}
	for _, q := range p.plotters {
		switch q := q.(type) {
		case band: // of the line that is drawn over it
		case line:
			a.Traces = append(a.Traces, series(q).trace(true))
		case dots:
			a.Traces = append(a.Traces, series(q).trace(false))
		case errorBars:
			a.Traces = append(a.Traces, q.traces(p)...)
		case field:
			steps := &Steps{Field: q.Field}
			for i := range len(q.Levels) + 1 {
				steps.Looks = append(steps.Looks, q.style(i).look())
			}
			a.Field = steps
		default:
			panic(fmt.Sprintf("results: a plotter of type %T is not known as data", q))
		}
	}
	return a
}

func ticks(t plot.Ticker, lo, hi float64) []Tick {
	var list []Tick
	for _, k := range t.Ticks(lo, hi) {
		list = append(list, Tick{k.Value, k.Label})
	}
	return list
}

func (s series) trace(joined bool) Trace {
	t := Trace{Key: Key{s.label, s.style.look(), joined}}
	for _, p := range s.points {
		t.Points = append(t.Points, Dot{X: p.x, Y: p.y, Lo: p.lo, Hi: p.hi, Name: p.name, Singles: p.singles})
	}
	return t
}

// traces are the means of an overview, a trace each, as each has a look of its own.
func (e errorBars) traces(p panel) []Trace {
	var list []Trace
	for _, f := range e.list {
		d := Dot{X: f.at, Y: f.mean.y, Lo: f.mean.lo, Hi: f.mean.hi, Name: f.name, Singles: f.mean.singles}
		list = append(list, Trace{Key: Key{f.name, f.style.look(), false}, Points: []Dot{d}, Rows: e.rows})
	}
	return list
}

func (s style) look() Look {
	l := Look{Color: s.color, Marker: "disc"}
	switch s.marker.(type) {
	case square:
		l.Marker = "square"
	case triangle:
		l.Marker = "triangle"
	case invertedTriangle:
		l.Marker = "inverted triangle"
	case diamond:
		l.Marker = "diamond"
	}
	for _, d := range s.dashes {
		l.Dashes = append(l.Dashes, float64(d/vg.Points(1)))
	}
	return l
}

// Bounded tells whether the point has an interval.
func (d Dot) Bounded() bool { return !math.IsInf(d.Lo, 0) && !math.IsInf(d.Hi, 0) }
