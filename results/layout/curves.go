package layout

import (
	"math"
	"slices"

	"cenet/nn/median"
	"cenet/results"
	"cenet/results/chart"
	"cenet/results/page"
)

// Limits of what can be read in one figure.
const (
	maxLines  = 8
	maxPanels = 12
)

// curve is the mean over seeds by epoch; it is without points if there are no figures. An epoch in which a seed's figure is not finite is
// left out.
func (c *caseOf) curve(q quantity, label string, look chart.Look) chart.Line {
	seeds := make(map[int][]chart.Value) // by epoch
	var epochs []int
	for _, s := range c.seeds() {
		for _, e := range c.trials[s].Result.Epochs {
			if seeds[e.Epoch] == nil {
				epochs = append(epochs, e.Epoch)
			}
			seeds[e.Epoch] = append(seeds[e.Epoch], chart.Value{Seed: s, Y: q.of(e)})
		}
	}
	slices.Sort(epochs)
	line := chart.Line{Label: label, Look: look}
	for _, e := range epochs {
		line.Add(float64(e), seeds[e])
	}
	return line
}

// curvePanel is a panel of some curves.
func curvePanel(title string, q quantity, lines []chart.Line) chart.Panel {
	last := 1.0
	for _, l := range lines {
		last = max(last, l.X[len(l.X)-1])
	}
	step := math.Max(1, chart.NiceStep((last-1)/6+1e-9))
	epochs := chart.Counted(1, last, step)
	if last == 1 { // one epoch: a point in the middle
		epochs = chart.Counted(0, 2, step)
	}
	// The axis spans the values of all seeds. With three seeds a 95 % band is more than twice as wide as their spread: it
	// is cut at the edge, or the curves would be flat.
	lo, hi := valueRange(lines, false)
	return chart.Panel{
		Title: title, X: "epoch", Y: q.label, Lines: lines,
		XAxis: epochs, YAxis: chart.Round(lo, hi, 0, q.max),
	}
}

func (v *view) curveCharts() []chart.Chart {
	if v.Kind != Blocks {
		return v.sweepCurves()
	}
	var list []chart.Chart
	for _, cases := range grouped(v.cases, 1) {
		model := cases[0].values[0]
		title := v.valueLabel(results.ModelKey, model) + ": mean over seeds, 95 % confidence band"
		list = append(list, v.sideBySide("curves-"+page.FileName(model), title, cases, testTop1, trainLoss)...)
	}
	return append(list, v.timeChart()...)
}

// sideBySide shows quantities of some cases, a panel each.
func (v *view) sideBySide(name, title string, cases []*caseOf, quantities ...quantity) []chart.Chart {
	c := chart.Chart{Name: name, Title: title, PerRow: len(quantities), RowHeight: 7.6 * chart.Centimeter}
	for _, q := range quantities {
		var lines []chart.Line
		for i, one := range cases {
			if l := one.curve(q, v.lineLabel(one), v.lineLook(one, i, len(cases))); len(l.X) > 0 {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			c.Panels = append(c.Panels, curvePanel("", q, lines))
		}
	}
	return drawable(c)
}

// lineLabel names a case in the legend of a figure that shows one line for each case.
func (v *view) lineLabel(c *caseOf) string {
	if v.Kind == Blocks {
		return v.valueLabel(results.BlockKey, c.values[1])
	}
	if s := v.settingsLabel(c.values, "", nil); s != "" {
		return s
	}
	return "mean over seeds"
}

// sweepCurves draws up to eight cases that differ in one setting in one pair of panels. More of them, or blocks that vary
// together with another setting, are split into small panels with the same axes: blocks are the lines, or else the last
// axis. What would need more than twelve panels or eight lines in one has no curves; the overview shows it.
func (v *view) sweepCurves() []chart.Chart {
	list := v.curvesOf("curves", testTop1)
	if slices.ContainsFunc(v.cases, func(c *caseOf) bool { return len(c.over(fitPercent)) > 0 }) {
		list = append(list, v.curvesOf("curves-training", fitTop1)...)
	}
	list = append(list, v.curvesOf("curves-gamma", gammaMean)...)
	list = append(list, v.curvesOf("curves-gamma-most", gammaMax)...)
	return append(list, v.curvesOf("curves-scale", scaleMean)...)
}

// curvesOf is sweepCurves for one quantity.
func (v *view) curvesOf(name string, q quantity) []chart.Chart {
	const what = "mean over seeds, 95 % confidence band"
	axes := v.axes()
	block := v.axisIndex(results.BlockKey)
	few := len(v.cases) <= maxLines && (block < 0 || len(axes) == 1)
	if few && name == "curves" || len(axes) == 0 {
		quantities := []quantity{q}
		if name == "curves" {
			quantities = append(quantities, trainLoss)
		}
		return v.sideBySide(name, v.titled(what), v.cases, quantities...)
	}
	inner := block
	if inner < 0 {
		inner = len(axes) - 1
	}
	panels := grouped(v.cases, inner)
	var lineValues []string // in the order of the cases
	for _, c := range v.cases {
		if !slices.Contains(lineValues, c.values[inner]) {
			lineValues = append(lineValues, c.values[inner])
		}
	}
	if len(panels) > maxPanels || len(lineValues) > maxLines {
		return nil
	}
	out := chart.Chart{Name: name, Title: v.titled(what), PerRow: min(3, len(panels)), RowHeight: 5.8 * chart.Centimeter,
		Legend: make([]chart.Key, len(lineValues))}
	var all []chart.Line
	for _, cases := range panels {
		var lines []chart.Line
		for _, c := range cases {
			i := slices.Index(lineValues, c.values[inner])
			label := v.valueLabel(axes[inner], c.values[inner])
			if inner != block {
				label = v.shortAxisLabel(axes[inner]) + " " + label
			}
			if l := c.curve(q, label, v.lineLook(c, i, len(lineValues))); len(l.X) > 0 {
				lines = append(lines, l)
				out.Legend[i] = l.Key()
			}
		}
		if len(lines) == 0 {
			continue
		}
		all = append(all, lines...)
		title := v.settingsLabel(cases[0].values, axes[inner], v.usual)
		if title == "" && len(lines) == 1 {
			title = lines[0].Label
		}
		p := curvePanel(title, q, lines)
		p.Y = q.short
		if len(out.Panels)%out.PerRow > 0 {
			p.Y = "" // the panels of a row share it
		}
		out.Panels = append(out.Panels, p)
	}
	out.Legend = slices.DeleteFunc(out.Legend, func(k chart.Key) bool { return k.Look.Marker == "" })
	lo, hi := valueRange(all, false)
	for i := range out.Panels {
		out.Panels[i].YAxis = chart.Round(lo, hi, 0, q.max)
	}
	return drawable(out)
}

// timeChart shows for each model what accuracy its blocks reach after a time of training: a block that makes every step slower has to
// make up for it. The time of an epoch, with the evaluation after it, is the median over the seeds.
func (v *view) timeChart() []chart.Chart {
	c := chart.Chart{Name: "time", Title: v.titled("accuracy after a time of training, mean over seeds, 95 % confidence band"),
		RowHeight: 7.6 * chart.Centimeter}
	for _, cases := range grouped(v.cases, 1) {
		var lines []chart.Line
		first, last := math.Inf(1), 0.0
		for i, one := range cases {
			minutes := one.epochMinutes()
			l := one.curve(testTop1, v.lineLabel(one), v.lineLook(one, i, len(cases)))
			if minutes == 0 || len(l.X) == 0 {
				continue
			}
			for k := range l.X {
				l.X[k] *= minutes
			}
			lines = append(lines, l)
			first, last = min(first, l.X[0]), max(last, l.X[len(l.X)-1])
			if !slices.ContainsFunc(c.Legend, func(k chart.Key) bool { return k.Label == l.Label }) {
				c.Legend = append(c.Legend, l.Key())
			}
		}
		if lines == nil {
			continue
		}
		p := curvePanel(v.valueLabel(results.ModelKey, cases[0].values[0]), testTop1, lines)
		end := last
		if first == last { // one epoch: a point in the middle
			end *= 2
		}
		p.X, p.XAxis = "minutes of training", chart.Exact(0, end, chart.NiceStep(last/5))
		c.Panels = append(c.Panels, p)
	}
	c.PerRow = min(3, len(c.Panels))
	return drawable(c)
}

// epochMinutes is the median over the seeds of the time of an epoch; 0 if it is not known.
func (c *caseOf) epochMinutes() float64 {
	minutes := c.over(func(r *results.Record) float64 {
		if n := len(r.Result.Epochs); n > 0 && r.Provenance.Seconds > 0 {
			return r.Provenance.Seconds / 60 / float64(n)
		}
		return math.NaN()
	})
	if len(minutes) == 0 {
		return 0
	}
	return median.Of(minutes)
}

// drawable is a list of the chart, if it has panels.
func drawable(c chart.Chart) []chart.Chart {
	if len(c.Panels) == 0 {
		return nil
	}
	return []chart.Chart{c}
}

// valueRange is the range of the values of all seeds, and of the ends of the intervals if they are to be seen whole.
func valueRange(lines []chart.Line, intervals bool) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		for i, seeds := range l.Seeds {
			for _, v := range seeds {
				lo, hi = min(lo, v.Y), max(hi, v.Y)
			}
			if intervals && l.Bounded(i) {
				lo, hi = min(lo, l.Lo[i]), max(hi, l.Hi[i])
			}
		}
	}
	return lo, hi
}
