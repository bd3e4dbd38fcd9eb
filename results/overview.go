package results

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// overview is the final Top-1 of every case with its interval and the single seeds: models × blocks, or one row for each
// case of a sweep; false where no trial ended well.
func (v *view) overview() (figure, bool) {
	if v.Kind == LayoutBlocks {
		return v.blocksOverview()
	}
	return v.sweepOverview()
}

// finals is a mean with its interval at one place of the overview, and the single seeds beside it.
type finals struct {
	at     float64 // place on the axis of names
	mean   point   // of Top-1, percent; its x is not used
	single []float64
	style  style
	name   string // of the case
}

func (c *caseOf) finals(at float64, s style, name string) (finals, bool) {
	values := c.over(top1Percent)
	mean, ok := meanPoint(at, values)
	mean.singles = c.singles(func(r *Record) (float64, bool) { return top1Percent(r), true })
	return finals{at, mean, values, s, name}, ok
}

// overviewRange spans means, single seeds and intervals, which are what the figure is for.
func overviewRange(list []finals) (from, to, step float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range list {
		lo, hi = min(lo, f.mean.min), max(hi, f.mean.max)
		if !math.IsInf(f.mean.lo, 0) && !math.IsInf(f.mean.hi, 0) {
			lo, hi = min(lo, f.mean.lo), max(hi, f.mean.hi)
		}
	}
	room := 0.03 * (hi - lo)
	return axisRange(lo-room, hi+room, 0, 100)
}

const (
	top1Axis      = "test top-1 accuracy (%)"
	overviewTitle = "last epoch, mean and 95 % confidence interval; small dots: seeds"
)

// titled puts the experiment's title before what a figure shows.
func (v *view) titled(what string) string {
	if v.Title == "" {
		return what
	}
	return v.Title + ": " + what
}

func (v *view) blocksOverview() (figure, bool) {
	var models, blocks []string
	place := func(list *[]string, s string) int {
		for i, t := range *list {
			if t == s {
				return i
			}
		}
		*list = append(*list, s)
		return len(*list) - 1
	}
	for _, c := range v.cases {
		if len(c.trials) > 0 {
			place(&models, c.values[0])
			place(&blocks, c.values[1])
		}
	}
	f := figure{name: "top1", title: v.titled(overviewTitle), perRow: 1, rowSize: 8.2 * vg.Centimeter}
	legend := make([]series, len(blocks))
	var list []finals
	for _, c := range v.cases {
		if len(c.trials) == 0 {
			continue
		}
		m, b := place(&models, c.values[0]), place(&blocks, c.values[1])
		gap := math.Min(0.22, 0.7/float64(len(blocks)))
		at := float64(m) + gap*(float64(b)-float64(len(blocks)-1)/2)
		s := v.Styles.of(c.values[1])
		if q, ok := c.finals(at, s, v.valueLabel(ModelKey, c.values[0])+", "+v.valueLabel(BlockKey, c.values[1])); ok {
			list = append(list, q)
			legend[b] = series{label: v.valueLabel(BlockKey, c.values[1]), style: s}
		}
	}
	if len(list) == 0 {
		return figure{}, false
	}
	names := make(nameTicks, len(models))
	for i, m := range models {
		names[i] = v.valueLabel(ModelKey, m)
	}
	p := panel{y: top1Axis, xmin: -0.5, xmax: float64(len(models)) - 0.5, xticks: names}
	var step float64
	p.ymin, p.ymax, step = overviewRange(list)
	p.yticks = roundTicks{step}
	p.plotters = []plot.Plotter{errorBars{list: list, most: 100}}
	f.panels, f.legend = []panel{p}, legend
	return f, true
}

// sweepOverview has one row for each case, the first on top, so that long names and many cases stay readable.
func (v *view) sweepOverview() (figure, bool) {
	if len(v.cases) > mostRows {
		return v.ranks()
	}
	var list []finals
	names := make(nameTicks, len(v.cases))
	for i, c := range v.cases {
		row := len(v.cases) - 1 - i
		names[row] = v.shortLabel(v.usual, c.values, "")
		s := style{color: darkGrey, marker: disc{}}
		if axisIndex(v.Layout, BlockKey) >= 0 {
			s = v.lineStyle(c, i, len(v.cases))
		}
		if q, ok := c.finals(float64(row), s, names[row]); ok {
			list = append(list, q)
		}
	}
	if len(list) == 0 {
		return figure{}, false
	}
	height := vg.Length(len(v.cases))*0.62*vg.Centimeter + 2*vg.Centimeter
	f := figure{name: "top1", title: v.titled(overviewTitle), perRow: 1, rowSize: height}
	p := panel{x: top1Axis, ymin: -0.6, ymax: float64(len(v.cases)) - 0.4, yticks: names, rowLabels: true}
	var step float64
	p.xmin, p.xmax, step = overviewRange(list)
	p.xticks = roundTicks{step}
	p.plotters = []plot.Plotter{errorBars{list: list, rows: true, most: 100}}
	f.panels = []panel{p}
	return f, true
}

// mostRows is how many cases of a sweep have a row of their own in its overview.
const mostRows = 120

// ranks shows final accuracies of more cases than there is room for by their rank, the most accurate first, and names none; of more than
// mostRanks every second, third … alone.
func (v *view) ranks() (figure, bool) {
	const mostRanks = 400
	var means []point
	for _, c := range v.cases {
		if p, ok := meanPoint(0, c.over(top1Percent)); ok {
			p.name = v.shortLabel(v.usual, c.values, "")
			means = append(means, p)
		}
	}
	if len(means) == 0 {
		return figure{}, false
	}
	slices.SortStableFunc(means, func(a, b point) int { return cmp.Compare(b.y, a.y) })
	every := (len(means) + mostRanks - 1) / mostRanks
	var points []point
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range means {
		if i%every == 0 || i == len(means)-1 {
			means[i].x = float64(i + 1)
			points = append(points, means[i])
			lo, hi = min(lo, means[i].y), max(hi, means[i].y)
		}
	}
	s, err := newSeries("", style{color: darkGrey, marker: disc{}}, points)
	if err != nil {
		return figure{}, false
	}
	f := figure{name: "top1", title: v.titled(fmt.Sprintf("last epoch, %d cases by rank, mean and 95 %% confidence band", len(means))), perRow: 1, rowSize: 9 * vg.Centimeter}
	p := panel{x: "rank", y: top1Axis, xmin: 1, xmax: float64(len(means)), plotters: []plot.Plotter{band(s), line(s)}}
	var step float64
	p.ymin, p.ymax, step = axisRange(lo, hi, 0, 100)
	p.xticks, p.yticks = epochTicks{niceStep(float64(len(means)-1) / 6)}, roundTicks{step}
	f.panels = []panel{p}
	return f, true
}

// errorBars draws means with their intervals, and the single seeds beside them.
type errorBars struct {
	list []finals
	rows bool // names on the y axis, accuracies on the x axis
	// What a value can be.
	least, most float64
}

func (e errorBars) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	at := func(place, value float64, aside vg.Length) vg.Point {
		if e.rows {
			return vg.Point{X: trX(value), Y: trY(place) - aside}
		}
		return vg.Point{X: trX(place) + aside, Y: trY(value)}
	}
	const capHalf, beside = vg.Length(3), vg.Length(6.5)
	for _, f := range e.list {
		if !math.IsInf(f.mean.lo, 0) && !math.IsInf(f.mean.hi, 0) {
			lo, hi := max(f.mean.lo, e.least), min(f.mean.hi, e.most)
			sty := draw.LineStyle{Color: f.style.color, Width: 1.3}
			c.StrokeLines(sty, c.ClipLinesXY([]vg.Point{at(f.at, lo, 0), at(f.at, hi, 0)})...)
			for _, end := range []float64{lo, hi} {
				c.StrokeLines(sty, c.ClipLinesXY([]vg.Point{at(f.at, end, -capHalf), at(f.at, end, capHalf)})...)
			}
		}
		small := draw.GlyphStyle{Color: f.style.color, Radius: 1.3, Shape: draw.CircleGlyph{}}
		for _, v := range f.single {
			c.DrawGlyphNoClip(small, at(f.at, v, beside))
		}
		c.DrawGlyphNoClip(f.style.glyph(4), at(f.at, f.mean.y, 0))
	}
}
