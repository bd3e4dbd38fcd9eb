package layout

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"cenet/results"
	"cenet/results/chart"
	"cenet/results/page"
	"cenet/results/stats"
)

// minAlong is the least number of values of an axis for a chart along it.
const minAlong = 3

// alongAxes shows final accuracies against each setting of a sweep that takes several numbers: a line for each combination of the
// other settings.
func (v *view) alongAxes() []chart.Chart {
	if v.Kind == Blocks {
		return nil
	}
	var list []chart.Chart
	for i, axis := range v.axes() {
		list = append(list, v.along(i, axis)...)
	}
	return list
}

// along is the chart of one axis, if it has enough numbers and not too many lines.
func (v *view) along(i int, axis string) []chart.Chart {
	var numbers []*caseOf
	values := map[float64]bool{}
	for _, c := range v.cases {
		x, err := strconv.ParseFloat(c.values[i], 64)
		_, named := v.Labels[axis+"="+c.values[i]] // a number that means something else
		if err == nil && stats.Finite(x) && !named && len(c.trials) > 0 {
			numbers, values[x] = append(numbers, c), true
		}
	}
	groups := slices.DeleteFunc(grouped(numbers, i), func(g []*caseOf) bool { return len(g) < minAlong })
	if len(values) < minAlong || len(groups) == 0 || len(groups) > maxLines {
		return nil
	}
	name := v.axisLabel(axis)
	out := chart.Chart{Name: "along-" + page.FileName(axis), Title: v.titled("last epoch against " + name + ", mean and 95 % confidence band")}
	rates := chart.Rates(slices.Sorted(maps.Keys(values)))
	for _, q := range []struct {
		label string
		of    figure
	}{{testTop1.label, top1Percent}, {fitTop1.label, fitPercent}} {
		var lines []chart.Line
		for k, list := range groups {
			slices.SortStableFunc(list, func(a, b *caseOf) int { return naturally(a.values[i], b.values[i]) })
			l := chart.Line{Label: v.settingsLabel(list[0].values, axis, v.usual), Look: v.lineLook(list[0], k, len(groups))}
			for _, c := range list {
				x, _ := strconv.ParseFloat(c.values[i], 64)
				l.Add(x, c.perSeed(q.of))
			}
			if len(l.X) > 0 {
				lines = append(lines, l)
			}
		}
		if len(lines) > 0 {
			out.Panels = append(out.Panels, alongPanel(name, q.label, lines, rates))
		}
	}
	return drawable(out)
}

// alongPanel is a panel of lines along a kind of axis.
func alongPanel(x, y string, lines []chart.Line, along chart.Axis) chart.Panel {
	lo, hi := valueRange(lines, true)
	from, to := math.Inf(1), math.Inf(-1)
	for _, l := range lines {
		from, to = min(from, along.Place(l.X[0])), max(to, along.Place(l.X[len(l.X)-1]))
	}
	return chart.Panel{X: x, Y: y, Lines: lines, XAxis: along.Over(from, to), YAxis: chart.Round(lo, hi, 0, 100)}
}

// overview is the final Top-1 of every case with its interval and the single seeds: models × blocks, or one row for each
// case of a sweep.
func (v *view) overview() []chart.Chart {
	c := chart.Chart{Name: "top1", PerRow: 1, Title: v.titled("last epoch, mean and 95 % confidence interval; small dots: seeds")}
	switch {
	case v.Kind == Blocks:
		v.blocksOverview(&c)
	case len(v.cases) > maxRows:
		v.ranks(&c)
	default:
		v.sweepOverview(&c)
	}
	return drawable(c)
}

// final is the mean of a case's Top-1, at a place of the axis of names.
func (c *caseOf) final(at float64, look chart.Look, name string) (chart.Line, bool) {
	l := chart.Line{Label: name, Names: []string{name}, Look: look, Apart: true}
	ok := l.Add(at, c.perSeed(top1Percent))
	return l, ok
}

// finalsPanel is a panel of finals, with the axis of their values.
func finalsPanel(list []chart.Line) (chart.Panel, *chart.Axis) {
	lo, hi := valueRange(list, true)
	room := 0.03 * (hi - lo)
	least, most := 0.0, 100.0
	return chart.Panel{Lines: list, Least: &least, Most: &most}, chart.Round(lo-room, hi+room, 0, 100)
}

func (v *view) blocksOverview(c *chart.Chart) {
	var models, names, blocks []string
	for _, one := range v.cases {
		if len(one.trials) == 0 {
			continue
		}
		if m := one.values[0]; !slices.Contains(models, m) {
			models, names = append(models, m), append(names, v.valueLabel(results.ModelKey, m))
		}
		if b := one.values[1]; !slices.Contains(blocks, b) {
			blocks = append(blocks, b)
			c.Legend = append(c.Legend, chart.Key{Label: v.valueLabel(results.BlockKey, b), Look: v.Styles.Look(b)})
		}
	}
	gap := math.Min(0.22, 0.7/float64(len(blocks)))
	var list []chart.Line
	for _, one := range v.cases {
		m, b := slices.Index(models, one.values[0]), slices.Index(blocks, one.values[1])
		at := float64(m) + gap*(float64(b)-float64(len(blocks)-1)/2)
		name := v.valueLabel(results.ModelKey, one.values[0]) + ", " + v.valueLabel(results.BlockKey, one.values[1])
		if l, ok := one.final(at, v.Styles.Look(one.values[1]), name); ok {
			list = append(list, l)
		}
	}
	if len(list) == 0 {
		return
	}
	p, axis := finalsPanel(list)
	p.Y, p.YAxis, p.XAxis = testTop1.label, axis, chart.Names(names, 0.5)
	c.Panels, c.RowHeight = []chart.Panel{p}, 8.2*chart.Centimeter
}

// sweepOverview has one row for each case, the first on top, so that long names and many cases stay readable.
func (v *view) sweepOverview(c *chart.Chart) {
	var list []chart.Line
	names := make([]string, len(v.cases))
	for i, one := range v.cases {
		row := len(v.cases) - 1 - i
		names[row] = v.settingsLabel(one.values, "", v.usual)
		look := chart.Plain
		if v.axisIndex(results.BlockKey) >= 0 {
			look = v.lineLook(one, i, len(v.cases))
		}
		if l, ok := one.final(float64(row), look, names[row]); ok {
			list = append(list, l)
		}
	}
	if len(list) == 0 {
		return
	}
	p, axis := finalsPanel(list)
	p.X, p.XAxis, p.YAxis, p.Named = testTop1.label, axis, chart.Names(names, chart.RowRoom), true
	c.Panels, c.RowHeight, c.Legend = []chart.Panel{p}, float64(len(v.cases))*0.62*chart.Centimeter+2*chart.Centimeter, []chart.Key{}
}

// maxRows is the number of cases of a sweep up to which each has its row in the overview.
const maxRows = 120

// ranks shows the final accuracies of more cases than there is room for by their rank, the most accurate first, and names none.
func (v *view) ranks(c *chart.Chart) {
	var means []chart.Line
	for _, one := range v.cases {
		if l, ok := one.final(0, chart.Plain, v.settingsLabel(one.values, "", v.usual)); ok {
			means = append(means, l)
		}
	}
	if len(means) == 0 {
		return
	}
	slices.SortStableFunc(means, func(a, b chart.Line) int { return cmp.Compare(b.Y[0], a.Y[0]) })
	line := chart.Line{Look: chart.Plain}
	for i, m := range means {
		line.X, line.Y, line.Names = append(line.X, float64(i+1)), append(line.Y, m.Y[0]), append(line.Names, m.Names[0])
		line.Lo, line.Hi = append(line.Lo, m.Lo[0]), append(line.Hi, m.Hi[0])
	}
	n := float64(len(means))
	c.Title = v.titled(fmt.Sprintf("last epoch, %d cases by rank, mean and 95 %% confidence band", len(means)))
	c.RowHeight = 9 * chart.Centimeter
	c.Panels = []chart.Panel{{
		X: "rank", Y: testTop1.label, Lines: []chart.Line{line},
		XAxis: chart.Counted(1, n, chart.NiceStep((n-1)/6)), YAxis: chart.Round(slices.Min(line.Y), slices.Max(line.Y), 0, 100),
	}}
}
