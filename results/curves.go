package results

import (
	"cenet/results/stats"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Limits of what can be read in one figure.
const (
	mostLines  = 8
	mostPanels = 12
)

// quantity is a figure of an epoch that curves show.
type quantity struct {
	label string
	of    func(Epoch) float64
	most  float64 // its least value is 0
	short string  // label of a small panel
}

var (
	testTop1 = quantity{"test top-1 accuracy (%)", func(e Epoch) float64 { return 100 * e.TestTop1 }, 100, "top-1 (%)"}
	fitTop1  = quantity{"accuracy on the training labels (%)", func(e Epoch) float64 { return 100 * e.fit() }, 100, "training labels (%)"}
	// Of the scales in the network.
	gammaMean = quantity{"mean |γ|", func(e Epoch) float64 { return e.probed(func(p *Probe) *float64 { return &p.Gamma }) }, math.Inf(1), "mean |γ|"}
	gammaMost = quantity{"largest |γ|", func(e Epoch) float64 { return e.probed(func(p *Probe) *float64 { return &p.GammaMost }) }, math.Inf(1), "largest |γ|"}
	scaleMean = quantity{"mean s", func(e Epoch) float64 { return e.probed(func(p *Probe) *float64 { return p.Scale }) }, math.Inf(1), "mean s"}
	trainLoss = quantity{"training loss", func(e Epoch) float64 { return e.TrainLoss }, math.Inf(1), "loss"}
)

// curve is the mean over seeds by epoch. An epoch in which a seed's figure is not finite is left out.
func (c *caseOf) curve(q quantity, label string, s style) (series, error) {
	byEpoch := make(map[int][]float64)
	singles := make(map[int][]Single)
	for _, seed := range c.seeds() {
		for _, e := range c.trials[seed].Result.Epochs {
			byEpoch[e.Epoch] = append(byEpoch[e.Epoch], q.of(e))
			singles[e.Epoch] = append(singles[e.Epoch], Single{seed, q.of(e)})
		}
	}
	var epochs []int
	for e := range byEpoch {
		epochs = append(epochs, e)
	}
	slices.Sort(epochs)
	var points []point
	for _, e := range epochs {
		if p, ok := meanPoint(float64(e), byEpoch[e]); ok {
			p.singles = singles[e]
			points = append(points, p)
		}
	}
	return newSeries(label, s, points)
}

// meanPoint is the mean of values at x; false where there is none.
func meanPoint(x float64, values []float64) (point, bool) {
	i, err := stats.Mean(values)
	if err != nil {
		return point{}, false
	}
	return point{x: x, y: i.Mean, lo: i.Lo(), hi: i.Hi(), min: i.Min, max: i.Max}, true
}

// curvePanel is a panel of some curves; false where there is nothing to draw.
func curvePanel(title string, q quantity, lines []series) (panel, bool) {
	if len(lines) == 0 {
		return panel{}, false
	}
	xmax, lo, hi := 1.0, math.Inf(1), math.Inf(-1)
	for _, s := range lines {
		for _, p := range s.points {
			xmax = max(xmax, p.x)
			lo, hi = min(lo, p.min), max(hi, p.max)
		}
	}
	// The axis spans the values of all seeds. With three seeds a 95 % band is more than twice as wide as their spread: it
	// is cut at the edge, or the curves would be flat.
	p := panel{title: title, x: "epoch", y: q.label, xmin: 1, xmax: xmax}
	xstep := math.Max(1, niceStep((xmax-1)/6+1e-9))
	if xmax == 1 { // one epoch: a point in the middle
		p.xmin, p.xmax = 0, 2
	}
	var step float64
	p.ymin, p.ymax, step = axisRange(lo, hi, 0, q.most)
	p.xticks, p.yticks = epochTicks{xstep}, roundTicks{step}
	for _, s := range lines {
		p.plotters = append(p.plotters, band(s))
	}
	for _, s := range lines {
		p.plotters = append(p.plotters, line(s))
	}
	return p, true
}

// epochTicks marks multiples of the step, and the first epoch, at which the axis begins.
type epochTicks struct{ step float64 }

func (t epochTicks) Ticks(lo, hi float64) []plot.Tick {
	ticks := roundTicks(t).Ticks(lo, hi)
	if t.step > 2 {
		ticks = append([]plot.Tick{{Value: 1, Label: "1"}}, ticks...)
	}
	return ticks
}

// band draws the interval of a line's points, where they have one.
type band series

func (b band) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	var upper, lower []vg.Point
	flush := func() {
		if len(upper) > 1 {
			slices.Reverse(lower)
			c.FillPolygon(pale(b.style.color), c.ClipPolygonXY(append(upper, lower...)))
		}
		upper, lower = nil, nil
	}
	for _, q := range b.points {
		if math.IsInf(q.lo, 0) || math.IsInf(q.hi, 0) {
			flush()
			continue
		}
		upper = append(upper, vg.Point{X: trX(q.x), Y: trY(q.hi)})
		lower = append(lower, vg.Point{X: trX(q.x), Y: trY(q.lo)})
	}
	flush()
}

// line draws the means and, where there are few of them, their markers; with many epochs every second, fifth … has one.
type line series

func (l line) Plot(c draw.Canvas, p *plot.Plot) {
	trX, trY := p.Transforms(&c)
	points := make([]vg.Point, len(l.points))
	for i, q := range l.points {
		points[i] = vg.Point{X: trX(q.x), Y: trY(q.y)}
	}
	c.StrokeLines(l.style.line(), c.ClipLinesXY(points)...)
	room := float64((c.Max.X - c.Min.X) / 16) // markers that stand apart
	every := int(math.Max(1, niceStep(float64(len(points))/room)))
	for i, q := range points {
		if i%every == 0 || i == len(points)-1 {
			c.DrawGlyphNoClip(l.style.glyph(markerSize), q)
		}
	}
}

// figures are all plots of an experiment; those for which there are no figures to draw are left out.
func (v *view) figures() []figure {
	figures := append(v.curveFigures(), v.alongAxes()...)
	if f, ok := v.overview(); ok {
		figures = append(figures, f)
	}
	for i := range figures {
		if v.Quick {
			figures[i].title = quickBanner + ": " + figures[i].title
		}
	}
	return figures
}

func (v *view) curveFigures() []figure {
	if v.Kind != LayoutBlocks {
		return v.sweepCurves()
	}
	var figures []figure
	for i := 0; i < len(v.cases); {
		j := i
		for j < len(v.cases) && v.cases[j].values[0] == v.cases[i].values[0] {
			j++
		}
		model := v.cases[i].values[0]
		title := v.valueLabel(ModelKey, model) + ": mean over seeds, 95 % confidence band"
		if f, ok := v.sideBySide("curves-"+fileName(model), title, v.cases[i:j], testTop1, trainLoss); ok {
			figures = append(figures, f)
		}
		i = j
	}
	if f, ok := v.timeFigure(); ok {
		figures = append(figures, f)
	}
	return figures
}

// fileName keeps of a model's name what is safe in the name of a file.
func fileName(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '-'
	}, s)
}

// sideBySide shows quantities of some cases, a panel each.
func (v *view) sideBySide(name, title string, cases []*caseOf, quantities ...quantity) (figure, bool) {
	f := figure{name: name, title: title, perRow: len(quantities), rowSize: 7.6 * vg.Centimeter, joined: true}
	for _, q := range quantities {
		var lines []series
		for i, c := range cases {
			if s, err := c.curve(q, v.lineLabel(c), v.lineStyle(c, i, len(cases))); err == nil {
				lines = append(lines, s)
			}
		}
		if len(f.legend) == 0 {
			f.legend = lines
		}
		if p, ok := curvePanel("", q, lines); ok {
			f.panels = append(f.panels, p)
		}
	}
	return f, len(f.panels) > 0
}

// lineLabel names a case in the legend of a figure that shows one line for each case.
func (v *view) lineLabel(c *caseOf) string {
	if v.Kind == LayoutBlocks {
		return v.valueLabel(BlockKey, c.values[1])
	}
	if s := v.settingsLabel(c.values, ""); s != "" {
		return s
	}
	return "mean over seeds"
}

// lineStyle is the block's own style where blocks vary, else the i-th of n along a ramp.
func (v *view) lineStyle(c *caseOf, i, n int) style {
	if b := axisIndex(v.Layout, BlockKey); b >= 0 {
		return v.Styles.of(c.values[b])
	}
	return ramp(i, n)
}

// sweepCurves draws up to eight cases that differ in one setting in one pair of panels. More of them, or blocks that vary
// together with another setting, are split into small panels with the same axes: blocks are the lines, or else the last
// axis. What would need more than twelve panels or eight lines in one has no curves; the overview shows it.
func (v *view) sweepCurves() []figure {
	figures := v.curvesOf("curves", testTop1)
	if slices.ContainsFunc(v.cases, func(c *caseOf) bool { return len(c.having(fitPercent)) > 0 }) {
		figures = append(figures, v.curvesOf("curves-training", fitTop1)...)
	}
	for _, p := range []struct {
		name string
		quantity
	}{{"curves-gamma", gammaMean}, {"curves-gamma-most", gammaMost}, {"curves-scale", scaleMean}} {
		figures = append(figures, v.curvesOf(p.name, p.quantity)...)
	}
	return figures
}

// curvesOf is sweepCurves of one quantity.
func (v *view) curvesOf(name string, q quantity) []figure {
	const what = "mean over seeds, 95 % confidence band"
	axes := v.axes()
	block := axisIndex(v.Layout, BlockKey)
	few := len(v.cases) <= mostLines && (block < 0 || len(axes) == 1)
	if few && name == "curves" || len(axes) == 0 {
		quantities := []quantity{q}
		if name == "curves" {
			quantities = append(quantities, trainLoss)
		}
		if f, ok := v.sideBySide(name, v.titled(what), v.cases, quantities...); ok {
			return []figure{f}
		}
		return nil
	}
	inner := block
	if inner < 0 {
		inner = len(axes) - 1
	}
	var keys, lineValues []string // of panels and of lines, in the order of the cases
	panels := make(map[string][]*caseOf)
	for _, c := range v.cases {
		key := strings.Join(without(c.values, inner), "\x00")
		if panels[key] == nil {
			keys = append(keys, key)
		}
		panels[key] = append(panels[key], c)
		if !slices.Contains(lineValues, c.values[inner]) {
			lineValues = append(lineValues, c.values[inner])
		}
	}
	if len(keys) > mostPanels || len(lineValues) > mostLines {
		return nil
	}
	f := figure{name: name, title: v.titled(what), perRow: min(3, len(keys)), rowSize: 5.8 * vg.Centimeter, joined: true}
	legend := make([]series, len(lineValues))
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, key := range keys {
		var lines []series
		for _, c := range panels[key] {
			i := slices.Index(lineValues, c.values[inner])
			label := v.valueLabel(axes[inner], c.values[inner])
			if inner != block {
				label = v.shortAxisLabel(axes[inner]) + " " + label
			}
			s, err := c.curve(q, label, v.lineStyle(c, i, len(lineValues)))
			if err != nil {
				continue
			}
			lines = append(lines, s)
			legend[i] = s
			for _, p := range s.points {
				lo, hi = min(lo, p.min), max(hi, p.max)
			}
		}
		title := v.shortLabel(v.usual, panels[key][0].values, axes[inner])
		if title == "" && len(lines) == 1 {
			title = lines[0].label
		}
		if p, ok := curvePanel(title, q, lines); ok {
			p.y = q.short
			if len(f.panels)%f.perRow > 0 {
				p.y = "" // the panels of a row share it
			}
			f.panels = append(f.panels, p)
		}
	}
	if len(f.panels) == 0 {
		return nil
	}
	f.legend = slices.DeleteFunc(legend, func(s series) bool { return len(s.points) == 0 })
	for i := range f.panels {
		var step float64
		f.panels[i].ymin, f.panels[i].ymax, step = axisRange(lo, hi, 0, 100)
		f.panels[i].yticks = roundTicks{step}
	}
	return []figure{f}
}
